"""The pages of batches: asking, watching, fetching; renewing and revoking many; bad input; other people's batches."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.clock import end_of_day
from tests import factories as make
from tests.visits.codes.batches.stacks import GRID, content, shops, start, work
from visits.codes import bulk
from visits.codes import services as codes
from visits.codes.batches import claims, services
from visits.models import Code, CodeBatch

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def issued(rows, by, days_ago: int = 0) -> None:
    now = timezone.now() - days_ago * DAY
    bulk.issue(kind="business", subjects=[row.pk for row in rows], by=by, now=now)


def test_a_batch_is_asked_for_watched_and_fetched(cast, web):
    shops(13, cast.xuhui)
    client = web(cast.panel)
    page = client.get(f"/codes/print/?{GRID}")
    assert (page.context["bare"], 'action="/codes/batches/?grid=310104-G1"' in page.content.decode()) == (
        13,
        True,
    )
    asked = client.post(f"/codes/batches/?{GRID}")
    batch = CodeBatch.objects.get()
    assert asked.url == f"/codes/batches/{batch.pk}/"
    waiting = client.get(asked.url).content.decode()
    assert (f'data-refresh="/codes/batches/{batch.pk}/progress/"' in waiting, "排队中" in waiting) == (
        True,
        True,
    )
    work(batch)
    part = client.get(f"{asked.url}progress/").content.decode()
    assert ("data-refresh" in part, "<html" in part, f'href="{asked.url}file/"' in part) == (
        False,
        False,
        True,
    )
    file = client.get(f"{asked.url}file/")
    body = b"".join(file.streaming_content)
    assert (body == content(batch), file["Content-Type"], file["Content-Length"]) == (
        True, "application/pdf", str(len(body)),
    )  # fmt: skip
    assert ("no-store" in file["Cache-Control"], file["Content-Disposition"].startswith("attachment")) == (
        True,
        True,
    )


def test_a_batch_that_runs_shows_how_far_it_is(cast, web):
    shops(1, cast.xuhui)
    batch = start(cast.panel)
    claim = claims.Claim.take(batch.pk, timezone.now())
    claim.keep(timezone.now(), settled=1, printed=0, progress_pct=42)
    for path in ("/codes/", f"/codes/batches/{batch.pk}/"):
        page = web(cast.panel2).get(path).content.decode()
        assert ('value="42"' in page, "data-refresh" in page, "制作中" in page) == (True, True, True)


@pytest.mark.parametrize(("who", "seen"), [("panel2", True), ("city", True), ("panel_other", False)])
def test_a_batch_is_for_its_district_and_the_city(cast, web, who, seen):
    shops(1, cast.xuhui)
    batch = work(start(cast.panel))
    client = web(getattr(cast, who))
    for path in ("", "progress/", "file/"):
        assert client.get(f"/codes/batches/{batch.pk}/{path}").status_code == (200 if seen else 404)
    for deed in ("cancel", "resume"):
        assert client.post(f"/codes/batches/{batch.pk}/{deed}/").status_code == (409 if seen else 404)
    assert [row.pk for row in client.get("/codes/batches/").context["page"]] == ([batch.pk] if seen else [])
    assert client.get(f"/codes/print/?batch={batch.pk}").status_code == (200 if seen else 400)


def test_a_district_does_not_see_the_city_s_batches(cast, web):
    shops(1, cast.xuhui)
    batch = work(start(cast.city))
    assert web(cast.panel).get(f"/codes/batches/{batch.pk}/file/").status_code == 404


def test_a_batch_is_cancelled_and_taken_up_again(cast, web):
    shops(1, cast.xuhui)
    batch, client = start(cast.panel), web(cast.panel2)
    first = [client.post(f"/codes/batches/{batch.pk}/cancel/").status_code for _ in range(2)]
    page = client.get(f"/codes/batches/{batch.pk}/").content.decode()
    again = [client.post(f"/codes/batches/{batch.pk}/resume/").status_code for _ in range(2)]
    assert (first, again, "林复 取消" in page, work(batch).state) == ([302, 409], [302, 409], True, "done")


def test_a_file_that_is_not_there_is_answered_in_words(cast, web):
    shops(1, cast.xuhui)
    answer = web(cast.panel).get(f"/codes/batches/{start(cast.panel).pk}/file/")
    assert (answer.status_code, "没有可下载的文件" in answer.content.decode()) == (404, True)


# --- renewing and revoking many ---------------------------------------------------------------------------------------


def test_the_list_counts_codes_by_kind_and_state_and_says_what_expires(cast, web):
    rows = shops(5, cast.xuhui)
    issued(rows[:2], cast.panel, days_ago=350)
    issued(rows[2:3], cast.panel, days_ago=370)
    issued(rows[3:], cast.panel)
    codes.issue_code(subject=cast.officer, by=cast.panel, now=timezone.now())
    codes.revoke(code=Code.objects.get(business=rows[4]), by=cast.panel, now=timezone.now(), reason="x")
    issued([make.business(at=cast.pudong)], cast.panel_other, days_ago=350)
    page = web(cast.panel).get("/codes/?state=soon")
    chips = {
        chip["label"]: (chip["count"], chip["is_on"])
        for chip in page.context["kinds"] + page.context["states"]
    }
    assert {str(label): found for label, found in chips.items()} == {
        "经营主体": (2, False), "走访人员": (0, False), "网格": (0, False),
        "有效": (4, False), "30天内到期": (2, True), "已过期": (1, False), "已作废": (1, False),
    }  # fmt: skip
    assert (page.context["due"], len(page.context["page"]), "30 天内到期 2 个" in page.content.decode()) == (
        2,
        2,
        True,
    )


def test_renewing_says_how_many_and_starts_a_batch(cast, web):
    rows, client = shops(3, cast.xuhui), web(cast.panel2)
    issued(rows[:2], cast.panel, days_ago=350)
    issued(rows[2:], cast.panel)
    assert [client.get(f"/codes/renew/?all=1&days={days}").context["count"] for days in (7, 30)] == [0, 2]
    answer = client.post("/codes/renew/?all=1&days=30")
    batch = work(CodeBatch.objects.get())
    assert (answer.url, batch.made, batch.printed) == (f"/codes/batches/{batch.pk}/", 2, 2)
    gone = Code.objects.exclude(revoked_at=None).values_list("revoked_by__username", "revoked_reason")
    assert list(gone) == [("panel2", "30天内到期,批量换发")] * 2


def test_a_second_tap_on_renewing_starts_no_second_batch(cast, web):
    issued(shops(2, cast.xuhui), cast.panel, days_ago=350)
    client = web(cast.panel)
    pages = {client.post("/codes/renew/?all=1&days=30").url for _ in range(2)}
    batch = CodeBatch.objects.get()
    assert (pages, batch.renew_before) == (
        {f"/codes/batches/{batch.pk}/"},
        end_of_day(batch.started_at + 30 * DAY),
    )


def test_revoking_says_how_many_asks_why_and_revokes_exactly_those(cast, web):
    rows, client = shops(3, cast.xuhui), web(cast.panel2)
    issued(rows, cast.panel)
    page = client.get(f"/codes/revoke/?{GRID}")
    assert (page.context["count"], 'name="expected" value="3"' in page.content.decode()) == (3, True)
    assert client.post(f"/codes/revoke/?{GRID}", {"expected": 3, "reason": " "}).status_code == 400
    codes.revoke(code=Code.objects.get(business=rows[0]), by=cast.panel, now=timezone.now(), reason="店已搬")
    changed = client.post(f"/codes/revoke/?{GRID}", {"expected": 3, "reason": "遗失"})
    assert (changed.status_code, "一个" in changed.content.decode(), Code.objects.filter(revoked_at=None).count()) == (409, True, 2)  # fmt: skip
    assert client.post(f"/codes/revoke/?{GRID}", {"expected": 2, "reason": "遗失\x00"}).status_code == 302
    gone = Code.objects.filter(revoked_reason="遗失").values_list("revoked_by__username", flat=True)
    assert list(gone) == ["panel2", "panel2"]


def test_a_district_revokes_nothing_of_another(cast, web):
    rows = shops(2, cast.pudong)
    issued(rows, cast.panel_other)
    answer = web(cast.panel).post("/codes/revoke/?all=1", {"expected": 2, "reason": "x"})
    assert (answer.status_code, Code.objects.filter(revoked_at=None).count()) == (409, 2)


# --- bad input --------------------------------------------------------------------------------------------------------

BAD = [
    ("/codes/batches/?batch=999999999999999999999", 400), ("/codes/batches/?batch=%00", 400), ("/codes/batches/?batch=٣", 400),
    ("/codes/batches/?list=%27%20OR%201", 400), ("/codes/batches/?grid=310115-G1", 400), ("/codes/batches/?search=%00", 400),
    ("/codes/batches/?search=" + "长" * 300, 400), ("/codes/batches/?" + "&".join(["business=%00x"] * 500), 400),
    ("/codes/renew/?all=1&days=-1", 400), ("/codes/renew/?all=1&days=366", 400), ("/codes/renew/?all=1&days=٣", 400),
    ("/codes/renew/?all=1&days=1e9", 400), ("/codes/renew/?all=1&days=%00", 400), ("/codes/revoke/?all=1", 400),
    ("/codes/batches/0/cancel/", 404), ("/codes/batches/999999999999999999/cancel/", 404), ("/codes/batches/9/delete/", 404),
    ("/codes/batches/x/cancel/", 404),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), BAD)
def test_bad_input_is_answered_in_words_and_starts_nothing(cast, web, path, status):
    shops(1, cast.xuhui), make.grid(cast.pudong)
    answer = web(cast.panel).post(path)
    assert (answer.status_code, CodeBatch.objects.count(), Code.objects.count()) == (status, 0, 0)


@pytest.mark.parametrize("expected", ["", "-1", "1e3", "٣", "9" * 30, "%00", "0x1"])
def test_a_revocation_without_a_proper_count_is_refused(cast, web, expected):
    issued(shops(1, cast.xuhui), cast.panel)
    answer = web(cast.panel).post(f"/codes/revoke/?{GRID}", {"expected": expected, "reason": "x"})
    assert (answer.status_code, Code.objects.filter(revoked_at=None).count()) == (400, 1)


def test_a_selection_over_the_limit_is_refused_in_words(cast, web, monkeypatch):
    monkeypatch.setattr(services, "MOST", 2)
    shops(3, cast.xuhui)
    answer = web(cast.panel).post("/codes/batches/?all=1")
    assert (answer.status_code, "选中了 3 个" in answer.content.decode(), CodeBatch.objects.count()) == (
        400,
        True,
        0,
    )


def test_markup_in_names_and_words_stays_text(cast, web):
    make.business("<img src=x onerror=alert(1)>", grid=make.grid(cast.xuhui))
    client = web(cast.panel)
    client.post("/codes/batches/?search=<img")
    work(CodeBatch.objects.get())
    for path in ("/codes/", "/codes/batches/", f"/codes/batches/{CodeBatch.objects.get().pk}/", "/codes/print/?search=<img",
                 "/codes/revoke/?search=<img"):  # fmt: skip
        assert "<img" not in client.get(path).content.decode()


def test_no_secret_stands_on_the_pages_of_batches_nor_in_the_log(cast, web, caplog):
    from visits.codes import rules

    shops(1, cast.xuhui)
    with caplog.at_level("DEBUG"):
        batch = work(start(cast.panel))
        pages = [
            web(cast.panel).get(path).content.decode() for path in ("/codes/", f"/codes/batches/{batch.pk}/")
        ]
    secret = Code.objects.get().secret
    told = [
        *pages,
        *(record.getMessage() for record in caplog.records if record.name != "django.db.backends"),
    ]
    assert not any(
        word in text for text in told for word in (secret, rules.short_code(rules.token_for(secret)))
    )


@pytest.mark.parametrize(
    "path", ["/codes/", "/codes/batches/", f"/codes/print/?{GRID}", f"/codes/revoke/?{GRID}"]
)
def test_pages_ask_as_much_for_three_batches_as_for_one(cast, web, path):
    counts = []
    for _ in range(3):
        issued(shops(1, cast.xuhui), cast.panel)
        work(start(cast.panel))
        client = web(cast.panel)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        counts.append(len(asked))
    assert counts[0] == counts[2]
