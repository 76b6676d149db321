"""Which letters are owed at which moment, without a database."""

from datetime import datetime, timedelta

import pytest

from lending.sla.calendar import SHANGHAI
from lending.sla.kinds import Audience, DeadlineKind, Step
from lending.sla.ladder import LADDERS, PLACES, Rung, ladder_of, moment

DUE = datetime(2026, 12, 6, tzinfo=SHANGHAI)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
BANK = LADDERS[DeadlineKind.BANK_DECISION]


def owed(ladder, steps_done: int, at: datetime) -> list[tuple[str, int]]:
    return [(rung.step, rung.round) for rung in ladder.climb(DUE, steps_done, at).owed]


@pytest.mark.parametrize(("days", "step"), [
    (-6, "due_soon"), (-3, "due_in_two"), (-1, "last_day"), (0, "overdue"), (1, "escalated_bank"),
    (3, "escalated_district"), (5, "escalated_city"), (12, "nag"), (19, "nag"),
])  # fmt: skip
def test_each_step_of_the_banks_clock_is_owed_from_its_second_on_and_not_before(days, step):
    at, climbed = DUE + days * DAY, 1
    climbed = BANK.climb(DUE, climbed, at - SECOND).steps_done
    assert (owed(BANK, climbed, at - SECOND), [one for one, _round in owed(BANK, climbed, at)]) == (
        [],
        [step],
    )


def test_the_weekly_letter_is_owed_every_week_with_its_number():
    told, climbed = [], 8  # everything up to the city is told
    for days in range(6, 30):
        climb = BANK.climb(DUE, climbed, DUE + days * DAY)
        told += [(days, rung.round) for rung in climb.owed]
        climbed = climb.steps_done
    assert told == [(12, 1), (19, 2), (26, 3)]


def test_after_a_month_without_a_sweep_the_weekly_letter_comes_once():
    climb = BANK.climb(DUE, 8, DUE + 34 * DAY)
    assert ([rung.round for rung in climb.owed], climb.steps_done, climb.next_look_at) == (
        [4], 12, DUE + 40 * DAY,
    )  # fmt: skip


def test_after_an_outage_the_steps_above_are_owed_in_order_and_no_reminder():
    assert owed(BANK, 0, DUE + 13 * DAY) == [
        ("overdue", 0), ("escalated_bank", 0), ("escalated_district", 0), ("escalated_city", 0), ("nag", 1),
    ]  # fmt: skip


def test_a_clock_begins_behind_the_letter_of_its_push_and_behind_what_lies_behind():
    fifteen_days, two_days = BANK.begin(DUE, DUE - 15 * DAY), BANK.begin(DUE, DUE - 2 * DAY)
    assert (fifteen_days, two_days) == ((1, DUE - 6 * DAY), (3, DUE - DAY))


@pytest.mark.parametrize("kind", DeadlineKind)
def test_every_ladder_marks_the_due_time_and_stands_where_its_steps_may_stand(kind):
    ladder = LADDERS[kind]
    inside = [PLACES[rung.step][0] <= rung.days <= PLACES[rung.step][1] for rung in ladder.rungs]
    moments = [moment(rung, DUE) for rung in ladder.rungs]
    assert (all(inside), sorted(moments), moments.count(DUE)) == (True, moments, 1)


def test_a_place_on_the_ladder_leads_back_to_its_rung():
    assert [BANK.place_of(BANK.rung(place)) for place in range(12)] == list(range(12))


def test_a_ladder_without_a_weekly_letter_ends():
    ladder = LADDERS[DeadlineKind.RECEIPT]
    climb = ladder.climb(DUE, 0, DUE + 30 * DAY)
    assert (climb.steps_done, climb.next_look_at, ladder.following(DUE, DUE + DAY)) == (2, None, None)


def test_a_policys_own_steps_replace_the_usual_ones():
    ladder = ladder_of("bank_decision", [
        ("nag", 2, "city"), ("overdue", 0, "reviewers"), ("overdue", 0, "panel"), ("due_soon", -2, "coordinators"),
    ])  # fmt: skip
    assert ladder.rungs == (
        Rung(Step.DUE_SOON, -2, (Audience.COORDINATORS,)),
        Rung(Step.OVERDUE, 0, (Audience.REVIEWERS, Audience.PANEL)),
    )
    assert (ladder.rung(3), ladder.assigned) == (Rung(Step.NAG, 4, (Audience.CITY,), 2), None)


def test_a_policy_that_tells_nobody_of_the_breach_still_looks_at_the_due_time():
    ladder = ladder_of("bank_decision", [("last_day", -1, "reviewers"), ("assigned", 0, "reviewers")])
    assert [(rung.step, rung.to) for rung in ladder.rungs] == [
        ("assigned", ("reviewers",)), ("last_day", ("reviewers",)), ("overdue", ()),
    ]  # fmt: skip
    assert ladder.begin(DUE, DUE - 15 * DAY) == (1, DUE - DAY)


def test_without_rows_of_its_own_a_policy_goes_by_the_table():
    assert ladder_of("supplement") is LADDERS[DeadlineKind.SUPPLEMENT]
