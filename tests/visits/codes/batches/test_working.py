"""From a selection to a file: what is issued, what is printed, what is said about it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Invalid, NotAllowed
from lending.sla.purging import purge_expired
from tests import factories as make
from tests.visits.codes.batches.reading import cut_out, decode, pages, texts, zbar  # noqa: F401  the fixture
from tests.visits.codes.batches.stacks import GRID, content, picked, shops, start, work
from visits.codes import bulk, rules, sheet
from visits.codes import services as codes
from visits.codes.batches import claims, services, working
from visits.errors import BatchEnded, CodesChanged
from visits.models import (
    Business,
    BusinessList,
    Code,
    CodeBatch,
    CodeBatchItem,
    CodeBatchPart,
    ListMembership,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """The batches whose message would go to a worker."""
    found = []
    monkeypatch.setattr(services.current_app, "send_task", lambda name, args, **_: found.append(args[0]))
    return found


def live() -> list[tuple[int, int]]:
    return list(
        Code.objects.filter(revoked_at=None).order_by("business_id").values_list("business_id", "version")
    )


def test_a_batch_issues_what_is_missing_and_prints_all_in_walking_order(cast, zbar, tmp_path):  # noqa: F811
    rows = shops(14, cast.xuhui)
    old = codes.issue_code(subject=rows[3], by=cast.panel, now=timezone.now())
    batch = work(start(cast.panel))
    assert (batch.state, batch.progress_pct, batch.total, batch.made, batch.printed, batch.pages, batch.notes) == (
        "done", 100, 14, 13, 14, 2, [],
    )  # fmt: skip
    secrets = dict(Code.objects.values_list("business_id", "secret"))
    found = [decode(piece, tmp_path) for page in pages(content(batch), 150) for piece in cut_out(page, 150)]
    assert found[:14] == [[rules.url_for(secrets[row.pk])] for row in rows]
    assert secrets[rows[3].pk] == old.secret


def test_a_second_batch_prints_the_same_codes_and_makes_none(cast):
    shops(3, cast.xuhui)
    first, second = work(start(cast.panel)), work(start(cast.panel2))
    assert (first.made, second.made, second.printed, Code.objects.count()) == (3, 0, 3, 3)


@pytest.mark.parametrize(
    ("query", "kind", "names"),
    [("list=sole_trader", "business", ["测试甲店"]), ("officers=1", "officer", ["吴访", "周访"]), ("grids=1", "grid", ["一号网格"]),
     ("search=甲", "business", ["测试甲店"]), ("all=1", "business", ["测试甲店", "测试乙店"]), (GRID, "business", ["测试甲店"])],
)  # fmt: skip
def test_a_batch_is_chosen_by_list_grid_words_officers_grids_or_all(cast, query, kind, names):
    first = make.business("测试甲店", grid=make.grid(cast.xuhui))
    make.business("测试乙店"), make.business("测试浦东甲店", at=cast.pudong)
    ListMembership.objects.create(business=first, list=BusinessList.objects.get(code="sole_trader"))
    batch = work(start(cast.panel, query))
    text = "".join(texts(content(batch)))
    assert (batch.kind, batch.printed, [name in text for name in names]) == (
        kind,
        len(names),
        [True] * len(names),
    )


def test_an_earlier_batch_is_printed_again(cast):
    shops(3, cast.xuhui)
    again = work(start(cast.panel, f"batch={work(start(cast.panel)).pk}"))
    assert (again.printed, again.made, "重印" in again.title) == (3, 0, True)


def test_expired_codes_are_replaced_with_who_and_why(cast):
    (shop,) = shops(1, cast.xuhui)
    old = codes.issue_code(subject=shop, by=cast.panel, now=timezone.now() - 366 * DAY)
    batch = work(start(cast.panel2))
    old.refresh_from_db()
    assert (batch.made, live(), old.revoked_by, old.revoked_reason) == (
        1,
        [(shop.pk, 2)],
        cast.panel2,
        "expired",
    )


def test_renewing_replaces_what_expires_soon_and_prints_only_that(cast):
    rows, now = shops(3, cast.xuhui), timezone.now()
    for row, days in zip(rows, (340, 335, 100), strict=True):  # left: 25, 30 and 265 days
        codes.issue_code(subject=row, by=cast.panel, now=now - days * DAY)
    batch = work(start(cast.panel2, renew_before=now + 30 * DAY, reason="到期换发"))
    assert (batch.total, batch.made, batch.printed) == (2, 2, 2)
    assert live() == [(rows[0].pk, 2), (rows[1].pk, 2), (rows[2].pk, 1)]
    gone = Code.objects.exclude(revoked_at=None).values_list("revoked_by__username", "revoked_reason")
    assert list(gone) == [("panel2", "到期换发")] * 2


def test_renewing_twice_renews_once(cast):
    rows, now = shops(2, cast.xuhui), timezone.now()
    bulk.issue(kind="business", subjects=[row.pk for row in rows], by=cast.panel, now=now - 350 * DAY)
    both = [start(person, renew_before=now + 30 * DAY) for person in (cast.panel, cast.panel2)]
    assert [(work(batch).made, batch.printed) for batch in both] == [(2, 2), (0, 2)]
    assert (Code.objects.count(), live()) == (4, [(row.pk, 2) for row in rows])


def test_a_closed_shop_gets_no_code_though_it_closed_after_the_batch_was_asked_for(cast):
    rows = shops(2, cast.xuhui)
    batch = start(cast.panel)
    Business.objects.filter(pk=rows[0].pk).update(status="closed")
    work(batch)
    assert (batch.printed, live(), batch.notes) == (
        1,
        [(rows[1].pk, 1)],
        ["1 个没有印:已注销,或已不在发起人的工作范围内。"],
    )


def test_a_code_revoked_before_the_drawing_is_left_out_and_told(cast, monkeypatch):
    rows = shops(2, cast.xuhui)
    batch, finish = start(cast.panel), working._finish

    def revoked_meanwhile(*args):
        codes.revoke(
            code=Code.objects.get(business=rows[0]), by=cast.panel, now=timezone.now(), reason="遗失"
        )
        return finish(*args)

    monkeypatch.setattr(working, "_finish", revoked_meanwhile)
    assert (work(batch).printed, batch.notes) == (1, ["1 个没有印:制作期间码被作废或换发。"])


def test_rare_characters_and_long_texts_are_told_in_the_notes(cast):
    grid = make.grid(cast.xuhui)
    make.business("𠮷野家", grid=grid), make.business("长" * 200, grid=grid)
    notes = work(start(cast.panel)).notes
    assert notes[0] == "1 处有字库里没有的字,印成了〓,请手写补上:𠮷野家(𠮷)"
    assert notes[1].startswith("1 处名称或地址过长")


def test_a_batch_of_nothing_left_ends_without_a_file(cast):
    shops(1, cast.xuhui)
    batch = start(cast.panel)
    Business.objects.update(status="closed")
    work(batch)
    assert (batch.state, batch.printed, batch.file_bytes, CodeBatchPart.objects.count()) == ("done", 0, 0, 0)


# --- asking -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["", "search=没有这样的店", "list=sole_trader", "business=91310104MADEM99999"]
)
def test_an_empty_selection_starts_nothing(cast, query):
    shops(1, cast.xuhui)
    with pytest.raises(Invalid, match="没有选出任何对象"):
        start(cast.panel, query)
    assert CodeBatch.objects.count() == 0


def test_more_than_a_batch_holds_is_refused_with_the_number(cast, monkeypatch):
    monkeypatch.setattr(services, "MOST", 2)
    shops(3, cast.xuhui)
    with pytest.raises(Invalid, match="选中了 3 个,一批最多 2 个"):
        start(cast.panel)
    assert (CodeBatch.objects.count(), CodeBatchItem.objects.count()) == (0, 0)


def test_the_same_person_asking_again_gets_the_batch_that_is_being_made(cast):
    shops(1, cast.xuhui)
    first = start(cast.panel)
    assert (start(cast.panel), start(cast.panel2) == first) == (first, False)
    work(first)
    assert start(cast.panel) != first


@pytest.mark.parametrize("who", ["officer", "bank", "auditor", "sysadmin"])
def test_others_start_nothing(cast, who):
    shops(1, cast.xuhui)
    with pytest.raises(NotAllowed):
        services.start(picked=picked(GRID, cast.panel), by=getattr(cast, who), now=timezone.now())


def test_a_person_whose_account_was_turned_off_meanwhile_gets_nothing_issued(cast):
    shops(1, cast.xuhui)
    batch = start(cast.panel)
    cast.panel.is_active = False
    cast.panel.save()
    with pytest.raises(NotAllowed):
        work(batch)
    assert Code.objects.count() == 0


# --- being interrupted ------------------------------------------------------------------------------------------------


def test_a_message_is_sent_when_the_batch_is_committed_and_again_while_nobody_works_on_it(
    cast, sent, django_capture_on_commit_callbacks
):
    shops(1, cast.xuhui)
    with django_capture_on_commit_callbacks(execute=True):
        batch = start(cast.panel)
    assert sent == [batch.pk]
    assert (services.hand_out(now=timezone.now()), sent) == ([batch.pk], [batch.pk, batch.pk])
    claim = claims.Claim.take(batch.pk, timezone.now())
    assert services.hand_out(now=claim.until - timedelta(microseconds=1)) == []
    assert services.hand_out(now=claim.until) == [batch.pk]
    work(batch), claim.give_back()
    assert work(batch).state == "done"
    assert services.hand_out(now=timezone.now() + DAY) == []


def test_two_workers_do_not_share_a_batch(cast):
    shops(1, cast.xuhui)
    batch, now = start(cast.panel), timezone.now()
    first = claims.Claim.take(batch.pk, now)
    assert (claims.Claim.take(batch.pk, now), working.work_off(batch_id=batch.pk, clock=lambda: now)) == (
        None,
        False,
    )
    late = claims.Claim.take(batch.pk, first.until)  # its claim ran out
    with pytest.raises(claims.ClaimLost):
        first.keep(first.until)
    late.keep(late.until)


@pytest.mark.parametrize("at", range(1, 6))
def test_an_interruption_at_any_step_doubles_nothing_and_the_next_worker_finishes(cast, monkeypatch, at):
    monkeypatch.setattr(working, "CHUNK", 2)
    rows = shops(7, cast.xuhui)
    batch, steps, real = start(cast.panel), iter(range(1, 99)), working.Claim.keep

    def stumble(claim, now, **changes):
        if next(steps) == at * 2:
            raise ConnectionError("the worker is gone")
        real(claim, now, **changes)

    monkeypatch.setattr(working.Claim, "keep", stumble)
    if at < 5:
        with pytest.raises(ConnectionError):
            work(batch)
    for _ in range(3):
        work(batch)
    assert (batch.state, batch.made, batch.printed) == ("done", 7, 7)
    assert live() == [(row.pk, 1) for row in rows]
    assert CodeBatchItem.objects.filter(batch=batch).exclude(code__business_id=None).count() == 7


def test_a_batch_that_never_gets_on_is_given_up_and_can_be_taken_up_again(cast, monkeypatch):
    shops(2, cast.xuhui)
    batch = start(cast.panel)
    with monkeypatch.context() as broken:
        broken.setattr(working.bulk, "issue", lambda **_: 1 / 0)
        for _ in range(claims.MOST_CLAIMS):
            with pytest.raises(ZeroDivisionError):
                work(batch)
        work(batch)
    batch.refresh_from_db()
    assert (batch.state, "连续中断" in batch.problem) == ("failed", True)
    services.resume(batch=batch, by=cast.panel2, now=timezone.now())
    assert (work(batch).state, batch.printed) == ("done", 2)


def test_cancelling_stops_the_worker_before_its_next_step_and_keeps_what_was_issued(cast, monkeypatch):
    monkeypatch.setattr(working, "CHUNK", 2)
    shops(5, cast.xuhui)
    batch, real = start(cast.panel), working._issue_chunk
    monkeypatch.setattr(
        working, "_issue_chunk",
        lambda *args: real(*args) and not services.cancel(batch=batch, by=cast.panel2, now=timezone.now()),
    )  # fmt: skip
    work(batch)
    assert (batch.state, batch.problem, Code.objects.count()) == ("cancelled", "林复 取消。", 2)
    with pytest.raises(BatchEnded):
        services.cancel(batch=batch, by=cast.panel, now=timezone.now())
    monkeypatch.setattr(working, "_issue_chunk", real)
    services.resume(batch=batch, by=cast.panel, now=timezone.now())
    assert (work(batch).state, batch.made, batch.printed) == ("done", 5, 5)
    with pytest.raises(BatchEnded):
        services.resume(batch=batch, by=cast.panel, now=timezone.now())


def test_cancelling_during_the_drawing_leaves_no_file(cast, monkeypatch):
    shops(14, cast.xuhui)
    batch = start(cast.panel)
    monkeypatch.setattr(working, "TELL_SECONDS", 0)
    monkeypatch.setattr(
        working.pdf.Pen, "margin", lambda *_: CodeBatch.objects.filter(pk=batch.pk, state="running").update(
            state="cancelled", finished_at=timezone.now(), claimed_until=None
        ),
    )  # fmt: skip
    work(batch)
    assert (batch.state, batch.file_bytes, CodeBatchPart.objects.count()) == ("cancelled", 0, 0)


def test_progress_grows_from_nothing_to_a_hundred(cast, monkeypatch):
    monkeypatch.setattr(working, "CHUNK", 10)
    monkeypatch.setattr(working, "TELL_SECONDS", 0)
    shops(40, cast.xuhui)
    batch, told, real = start(cast.panel), [], working.Claim._write

    def note(claim, **changes):
        real(claim, **changes)
        told.append(CodeBatch.objects.get(pk=batch.pk).progress_pct)

    monkeypatch.setattr(working.Claim, "_write", note)
    work(batch)
    assert (told == sorted(told), sorted(set(told))) == (True, [0, 7, 15, 22, 30, 50, 71, 92, 100])


@pytest.mark.parametrize("count", [10, 200])
def test_issuing_a_chunk_costs_the_same_statements_for_ten_codes_as_for_two_hundred(cast, count):
    shops(count, cast.xuhui)
    batch = start(cast.panel)
    claim = claims.Claim.take(batch.pk, timezone.now())
    batch = CodeBatch.objects.select_related("started_by__organisation").get(pk=batch.pk)
    with CaptureQueriesContext(connection) as asked:
        working._issue_chunk(batch, claim, timezone.now())
    assert (len(asked), Code.objects.count()) == (14, count)


# --- revoking ---------------------------------------------------------------------------------------------------------


def test_all_codes_a_batch_printed_are_revoked_and_none_that_took_their_place(cast):
    rows = shops(3, cast.xuhui)
    batch = work(start(cast.panel))
    newer = codes.reissue(
        code=Code.objects.get(business=rows[0]), by=cast.panel, now=timezone.now(), reason="污损"
    )
    chosen = sheet.codes(picked(f"batch={batch.pk}", cast.panel2), cast.panel2)
    assert bulk.revoke(codes=chosen, by=cast.panel2, now=timezone.now(), reason="一叠遗失", expected=2) == 2
    assert live() == [(rows[0].pk, newer.version)]
    gone = Code.objects.filter(revoked_reason="一叠遗失").values_list("revoked_by__username", flat=True)
    assert list(gone) == ["panel2", "panel2"]


def test_nothing_is_revoked_where_the_number_has_changed(cast):
    rows = shops(2, cast.xuhui)
    bulk.issue(kind="business", subjects=[row.pk for row in rows], by=cast.panel, now=timezone.now())
    with pytest.raises(CodesChanged):
        bulk.revoke(codes=Code.objects.all(), by=cast.panel, now=timezone.now(), reason="x", expected=1)
    assert len(live()) == 2


def test_codes_of_another_district_are_not_among_those_revoked(cast):
    for person, at in ((cast.panel, cast.xuhui), (cast.panel_other, cast.pudong)):
        codes.issue_code(subject=make.business(at=at), by=person, now=timezone.now())
    assert (
        bulk.revoke(codes=Code.objects.all(), by=cast.panel, now=timezone.now(), reason="x", expected=1) == 1
    )


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_files_and_old_batches_go_in_the_nightly_purge_and_codes_stay(cast):
    shops(2, cast.xuhui)
    batch = work(start(cast.panel))
    assert purge_expired(now=batch.file_until - timedelta(microseconds=1))["code_files"] == 0
    assert purge_expired(now=batch.file_until)["code_files"] == 1
    batch.refresh_from_db()
    assert (batch.file_bytes, batch.printed, CodeBatchPart.objects.count()) == (0, 2, 0)
    assert purge_expired(now=batch.finished_at + 400 * DAY)["code_batches"] == 0
    assert purge_expired(now=batch.finished_at + 401 * DAY)["code_batches"] == 1
    assert (CodeBatchItem.objects.count(), Code.objects.count()) == (0, 2)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_prints_into_a_file(cast, tmp_path):
    shops(3, cast.xuhui)
    out = StringIO()
    call_command("print_codes", grid="310104-G1", out=tmp_path / "sheet.pdf", stdout=out)
    assert ("测试" in texts((tmp_path / "sheet.pdf").read_bytes())[0], "3 codes on 1 pages, 3 of them new" in out.getvalue()) == (True, True)  # fmt: skip
    assert CodeBatch.objects.get().started_by == cast.city


@pytest.mark.parametrize(
    ("options", "words"),
    [({"grid": "nowhere"}, "没有这个网格"), ({}, "没有选出任何对象"), ({"all": True, "by": "nobody"}, "nobody"), ({"all": True, "by": "officer"}, "岗位")],
)  # fmt: skip
def test_the_command_says_what_is_wrong_and_writes_nothing(cast, tmp_path, options, words):
    shops(1, cast.xuhui)
    with pytest.raises(CommandError, match=words):
        call_command("print_codes", out=tmp_path / "sheet.pdf", **options)
    assert not (tmp_path / "sheet.pdf").exists()
