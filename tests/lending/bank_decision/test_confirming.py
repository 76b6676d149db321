"""An outcome that is no decision waits for the panel while the clock goes on."""

from datetime import timedelta

import pytest

from accounts.errors import NotAllowed
from lending.bank_decision import services
from lending.errors import AlreadyDecided, DecisionInvalid, ReasonMissing, WrongStage
from lending.models import BankDecision
from tests.factories import NOW
from tests.lending.bank_decision import stage
from tests.lending.bank_decision.test_deciding import contact, decide, kinds

pytestmark = pytest.mark.django_db
LATER, LATEST = NOW + timedelta(hours=1), NOW + timedelta(days=5)


def told(outcome: str):
    return stage.Answer(outcome=outcome, decided_on=stage.TODAY)


def word(of, decision, by, *, is_confirmed=True, reason=""):
    made = services.confirm_outcome(
        decision=decision, is_confirmed=is_confirmed, reason=reason, by=by, now=LATEST
    )
    of.refresh_from_db()
    of.case.refresh_from_db()
    of.deadline.refresh_from_db()
    return made


@pytest.mark.parametrize("outcome", ["withdrawn", "no_need", "served_elsewhere"])
def test_the_clock_goes_on_until_the_panel_confirms(cast, outcome):
    pushed = stage.push(cast)
    decision = decide(pushed, told(outcome), cast.bank)
    pushed.refresh_from_db()
    assert (pushed.state, pushed.deadline.state, pushed.case.stage) == ("confirming", "running", "with_bank")
    word(pushed, decision, cast.panel)
    assert (pushed.state, pushed.deadline.state, pushed.deadline.stopped_at) == ("decided", "met", LATEST)
    assert (pushed.case.stage, kinds(pushed)) == (
        "closed_unfunded", ["received", "outcome_reported", "outcome_confirmed"],
    )  # fmt: skip


def test_a_firm_that_was_not_reached_may_be_recommended_to_another_bank(cast):
    pushed = stage.push(cast)
    for day in range(3):
        contact(pushed, cast.bank, is_reached=False, now=LATER + timedelta(days=day))
    now = LATER + timedelta(days=2)
    decision = decide(pushed, stage.Answer(outcome="unreachable", decided_on=now.date()), cast.bank, now=now)
    word(pushed, decision, cast.panel)
    assert pushed.case.stage == "declined"


def test_unreachable_after_two_days_of_trying_is_refused(cast):
    pushed = stage.push(cast)
    for hours in (0, 1, 24):
        contact(pushed, cast.bank, is_reached=False, now=LATER + timedelta(hours=hours))
    with pytest.raises(DecisionInvalid) as refused:
        decide(pushed, told("unreachable"), cast.bank, now=LATER + timedelta(hours=25))
    assert list(refused.value.fields) == ["outcome"]


def test_what_the_panel_does_not_confirm_goes_back_to_the_bank_which_decides_anew(cast):
    pushed = stage.push(cast)
    contact(pushed, cast.bank)
    decision = decide(pushed, told("no_need"), cast.bank)
    word(pushed, decision, cast.panel, is_confirmed=False, reason="企业称仍需要")
    assert (pushed.state, pushed.deadline.state, pushed.case.stage) == ("contacted", "running", "with_bank")
    new = decide(pushed, stage.granted(), cast.bank2, now=LATEST)
    assert (new.supersedes, new.correction_reason) == (decision, "企业称仍需要")
    pushed.refresh_from_db()
    assert (pushed.state, pushed.deadline.state) == ("decided", "met")


def test_a_refusal_to_confirm_says_why(cast):
    pushed = stage.push(cast)
    decision = decide(pushed, told("no_need"), cast.bank)
    with pytest.raises(ReasonMissing):
        word(pushed, decision, cast.panel, is_confirmed=False, reason=" ")
    with pytest.raises(AlreadyDecided):
        decide(pushed, stage.granted(), cast.bank)


def test_with_another_bank_at_work_a_confirmed_outcome_leaves_the_case_where_it_is(cast):
    mine = stage.push(cast)
    theirs = stage.push(cast, mine.case, to=cast.other_bank)
    word(mine, decide(mine, told("no_need"), cast.bank), cast.panel)
    theirs.refresh_from_db()
    assert (mine.state, mine.case.stage, theirs.state) == ("decided", "with_bank", "pushed")


def test_a_bank_does_not_confirm_its_own_report_and_a_decision_needs_no_confirmation(cast):
    pushed = stage.push(cast)
    decision = decide(pushed, told("no_need"), cast.bank)
    with pytest.raises(NotAllowed):
        word(pushed, decision, cast.bankhead)
    other = stage.push(cast)
    with pytest.raises(WrongStage):
        word(other, decide(other, stage.declined(), cast.bank), cast.panel)
    assert BankDecision.objects.filter(confirmation__isnull=False).count() == 0


def test_the_coordinator_may_correct_a_report_that_waits_for_the_panel(cast):
    pushed = stage.push(cast)
    decision = decide(pushed, told("no_need"), cast.bank)
    services.correct_decision(
        decision=decision, answer=stage.granted(), correction_reason="登记错误", by=cast.bankhead, now=LATER
    )
    pushed.refresh_from_db()
    assert (pushed.state, pushed.deadline.state, pushed.case.stage) == ("decided", "met", "approved")
