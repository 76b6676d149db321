"""When a firm is left in peace, by table; days in Shanghai."""

from datetime import date, timedelta

import pytest

from visits.protection.marks import Answer, Mark
from visits.protection.rules import (
    Facts,
    Lead,
    Policy,
    answer_to,
    cooling_off_until,
    facts_of,
    is_given_up,
    lead_until,
    marks,
)

TODAY, DAY = date(2026, 11, 20), timedelta(days=1)
ON = Policy(
    lead_window_days=90, cooling_off_days=30, unreachable_days=3, do_not_disturb_max_days=365, answer="reason"
)
OWN, OTHER = Lead(1, "沪江示范银行", True), Lead(2, "申浦示范银行", True)


def facts(**known) -> Facts:
    return Facts(**({"day": TODAY, "bank_id": 1, "policy": ON} | known))


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({}, []),
        ({"visited_on": TODAY}, [Mark.COOLING_OFF]),
        ({"visited_on": TODAY - 30 * DAY}, [Mark.COOLING_OFF]),
        ({"visited_on": TODAY - 31 * DAY}, []),
        ({"undisturbed_until": TODAY}, [Mark.DO_NOT_DISTURB]),
        ({"undisturbed_until": TODAY - DAY}, []),
        ({"lead": OWN}, []),
        ({"lead": OTHER}, [Mark.NOT_LEAD_BANK]),
        ({"lead": OTHER, "bank_id": None}, []),
        ({"lead": OWN, "undisturbed_until": TODAY}, [Mark.DO_NOT_DISTURB]),
        (
            {"lead": OTHER, "visited_on": TODAY, "undisturbed_until": TODAY},
            [Mark.DO_NOT_DISTURB, Mark.COOLING_OFF, Mark.NOT_LEAD_BANK],
        ),
    ],
)
def test_what_stands_against_a_visit(known, found):
    assert marks(facts(**known)) == found


@pytest.mark.parametrize(
    ("off", "found"),
    [
        ({"cooling_off_days": 0}, [Mark.NOT_LEAD_BANK]),
        ({"lead_window_days": 0}, [Mark.COOLING_OFF]),
        ({"cooling_off_days": 0, "lead_window_days": 0}, []),
    ],
)
def test_a_length_of_nought_turns_a_rule_off(off, found):
    policy = Policy(**({"lead_window_days": 90, "cooling_off_days": 30} | off))
    assert marks(facts(lead=OTHER, visited_on=TODAY), policy) == found


@pytest.mark.parametrize(
    ("answer", "mode", "asked"),
    [
        ("mark", "on_site", Answer.MARK), ("mark", "phone", Answer.MARK),
        ("reason", "on_site", Answer.REASON), ("reason", "online", Answer.REASON),
        ("refuse", "on_site", Answer.REFUSE),
        # whose case waits for a paper must be reached by telephone
        ("refuse", "phone", Answer.REASON), ("refuse", "online", Answer.REASON),
    ],
)  # fmt: skip
def test_what_the_policy_asks_of_a_visit_against_it(answer, mode, asked):
    assert answer_to([Mark.COOLING_OFF], Policy(answer=answer), mode=mode) == asked


def test_a_visit_nothing_stands_against_is_asked_for_nothing():
    assert answer_to([], Policy(answer="refuse"), mode="on_site") is None


@pytest.mark.parametrize(
    ("tried", "asked", "gone"),
    [(2, 3, False), (3, 3, True), (4, 3, True), (0, 0, False), (1, 0, True), (1, 1, True)],
)
def test_a_firm_is_given_up_after_as_many_days_as_the_policy_asks(tried, asked, gone):
    assert is_given_up(tried, Policy(unreachable_days=asked)) is gone


def test_the_day_of_a_visit_is_not_counted():
    first = facts(visited_on=date(2026, 11, 1), lead=Lead(2, "申浦示范银行", False, date(2026, 11, 1)))
    assert (cooling_off_until(first, ON), lead_until(first, ON)) == (date(2026, 12, 1), date(2027, 1, 30))
    assert lead_until(facts(lead=OTHER), ON) is None  # as long as the assignment


def test_a_moment_after_midnight_in_shanghai_is_that_day():
    told = {
        "policy": None,
        "lead": None,
        "until": None,
        "last": {"at": "2026-11-20T16:00:00+00:00", "name": "申浦示范银行"},
    }
    assert facts_of(told, day=TODAY, bank_id=1).visited_on == date(2026, 11, 21)
