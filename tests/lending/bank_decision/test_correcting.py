"""A correction is a new record over the old one; nothing is ever rewritten."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.errors import NotAllowed
from lending.bank_decision import services
from lending.bank_decision.queries import current_decision
from lending.errors import AlreadyDecided, DecisionInvalid, ReasonMissing, WrongStage
from lending.models import BankDecision, FinancingCase
from tests.factories import NOW
from tests.lending.bank_decision import stage
from tests.lending.bank_decision.test_deciding import decide, kinds

pytestmark = pytest.mark.django_db
LATER, LATEST = NOW + timedelta(hours=1), NOW + timedelta(days=30)


def correct(decision, answer, by, *, why="额度录入有误", now=LATEST):
    return services.correct_decision(decision=decision, answer=answer, correction_reason=why, by=by, now=now)


def pay(of, amount, by, *, now=LATEST):
    return services.disburse(
        recommendation=of, amount_yuan=Decimal(amount), annual_rate_pct=Decimal("3.85"), disbursed_on=stage.TODAY,
        by=by, now=now,
    )  # fmt: skip


def test_a_correction_supersedes_and_the_clock_keeps_its_first_answer(cast):
    pushed = stage.push(cast)
    first = decide(pushed, stage.granted(), cast.bank)
    second = correct(first, stage.granted(credit_line_yuan=Decimal("280000.00")), cast.bankhead)
    assert (current_decision(pushed), second.supersedes) == (second, first)
    pushed.deadline.refresh_from_db()
    assert (pushed.deadline.state, pushed.deadline.stopped_at) == ("met", LATER)
    assert kinds(pushed) == ["received", "decided", "decision_corrected"]
    first.refresh_from_db()
    assert first.credit_line_yuan == Decimal("300000.00")


@pytest.mark.parametrize(
    ("before", "after", "stages"),
    [
        (stage.granted(), stage.declined(), ["approved", "declined"]),
        (stage.declined(), stage.granted(), ["declined", "approved"]),
        (stage.declined(), stage.declined(reason_code="R18"), ["declined", "declined"]),
    ],
)
def test_a_correction_moves_the_case_where_it_turns_the_answer_round(cast, before, after, stages):
    pushed = stage.push(cast)
    first, seen = decide(pushed, before, cast.bank), []
    pushed.case.refresh_from_db()
    seen.append(pushed.case.stage)
    correct(first, after, cast.bankhead)
    pushed.case.refresh_from_db()
    assert [*seen, pushed.case.stage] == stages


def test_only_the_coordinator_corrects_and_says_why(cast):
    first = decide(stage.push(cast), stage.granted(), cast.bank)
    with pytest.raises(NotAllowed):
        correct(first, stage.declined(), cast.bank)
    with pytest.raises(ReasonMissing):
        correct(first, stage.declined(), cast.bankhead, why="  ")


def test_a_decision_that_has_been_corrected_already_is_not_corrected_again(cast):
    first = decide(stage.push(cast), stage.granted(), cast.bank)
    correct(first, stage.declined(), cast.bankhead)
    with pytest.raises(AlreadyDecided):
        correct(first, stage.granted(), cast.bankhead)


def test_money_paid_out_binds_the_correction(cast):
    pushed = stage.push(cast)
    first = decide(pushed, stage.granted(), cast.bank)
    pay(pushed, "200000.00", cast.bank)
    for answer, field in (
        (stage.declined(), "outcome"),
        (stage.granted(credit_line_yuan=Decimal("199999.99")), "credit_line_yuan"),
        (stage.granted(decided_on=stage.TODAY + timedelta(days=1)), "decided_on"),
    ):
        with pytest.raises(DecisionInvalid) as refused:
            correct(first, answer, cast.bankhead)
        assert list(refused.value.fields) == [field]
    correct(first, stage.granted(credit_line_yuan=Decimal("200000.00")), cast.bankhead)
    pushed.case.refresh_from_db()
    assert pushed.case.stage == "disbursed"


def test_a_correction_stays_among_the_decisions(cast):
    first = decide(stage.push(cast), stage.granted(), cast.bank)
    with pytest.raises(DecisionInvalid) as refused:
        correct(first, stage.Answer(outcome="no_need", decided_on=stage.TODAY), cast.bankhead)
    assert list(refused.value.fields) == ["outcome"]


def test_what_another_bank_has_taken_up_meanwhile_is_not_taken_back(cast):
    pushed = stage.push(cast)
    first = decide(pushed, stage.declined(), cast.bank)
    pushed.case.refresh_from_db()
    from lending.workflow import advance

    advance(pushed.case, "recommended", by=cast.panel, now=LATER, kind="reopened")
    with pytest.raises(WrongStage):
        correct(first, stage.granted(), cast.bankhead)


@pytest.mark.parametrize(
    "statement", ["UPDATE lending_bankdecision SET annual_rate_pct = 1", "DELETE FROM lending_bankdecision"]
)
def test_the_database_refuses_to_rewrite_a_decision(cast, statement):
    decide(stage.push(cast), stage.granted(), cast.bank)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert BankDecision.objects.get().annual_rate_pct == Decimal("3.8500")


def test_payments_stay_within_the_line_to_the_cent(cast):
    from lending.errors import AlreadyPaid, LimitExceeded

    pushed = stage.push(cast)
    with pytest.raises(WrongStage):
        pay(pushed, "1.00", cast.bank)
    decide(pushed, stage.granted(), cast.bank)
    pay(pushed, "100000.00", cast.bank)
    with pytest.raises(LimitExceeded):
        pay(pushed, "200000.01", cast.bank)
    pay(pushed, "200000.00", cast.bank)
    pushed.case.refresh_from_db()
    assert (pushed.case.stage, kinds(pushed)) == (
        "disbursed",
        ["received", "decided", "disbursed", "disbursed"],
    )
    with pytest.raises(AlreadyPaid):
        services.disburse(
            recommendation=pushed, amount_yuan=Decimal(1), annual_rate_pct=Decimal("3.85"), disbursed_on=stage.TODAY,
            by=cast.bank, now=LATEST, seen_disbursed_yuan=Decimal("100000.00"),
        )  # fmt: skip


@pytest.mark.parametrize("days", [-1, 31])
def test_money_is_not_paid_before_the_decision_nor_in_the_future(cast, days):
    pushed = stage.push(cast)
    decide(pushed, stage.granted(), cast.bank)
    with pytest.raises(DecisionInvalid) as refused:
        services.disburse(
            recommendation=pushed, amount_yuan=Decimal(1), annual_rate_pct=Decimal("3.85"),
            disbursed_on=stage.TODAY + timedelta(days=days), by=cast.bank, now=LATEST,
        )  # fmt: skip
    assert list(refused.value.fields) == ["disbursed_on"]


@pytest.mark.parametrize("left", ["withdrawn", "closed_unfunded"])
def test_terms_of_a_case_that_ended_without_money_are_not_corrected(cast, left):
    pushed = stage.push(cast)
    first = decide(pushed, stage.granted(), cast.bank)
    FinancingCase.objects.filter(pk=pushed.case_id).update(stage=left, closed_at=LATEST)
    with pytest.raises(WrongStage):
        correct(first, stage.granted(credit_line_yuan=Decimal("280000.00")), cast.bankhead)
    assert BankDecision.objects.count() == 1


@pytest.mark.parametrize(("left", "records"), [("withdrawn", 1), ("closed_unfunded", 2), ("in_repair", 2)])
def test_the_reason_of_a_refusal_is_corrected_unless_the_case_was_withdrawn(cast, left, records):
    pushed = stage.push(cast)
    first = decide(pushed, stage.declined(), cast.bank)
    closed_at = None if left == "in_repair" else LATEST
    FinancingCase.objects.filter(pk=pushed.case_id).update(stage=left, closed_at=closed_at)
    try:
        correct(first, stage.declined(reason_code="R18"), cast.bankhead)
    except WrongStage:
        pass
    assert BankDecision.objects.count() == records
