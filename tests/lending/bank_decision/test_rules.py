"""The rules of an answer, case by case, without a database."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from lending.bank_decision import rules
from tests.factories import SHANGHAI

PUSHED, TODAY = date(2026, 11, 20), date(2026, 11, 25)
REQUESTED = Decimal("500000.00")


def answer(**changes) -> rules.Answer:
    facts = {
        "outcome": "approved", "decided_on": TODAY, "credit_line_yuan": REQUESTED, "annual_rate_pct": Decimal("3.85"),
        "term_months": 12, "guarantee": "credit",
    }  # fmt: skip
    return rules.Answer(**facts | changes)


def told(outcome: str, **changes) -> rules.Answer:
    return rules.Answer(**{"outcome": outcome, "decided_on": TODAY} | changes)


def fields(given: rules.Answer, **facts) -> list[str]:
    known = {"pushed_on": PUSHED, "today": TODAY, "requested_yuan": REQUESTED, "min_text_length": 0}
    return sorted(rules.answer_problems(given, rules.Circumstances(**known | facts)))


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, []),
        ({"credit_line_yuan": None}, ["credit_line_yuan"]),
        ({"credit_line_yuan": Decimal("0.00")}, ["credit_line_yuan"]),
        ({"credit_line_yuan": Decimal("-1.00")}, ["credit_line_yuan"]),
        ({"credit_line_yuan": Decimal("499999.99")}, ["credit_line_yuan"]),
        ({"credit_line_yuan": Decimal("500000.01")}, []),
        ({"credit_line_yuan": Decimal("1000000000.01")}, ["credit_line_yuan"]),
        ({"outcome": "partly_approved"}, ["credit_line_yuan"]),
        ({"outcome": "partly_approved", "credit_line_yuan": Decimal("499999.99")}, []),
        ({"annual_rate_pct": None}, ["annual_rate_pct"]),
        ({"annual_rate_pct": Decimal(0)}, ["annual_rate_pct"]),
        ({"annual_rate_pct": Decimal("0.0001")}, []),
        ({"annual_rate_pct": Decimal("36")}, []),
        ({"annual_rate_pct": Decimal("36.0001")}, ["annual_rate_pct"]),
        ({"term_months": None}, ["term_months"]),
        ({"term_months": 0}, ["term_months"]),
        ({"term_months": 1}, []),
        ({"term_months": 360}, []),
        ({"term_months": 361}, ["term_months"]),
        ({"guarantee": ""}, ["guarantee"]),
        ({"guarantee": "undecided"}, ["guarantee"]),
        ({"is_first_loan": True, "is_no_repay_renewal": True}, ["is_no_repay_renewal"]),
        ({"reason_code": "R01"}, ["reason_code"]),
        ({"decided_on": TODAY + timedelta(days=1)}, ["decided_on"]),
        ({"decided_on": PUSHED}, []),
        ({"decided_on": PUSHED - timedelta(days=1)}, ["decided_on"]),
    ],
)
def test_an_approval_has_terms_within_bounds(changes, refused):
    assert fields(answer(**changes)) == refused


@pytest.mark.parametrize(
    ("given", "min_text_length", "refused"),
    [
        (told("declined"), None, ["reason_code"]),
        (told("declined", reason_code="R08"), 0, []),
        (told("declined", reason_code="R77"), None, ["reason_code"]),
        (told("declined", reason_code="R99", reason_text="一" * 19), 20, ["reason_text"]),
        (told("declined", reason_code="R99", reason_text=" " + "一" * 19 + " "), 20, ["reason_text"]),
        (told("declined", reason_code="R99", reason_text="一" * 20), 20, []),
        (told("declined", reason_code="R08", credit_line_yuan=Decimal(1)), 0, ["credit_line_yuan"]),
        (told("no_need"), None, []),
        (told("withdrawn", term_months=12), None, ["term_months"]),
        (told("served_elsewhere", reason_code="R15"), 0, []),
        (told("served_elsewhere", reason_code="R77"), None, ["reason_code"]),
    ],
)
def test_a_refusal_has_a_coded_reason_and_no_terms(given, min_text_length, refused):
    assert fields(given, min_text_length=min_text_length) == refused


@pytest.mark.parametrize(("tried", "refused"), [(0, ["outcome"]), (2, ["outcome"]), (3, [])])
def test_unreachable_counts_after_attempts_on_three_days(tried, refused):
    assert fields(told("unreachable"), days_tried=tried) == refused


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("attempts", "days"),
    [
        ([], 0),
        ([(moment(20, 9), False), (moment(20, 23, 59), False), (moment(21, 0), False)], 2),
        ([(moment(20, 9), False), (moment(21, 9), True), (moment(22, 9), False)], 1),
        ([(moment(20, 9), False), (moment(21, 9), False), (moment(22, 9), False)], 3),
    ],
)
def test_days_tried_are_shanghai_days_since_the_firm_was_last_reached(attempts, days):
    assert rules.days_tried([(at, at, is_reached) for at, is_reached in attempts]) == days


@pytest.mark.parametrize(
    ("stated", "recorded", "days"), [([20, 21, 22], [22, 22, 22], 1), ([20, 20, 20], [20, 21, 22], 1), ([20, 21], [21, 22], 2)]
)  # fmt: skip
def test_neither_what_is_stated_nor_when_makes_a_day_alone(stated, recorded, days):
    attempts = [(moment(one, 9), moment(two, 10), False) for one, two in zip(stated, recorded, strict=True)]
    assert rules.days_tried(attempts) == days


@pytest.mark.parametrize(
    ("changes", "doubted"),
    [
        ({}, []),
        ({"annual_rate_pct": Decimal("1.9999")}, ["annual_rate_pct"]),
        ({"annual_rate_pct": Decimal("2")}, []),
        ({"annual_rate_pct": Decimal("8")}, []),
        ({"annual_rate_pct": Decimal("8.0001")}, ["annual_rate_pct"]),
        ({"credit_line_yuan": Decimal("1000000.00")}, []),
        ({"credit_line_yuan": Decimal("1000000.01")}, ["credit_line_yuan"]),
    ],
)
def test_unusual_terms_are_asked_about_and_not_refused(changes, doubted):
    assert sorted(rules.unusual(answer(**changes), REQUESTED)) == doubted
    assert fields(answer(**changes)) == []


@pytest.mark.parametrize(
    ("last4", "amount", "refused"),
    [
        ("", "1.00", []), ("0001", "0.01", []), ("001", "1.00", ["loan_last4"]), ("00a1", "1.00", ["loan_last4"]),
        ("١٢٣٤", "1.00", ["loan_last4"]), ("0001", "0.00", ["amount_yuan"]),
    ],
)  # fmt: skip
def test_a_payment_has_an_amount_and_four_digits_or_none(last4, amount, refused):
    assert sorted(rules.loan_problems(Decimal(amount), Decimal("3.85"), last4)) == refused


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (answer(credit_line_yuan=Decimal("200000.00")), []),
        (answer(credit_line_yuan=Decimal("199999.99")), ["credit_line_yuan"]),
        (told("declined", reason_code="R08"), ["outcome"]),
        (answer(decided_on=TODAY + timedelta(days=1)), ["decided_on"]),
    ],
)
def test_money_paid_out_cannot_be_corrected_away(given, refused):
    found = rules.correction_problems(given, paid_yuan=Decimal("200000.00"), first_paid_on=TODAY)
    assert sorted(found) == refused
