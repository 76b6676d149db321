"""终止办件: the team ends what nobody at work could end before, with a word why."""

from datetime import date, timedelta

import pytest

from accounts.errors import Invalid, NotAllowed, NotFound
from lending.bank_decision.repairing import open_repair
from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide
from lending.district_review.services import review
from lending.errors import ReasonMissing, WrongStage
from lending.models import FinancingCase, Repair
from lending.progress.ending import end_case
from lending.progress.withdrawing import withdraw_case
from lending.recommendation_list.services import reopen_for_another_bank
from tests.factories import NOW
from tests.lending import story
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def returned(cast):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="缺租约")
    return story.fresh(case)


def declined(cast):
    case = story.recommended(cast, banks=(cast.first_bank, cast.other_bank))
    item = story.issued_list(cast, [(case, cast.first_bank)]).items.get()
    answer = Answer(outcome="declined", decided_on=date(2026, 11, 20), reason_code="R03")
    decide(recommendation=item, answer=answer, by=cast.bank, now=NOW)
    return story.fresh(item.case)


def reopened(cast):
    case = declined(cast)
    reopen_for_another_bank(case=case, by=cast.panel, now=NOW, reason="另一家可办")
    return story.fresh(case)


def approved(cast):
    item = story.pushed(cast)
    decide(recommendation=item, answer=stage.granted(), by=cast.bank, now=NOW)
    return story.fresh(item.case)


def in_repair(cast):
    case = declined(cast)
    open_repair(case=case, plan="补缴税款", by=cast.panel, now=NOW)
    return story.fresh(case)


WAYS = {
    "intake": (lambda cast: story.visited(cast, consent=False), "withdrawn", "terminated"),
    "authorised": (story.visited, "withdrawn", "terminated"),
    "returned": (returned, "withdrawn", "terminated"),
    "recommended": (reopened, "closed_unfunded", "closed_unfunded"),
    "approved": (approved, "closed_unfunded", "closed_unfunded"),
    "declined": (declined, "closed_unfunded", "closed_unfunded"),
}  # fmt: skip


@pytest.mark.parametrize("left", WAYS)
def test_the_team_ends_a_case_with_a_reason(cast, left):
    made, to, kind = WAYS[left]
    case = made(cast)
    assert case.stage == left
    end_case(case=case, reason=" 企业已注销 ", by=cast.panel, now=LATER)
    event = case.events.last()
    assert (story.fresh(case).stage, story.fresh(case).closed_at) == (to, LATER)
    assert (event.kind, event.by, event.from_stage, event.detail) == (
        kind, cast.panel, left, {"reason": "企业已注销"},
    )  # fmt: skip
    assert case.deadlines.filter(state="running").count() == 0


@pytest.mark.parametrize("made", [story.looked_up, lambda c: story.pushed(c).case, in_repair])
def test_where_another_door_leads_out_this_one_is_shut(cast, made):
    case = story.fresh(made(cast))
    with pytest.raises(WrongStage):
        end_case(case=case, reason="x", by=cast.panel, now=LATER)
    assert story.fresh(case).stage == case.stage


def test_a_closed_case_is_not_ended_again(cast):
    case = story.visited(cast)
    end_case(case=case, reason="企业已注销", by=cast.panel, now=LATER)
    with pytest.raises(WrongStage):
        end_case(case=case, reason="企业已注销", by=cast.panel, now=LATER)


@pytest.mark.parametrize(
    ("reason", "error"), [("", ReasonMissing), (" \0", ReasonMissing), ("长" * 501, Invalid)]
)
@pytest.mark.parametrize("made", [story.visited, declined])
def test_an_end_says_why(cast, made, reason, error):
    case = made(cast)
    with pytest.raises(error) as refusal:
        end_case(case=case, reason=reason, by=cast.panel, now=LATER)
    assert (list(refusal.value.fields), story.fresh(case).closed_at) == (["reason"], None)


@pytest.mark.parametrize(
    ("who", "error"),
    [("officer", NotAllowed), ("bank", NotAllowed), ("city", NotAllowed), ("panel_other", NotFound)],
)
def test_only_the_team_of_the_district_ends_a_case(cast, who, error):
    case = story.visited(cast)
    with pytest.raises(error):
        end_case(case=case, reason="x", by=getattr(cast, who), now=LATER)


@pytest.mark.parametrize("by", [None, "panel"])
def test_a_withdrawal_ends_the_repair_under_way(cast, by):
    case, by = in_repair(cast), by and cast.panel
    withdraw_case(case=case, by=by, now=LATER)
    repair = Repair.objects.get()
    assert (repair.finished_at, repair.finished_by, story.fresh(case).stage) == (LATER, by, "withdrawn")


def test_the_granting_bank_reads_that_its_approval_was_not_drawn(cast, api):
    case = approved(cast)
    end_case(case=case, reason="企业不再提款", by=cast.panel, now=LATER)
    got = api(cast.bank).get(f"/api/v1/cases/{case.number}/").json()
    last = got["timeline"][-1]
    assert (got["stage"], last["event"], last["stage"], last["detail"]) == (
        "closed_unfunded", "closed_unfunded", "closed_unfunded", "企业不再提款",
    )  # fmt: skip


@pytest.mark.parametrize("left", ["intake", "authorised", "returned", "recommended", "approved"])
def test_from_the_page(cast, web, left):
    case = WAYS[left][0](cast)
    panel, url = web(cast.panel), f"/district/cases/{case.number}/"
    assert panel.get(url).content.decode().count(f'action="{url}close/"') == 1
    assert web(cast.city).get(url).content.decode().count(f'action="{url}close/"') == 0
    assert "请写明原因" in panel.post(f"{url}close/", {"reason": ""}, follow=True).content.decode()
    html = panel.post(f"{url}close/", {"reason": "企业已注销"}, follow=True).content.decode()
    assert ("办件已终止" in html, f'action="{url}close/"' in html) == (True, False)
    assert FinancingCase.objects.get().stage == WAYS[left][1]


def test_the_owner_and_the_officer_read_who_ended_it(cast, web):
    case = story.visited(cast)
    end_case(case=case, reason="企业已注销", by=cast.panel, now=LATER)
    owner = web().get(f"/track/{case.track_token}/").content.decode()
    officer = web(cast.officer).get(f"/m/cases/{case.number}/").content.decode()
    assert ("您已撤回申请" in owner, "区级工作专班已终止办理" in owner, "企业已注销" in owner) == (
        False, True, False,
    )  # fmt: skip
    assert ("企业已撤回" in officer, "专班已终止办件" in officer, "企业已注销" in officer) == (
        False,
        True,
        True,
    )
