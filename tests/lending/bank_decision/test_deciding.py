"""Receipt, contact and decision: what each writes, and what it does to the clock, the case and the other banks."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.errors import Invalid, NotAllowed
from lending.bank_decision import services
from lending.errors import AlreadyDecided, DecisionInvalid, WrongStage
from lending.models import BankDecision, DeadlinePolicy, Event
from tests.factories import NOW
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def kinds(of) -> list[str]:
    return list(Event.objects.filter(case=of.case).order_by("seq").values_list("kind", flat=True))[1:]


def decide(of, answer, by, now=LATER):
    return services.decide(recommendation=of, answer=answer, by=by, now=now)


def contact(of, by, *, at=None, is_reached=True, now=LATER):
    return services.record_contact(
        recommendation=of, at=at, mode="phone", is_reached=is_reached, by=by, now=now
    )


def test_a_receipt_is_taken_once_and_a_second_one_is_harmless(cast):
    pushed = stage.push(cast)
    services.receive(recommendation=pushed, by=cast.bank, now=LATER)
    again = services.receive(recommendation=pushed, by=cast.bank2, now=LATER + timedelta(hours=1))
    assert (again.state, again.received_at, again.received_by) == ("received", LATER, cast.bank)
    assert kinds(pushed) == ["received"]


def test_where_the_policy_counts_from_receipt_the_clock_is_set_anew(cast):
    DeadlinePolicy.objects.create(
        kind="bank_decision",
        district=cast.xuhui,
        length=15,
        starts_at="receipt",
        effective_from=date(2026, 11, 1),
    )
    pushed = stage.push(cast)
    due = pushed.deadline.due_at
    services.receive(recommendation=pushed, by=cast.bank, now=NOW + timedelta(days=2))
    pushed.deadline.refresh_from_db()
    assert pushed.deadline.due_at == due + timedelta(days=2)


def test_a_withdrawn_recommendation_is_not_received(cast):
    pushed = stage.push(cast, state="withdrawn")
    with pytest.raises(WrongStage):
        services.receive(recommendation=pushed, by=cast.bank, now=LATER)


def test_the_first_contact_that_reaches_the_firm_is_the_contact(cast):
    pushed = stage.push(cast)
    contact(pushed, cast.bank, is_reached=False)
    pushed.refresh_from_db()
    assert (pushed.state, pushed.contacted_at) == ("received", None)
    contact(pushed, cast.bank, now=LATER + timedelta(hours=2))
    contact(pushed, cast.bank, now=LATER + timedelta(hours=5))
    pushed.refresh_from_db()
    assert (pushed.state, pushed.contacted_at) == ("contacted", LATER + timedelta(hours=2))
    assert kinds(pushed) == ["received", "contact_failed", "contacted", "contacted"]


@pytest.mark.parametrize("hours", [-1, 2])
def test_a_contact_lies_between_the_push_and_now(cast, hours):
    pushed = stage.push(cast)
    with pytest.raises(Invalid) as refused:
        contact(pushed, cast.bank, at=NOW + timedelta(hours=hours))
    assert list(refused.value.fields) == ["at"]


def test_an_approval_stops_the_clock_moves_the_case_and_leaves_an_event_of_the_bank(cast):
    pushed = stage.push(cast)
    made = decide(pushed, stage.granted(), cast.bank)
    pushed.refresh_from_db()
    assert (pushed.state, pushed.deadline.state, pushed.deadline.stopped_at) == ("decided", "met", LATER)
    assert (pushed.case.stage, made.credit_line_yuan) == ("approved", Decimal("300000.00"))
    event = Event.objects.filter(case=pushed.case).latest("seq")
    assert (event.kind, event.bank, event.by) == ("decided", cast.first_bank, cast.bank)
    assert event.detail == {
        "recommendation": pushed.pk, "decision": made.pk, "outcome": "partly_approved", "decided_on": "2026-11-20",
        "credit_line_yuan": "300000.00",
    }  # fmt: skip


def test_the_last_second_of_the_fifteenth_day_is_in_time_and_the_next_is_late(cast):
    first, second = stage.push(cast), stage.push(cast)
    due = first.deadline.due_at
    decide(first, stage.granted(), cast.bank, now=due - timedelta(seconds=1))
    decide(second, stage.granted(), cast.bank, now=due)
    first.deadline.refresh_from_db()
    second.deadline.refresh_from_db()
    assert (first.deadline.state, second.deadline.state) == ("met", "met_late")


def test_the_first_approval_withdraws_the_other_banks_without_naming_the_faster_one(cast):
    mine = stage.push(cast)
    theirs = stage.push(cast, mine.case, to=cast.other_bank)
    decide(mine, stage.granted(), cast.bank)
    theirs.refresh_from_db()
    assert (theirs.state, theirs.deadline.state) == ("withdrawn", "cancelled")
    event = Event.objects.get(case=mine.case, kind="recommendation_withdrawn")
    assert (event.bank, event.by) == (cast.other_bank, None)
    assert event.detail == {"recommendation": theirs.pk, "because": "approved_elsewhere"}
    with pytest.raises(WrongStage):
        decide(theirs, stage.granted(), cast.bank_other)


def test_a_refusal_leaves_the_case_with_the_bank_that_is_still_at_work(cast):
    mine = stage.push(cast)
    theirs = stage.push(cast, mine.case, to=cast.other_bank)
    decide(mine, stage.declined(), cast.bank)
    theirs.refresh_from_db()
    assert (theirs.state, theirs.deadline.state, theirs.case.stage) == ("pushed", "running", "with_bank")
    decide(theirs, stage.declined(reason_code="R18"), cast.bank_other)
    theirs.case.refresh_from_db()
    assert theirs.case.stage == "declined"


def test_a_second_decision_is_refused_and_the_first_stands(cast):
    pushed = stage.push(cast)
    decide(pushed, stage.declined(), cast.bank)
    with pytest.raises(AlreadyDecided):
        decide(pushed, stage.granted(), cast.bank2)
    assert list(BankDecision.objects.values_list("outcome", flat=True)) == ["declined"]


def test_nothing_is_written_when_the_answer_is_refused(cast):
    pushed = stage.push(cast)
    with pytest.raises(DecisionInvalid) as refused:
        decide(pushed, stage.granted(annual_rate_pct=Decimal("36.0001")), cast.bank)
    pushed.refresh_from_db()
    assert (list(refused.value.fields), pushed.state, kinds(pushed)) == (["annual_rate_pct"], "pushed", [])


def test_a_reason_switched_off_is_no_reason(cast):
    from lending.models import DeclineReason

    DeclineReason.objects.filter(code="R08").update(is_active=False)
    with pytest.raises(DecisionInvalid) as refused:
        decide(stage.push(cast), stage.declined(), cast.bank)
    assert list(refused.value.fields) == ["reason_code"]


@pytest.mark.parametrize("person", ["panel", "officer", "city", "sysadmin"])
def test_only_banks_decide(cast, person):
    pushed = stage.push(cast)
    with pytest.raises(NotAllowed):
        decide(pushed, stage.granted(), getattr(cast, person))


def test_only_the_coordinator_allots_and_only_to_branches_of_the_bank(cast):
    pushed = stage.push(cast)
    with pytest.raises(NotAllowed):
        services.allot_branch(recommendation=pushed, branch=cast.branch, by=cast.bank, now=LATER)
    services.allot_branch(recommendation=pushed, branch=cast.branch, by=cast.bankhead, now=LATER)
    pushed.refresh_from_db()
    assert (pushed.branch, kinds(pushed)) == (cast.branch, ["branch_allotted"])
    with pytest.raises(Invalid):
        services.allot_branch(recommendation=pushed, branch=cast.other_bank, by=cast.bankhead, now=LATER)
