"""补件暂停 on the desk, in the history, and in the owner's and the officer's words."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.navigation import entries
from accounts.templatetags.doorstep import shanghai
from lending.models import Recommendation, Suspension
from lending.progress import queries
from lending.progress.timeline import timeline
from lending.progress.viewer import OWNER, viewer_of
from lending.sla import suspending
from tests.lending import story

pytestmark = pytest.mark.django_db
DESK = "/district/suspensions/"
FACTS = {"papers": "近六个月流水", "reason": "缺两个月", "days": 5}


@pytest.fixture
def pushed(cast) -> Recommendation:
    return story.pushed(cast, now=timezone.now() - timedelta(hours=1))


@pytest.fixture
def one(cast, pushed) -> Suspension:
    return suspending.ask(deadline=pushed.deadline, by=cast.bank, now=timezone.now(), **FACTS)


def grant(one: Suspension, cast, **changes) -> Suspension:
    return suspending.answer(suspension=one, is_granted=True, by=cast.panel, now=timezone.now(), **changes)


def reload(one: Suspension) -> Suspension:
    return Suspension.objects.get(pk=one.pk)


def waiting(user) -> int | None:
    return next(row["count"] for row in entries(user, DESK) if row["url"] == DESK)


def page(client, address: str = DESK) -> str:
    return client.get(address).content.decode()


# ---- The team ----
def test_a_request_is_counted_for_its_own_team_alone(cast, web, one):
    assert [waiting(user) for user in (cast.panel, cast.panel_other, cast.city)] == [1, None, None]
    assert ["近六个月流水" in page(web(user)) for user in (cast.panel, cast.panel_other, cast.city)] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("address", [DESK, "/district/cases/{number}/"])
def test_the_team_answers_where_it_reads_and_the_city_only_reads(cast, web, one, address):
    address = address.format(number=one.deadline.case.number)
    form = f"{DESK}{one.pk}/answer/"
    assert [form in page(web(user), address) for user in (cast.panel, cast.city)] == [True, False]


@pytest.mark.parametrize("address", [DESK, "/district/cases/{number}/"])
def test_enter_in_the_note_presses_the_consent(cast, web, one, address):
    """A browser presses the first submit button of the form."""
    html = page(web(cast.panel), address.format(number=one.deadline.case.number))
    form = html[html.index(f'action="{DESK}{one.pk}/answer/"') :].split("</form>")[0]
    assert re.findall(r'<button[^>]* type="submit" name="granted" value="(\w+)"', form) == ["yes", "no"]
    assert form.count("<button") == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"granted": "yes", "days": "3"}, "已同意补件暂停,银行在办件页可见。"),
        ({"granted": "no", "note": "不必"}, "未同意补件暂停,银行在办件页可见。"),
    ],
)
def test_the_team_hears_where_the_bank_reads_its_answer(cast, web, one, sent, said):
    answer = web(cast.panel).post(f"{DESK}{one.pk}/answer/", sent, follow=True)
    assert said in answer.content.decode()


def test_on_the_day_of_the_consent_every_page_says_tomorrow(cast, web, pushed, one):
    grant(one, cast)
    at_bank = f"/admin/lending/recommendation/{pushed.pk}/change/"
    pages = [
        page(web(cast.panel), f"{DESK}?show=running"),
        page(web(cast.bank), at_bank),
        page(web(), track(pushed)),
    ]
    assert [("明日起暂停" in shown) for shown in pages] == [True, True, True]
    assert ("暂停中" in pages[1], "暂停中" in pages[2]) == (False, False)


def test_fewer_days_may_be_granted_and_the_answer_leads_back(cast, web, one):
    answer = web(cast.panel).post(f"{DESK}{one.pk}/answer/", {"granted": "yes", "days": "3", "back": "list"})
    one = reload(one)
    assert (answer.status_code, answer["Location"]) == (302, DESK)
    assert (one.state, (one.until_on - one.from_on).days, one.decided_by) == ("granted", 3, cast.panel)
    assert waiting(cast.panel) is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"granted": "no", "note": " "}, "请写明原因"),
        ({"granted": "yes", "days": "6"}, "最多还可暂停 5 天。"),
        ({"granted": "yes", "days": "三"}, "请填写天数。"),
        ({"granted": "yes", "days": "0"}, "至少 1 天。"),
    ],
)
def test_an_answer_that_cannot_be_is_said_in_words_and_changes_nothing(cast, web, one, sent, said):
    answer = web(cast.panel).post(f"{DESK}{one.pk}/answer/", sent, follow=True)
    assert (said in answer.content.decode(), reload(one).state) == (True, "asked")


def test_a_refusal_reaches_the_bank_with_its_note(cast, web, one):
    web(cast.panel).post(f"{DESK}{one.pk}/answer/", {"granted": "no", "note": "流水可由税务数据代替"})
    pushed = Recommendation.objects.get(deadline=one.deadline)
    assert reload(one).state == "refused"
    assert "流水可由税务数据代替" in page(
        web(cast.bank), f"/admin/lending/recommendation/{pushed.pk}/change/"
    )


def test_the_team_may_end_one_early(cast, web, one):
    grant(one, cast)
    assert f"{DESK}{one.pk}/end/" in page(web(cast.panel), f"{DESK}?show=running")
    web(cast.panel).post(f"{DESK}{one.pk}/end/", {"why": "材料已齐"})
    assert (reload(one).state, reload(one).ended_why) == ("ended", "材料已齐")
    assert "材料已齐" in page(web(cast.panel), f"{DESK}?show=answered")


def test_a_list_of_three_asks_the_database_no_more_than_one_of_one(cast, web, one):
    browser, counts = web(cast.panel), []
    for more in (0, 2):
        for _ in range(more):
            other = story.pushed(cast, now=timezone.now() - timedelta(hours=1))
            suspending.ask(deadline=other.deadline, by=cast.bank, now=timezone.now(), **FACTS)
        with CaptureQueriesContext(connection) as seen:
            shown = browser.get(DESK)
        counts.append((len(shown.context["rows"]), len(seen)))
    assert counts == [(1, counts[0][1]), (3, counts[0][1])]


# ---- The owner and the officer ----
def track(pushed: Recommendation) -> str:
    return f"/track/{pushed.case.track_token}/"


def test_the_owner_reads_which_papers_and_until_when(cast, web, pushed, one):
    assert "近六个月流水" not in page(web(), track(pushed))
    one = grant(one, cast)
    shown = page(web(), track(pushed))
    told = ["沪江示范银行在等您补材料", "近六个月流水", f"最晚{shanghai(one.until_on, 'date')}"]
    assert [words for words in told if words not in shown] == []
    assert "缺两个月" not in shown  # written for the team


def test_once_it_has_ended_the_owner_is_asked_for_nothing(cast, web, pushed, one):
    suspending.end(suspension=grant(one, cast), why="材料已齐", by=cast.bank, now=timezone.now())
    assert "在等您补材料" not in page(web(), track(pushed))


def test_the_officer_hears_of_the_own_bank_and_of_no_other(cast, web, one):
    grant(one, cast)
    address = f"/m/cases/{one.deadline.case.number}/"
    assert "请提醒企业主:近六个月流水。" in page(web(cast.officer), address)
    other = story.pushed(cast, banks=(cast.other_bank,), now=timezone.now() - timedelta(hours=1))
    facts = {"papers": "别家的材料", "reason": "缺", "days": 2, "now": timezone.now()}
    grant(suspending.ask(deadline=other.deadline, by=cast.bank_other, **facts), cast)
    assert "别家的材料" not in page(web(cast.officer), f"/m/cases/{other.case.number}/")


# ---- The history ----
def told(case, viewer) -> list[tuple]:
    found = queries.with_story(type(case).objects.filter(pk=case.pk), viewer).get()
    return [
        (e.name, e.detail)
        for e in timeline(found, viewer)
        if "suspension" in e.event or e.event == "deadline_changed"
    ]


def test_the_history_names_every_step_and_the_owner_reads_no_reasons(cast, one):
    case, before = one.deadline.case, shanghai(one.deadline.due_at, "due")
    one = grant(one, cast, days=2, note="先给两天")
    one.deadline.refresh_from_db()
    after = shanghai(one.deadline.due_at, "due")
    assert sorted(told(case, viewer_of(cast.bank))) == sorted([
        ("银行申请补件暂停", "5天;近六个月流水;缺两个月"),
        ("专班同意补件暂停", "2天;近六个月流水;先给两天"),
        ("到期时间变更", f"{before}改为{after};补件暂停2天:近六个月流水"),
    ])  # fmt: skip
    assert told(case, OWNER) == [("专班同意补件暂停", "")]
