"""What else happens to a clock that is suspended: the calendar changes, it begins anew, its letters wait."""

from datetime import date, timedelta

import pytest

from lending.models import CalendarDay, CalendarYear, Deadline, DeadlinePolicy, Event
from lending.sla import services as sla
from lending.sla import suspending
from lending.sla.calendar import end_of
from lending.sla.recompute import recompute_open
from lending.sla.sweep import sweep
from tests.factories import NOW
from tests.lending.sla import making
from tests.lending.sla.test_suspending import granted, last, on

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def clock(cast) -> Deadline:
    """Pushed on 20 November, fifteen calendar days: due on 5 December at 24:00."""
    return making.clock(cast)


# ---- Calendar, receipt and complete papers ----
def test_a_calendar_that_changes_during_a_suspension_keeps_it(cast):
    """15 working days from 20 November end on 11 December; three suspended days, Thursday to Saturday, take two."""
    DeadlinePolicy.objects.create(
        kind="bank_decision",
        length=15,
        is_working_days=True,
        effective_from=date(2026, 1, 1),
        max_suspension_days=10,
    )
    clock = making.clock(cast)
    granted(clock, cast, 3, now=on("11-25"))
    assert last(clock) == "12-15"
    making_rest(clock, "11-27", "12-01")
    assert (recompute_open(now=on("11-26")).changed, last(clock)) == (1, "12-16")
    assert (clock.suspended_until, clock.suspended_days, clock.next_look_at >= clock.suspended_until) == (
        end_of(date(2026, 11, 28)), 3, True,
    )  # fmt: skip
    assert clock.receipt["words"].startswith(
        "11月20日推送,次日起算15个工作日(其间休息日8天不计;11月26日至11月28日补件暂停3天不计)"
    )


def making_rest(clock, *days: str) -> None:
    for day in days:
        CalendarDay.objects.update_or_create(
            day=f"2026-{day}", defaults={"is_workday": False, "name": "测试"}
        )
    year = CalendarYear.objects.get(year=2026)
    year.version, year.change = year.version + 1, "测试"
    year.save()


@pytest.fixture
def from_receipt(db) -> DeadlinePolicy:
    return DeadlinePolicy.objects.create(
        kind="bank_decision",
        length=15,
        starts_at="receipt",
        effective_from=date(2026, 1, 1),
        max_suspension_days=10,
    )


@pytest.mark.parametrize(("received", "due"), [
    ("11-23", "12-11"),  # before the papers were missed: 15 days and the three
    ("11-26", "12-13"),  # in the middle: two of the three lie ahead
    ("11-28", "12-13"), ("11-29", "12-14"),  # behind it: none
])  # fmt: skip
def test_a_clock_that_begins_anew_leaves_out_the_suspended_days_that_lie_ahead(
    cast, from_receipt, received, due
):
    clock = making.clock(cast)
    early = received < "11-25"
    if early:
        reach(clock, cast, received)
    granted(clock, cast, 3, now=on("11-25"))
    if not early:
        reach(clock, cast, received)
    assert (last(clock), clock.suspended_days) == (due, 3)


def reach(clock, cast, day: str) -> None:
    sla.reach_start(deadline=clock, point=DeadlinePolicy.Start.RECEIPT, by=cast.bank, now=on(day))


# ---- The ladder ----
def test_nothing_is_said_while_the_clock_stands_still(cast, clock):
    """Granted on the last day for five: reminders about the old due time are over, the breach waits for the new one."""
    granted(clock, cast, 5, now=on("12-05"))
    tallies = [sweep(now=on("12-05") + n * DAY) for n in range(5)]
    assert [(tally.warned, tally.breached) for tally in tallies] == [(0, 0)] * 5
    tally = sweep(now=end_of(date(2026, 12, 10)))
    assert (tally.breached, last(clock), clock.state) == (1, "12-10", "breached")


def test_when_it_goes_on_the_bank_hears_how_much_is_left_once(cast, clock):
    """Due on the 12th after a suspension until the 9th: the letter five days ahead is overtaken by the one two ahead."""
    granted(clock, cast, 7, now=on("12-02"))
    assert (last(clock), clock.next_look_at) == ("12-12", end_of(date(2026, 12, 9)))
    sweep(now=clock.next_look_at - SECOND)
    before = clock.alerts.count()
    sweep(now=clock.next_look_at)
    told = set(clock.alerts.filter(due_at=clock.due_at).values_list("step", flat=True))
    assert (before, told) == (0, {"due_in_two"})


def test_ended_early_the_ladder_goes_on_from_that_day(cast, clock):
    one = granted(clock, cast, 10, now=on("11-21"))
    suspending.end(suspension=one, why="材料已补", by=cast.bank, now=on("11-22"))
    assert (last(clock), clock.next_look_at) == ("12-06", end_of(date(2026, 11, 30)))


def test_a_weekend_suspended_moves_no_working_day_and_the_clock_is_looked_at_again_when_it_ends(cast):
    DeadlinePolicy.objects.create(
        kind="bank_decision",
        length=3,
        is_working_days=True,
        effective_from=date(2026, 1, 1),
        max_suspension_days=10,
    )
    clock = making.clock(cast)  # due on Wednesday the 25th
    one = granted(clock, cast, 2, now=NOW)
    held = (last(clock), clock.next_look_at)
    suspending.end(suspension=one, why="材料已补", by=cast.bank, now=NOW + DAY)
    assert (held, last(clock), clock.next_look_at) == (
        ("11-25", end_of(date(2026, 11, 22))), "11-25", NOW + DAY,
    )  # fmt: skip


def test_every_deed_is_in_the_history_of_the_case_and_bound_to_the_bank(cast, clock):
    one = granted(clock, cast)
    suspending.end(suspension=one, why="材料已补", by=cast.bank, now=NOW + 2 * DAY)
    told = Event.objects.filter(case=clock.case_id).order_by("seq").values_list("kind", "bank")
    assert list(told) == [
        (kind, clock.bound_id)
        for kind in ("suspension_asked", "deadline_changed", "suspension_granted", "deadline_changed", "suspension_ended")
    ]  # fmt: skip
