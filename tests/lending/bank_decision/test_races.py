"""Two people at the same moment, on two real connections."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from lending.bank_decision import settling
from lending.models import BankDecision, Disbursement, Event, Recommendation
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db(transaction=True)
TERMS = {
    "outcome": "partly_approved", "credit_line_yuan": "300000.00", "annual_rate_pct": "3.85", "term_months": 12,
    "guarantee": "credit",
}  # fmt: skip


def an_hour_ago():
    return timezone.now() - timedelta(hours=1)


def at_once(*calls) -> list[tuple[int, str | None]]:
    """Run the calls in threads that start together; the status and code of each answer, in order."""
    gate, answers = threading.Barrier(len(calls)), []

    def run(call):
        try:
            gate.wait()
            answer = call()
            answers.append((answer.status_code, answer.json().get("code")))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers, key=str)


@pytest.mark.parametrize("turn", range(5))
def test_of_two_reviewers_one_wins_and_the_other_is_told(cast, api, turn):
    pushed = stage.push(cast, at=an_hour_ago())
    path = f"/api/v1/recommendations/{pushed.pk}/decision/"
    one, two = api(cast.bank), api(cast.bank2)
    answers = at_once(lambda: one.post(path, TERMS), lambda: two.post(path, TERMS))
    assert answers == [(201, None), (409, "already_decided")]
    assert BankDecision.objects.filter(recommendation=pushed).count() == 1
    assert Event.objects.filter(case=pushed.case, kind="decided").count() == 1


@pytest.mark.parametrize("turn", range(5))
def test_of_two_banks_that_approve_one_gets_the_case(cast, api, turn):
    mine = stage.push(cast, at=an_hour_ago())
    theirs = stage.push(cast, mine.case, to=cast.other_bank, at=an_hour_ago())
    one, two = api(cast.bank), api(cast.bank_other)
    answers = at_once(
        lambda: one.post(f"/api/v1/recommendations/{mine.pk}/decision/", TERMS),
        lambda: two.post(f"/api/v1/recommendations/{theirs.pk}/decision/", TERMS),
    )
    assert answers == [(201, None), (409, "wrong_stage")]
    states = Recommendation.objects.filter(case=mine.case).values_list("state", flat=True)
    assert sorted(states) == ["decided", "withdrawn"]


@pytest.mark.parametrize("turn", range(5))
def test_two_payments_that_together_exceed_the_line_are_not_both_taken(cast, api, turn):
    pushed = stage.push(cast, at=an_hour_ago())
    one, two = api(cast.bank), api(cast.bank2)
    one.post(f"/api/v1/recommendations/{pushed.pk}/decision/", TERMS)
    path = f"/api/v1/recommendations/{pushed.pk}/disbursements/"
    loan = {"amount_yuan": "200000.00", "annual_rate_pct": "3.85", "loan_last4": "0001"}
    answers = at_once(lambda: one.post(path, loan), lambda: two.post(path, loan | {"loan_last4": "0002"}))
    assert answers == [(201, None), (422, "limit_exceeded")]
    assert list(Disbursement.objects.values_list("amount_yuan", flat=True)) == [Decimal("200000.00")]


def test_behind_the_lock_stands_the_unique_constraint(cast, api, monkeypatch):
    """Two reviewers who both got past the check: the second insert meets the constraint and is told the same."""
    pushed = stage.push(cast, at=an_hour_ago())
    both_have_read = threading.Barrier(2, timeout=10)

    def unlocked(recommendation):
        mine = Recommendation.objects.select_related("bank", "case").get(pk=recommendation.pk)
        both_have_read.wait()
        return mine

    monkeypatch.setattr(settling, "lock", unlocked)
    path = f"/api/v1/recommendations/{pushed.pk}/decision/"
    one, two = api(cast.bank), api(cast.bank2)
    answers = at_once(lambda: one.post(path, TERMS), lambda: two.post(path, TERMS))
    assert answers == [(201, None), (409, "already_decided")]
    assert BankDecision.objects.filter(recommendation=pushed).count() == 1
