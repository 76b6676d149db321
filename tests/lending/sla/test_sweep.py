"""The sweep: what is due is marked and owed once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lending.models import Alert, Deadline, Sweep
from lending.sla import services as sla
from lending.sla import suspending
from lending.sla import sweep as sweeping
from lending.sla.chips import chip
from lending.sla.kinds import DeadlineKind
from lending.sla.queries import last_sweep_at
from lending.sla.sweep import preview, sweep
from tests.factories import NOW
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


def letters(clock):
    rows = Alert.objects.filter(deadline=clock).order_by("id").values_list("step", "recipient")
    return [(step, recipient.split("@")[0]) for step, recipient in rows]


def test_a_clock_is_breached_at_the_boundary_second_and_not_before(cast):
    clock = making.clock(cast)
    sweep(now=clock.due_at - SECOND)
    clock.refresh_from_db()
    before = clock.state
    tally = sweep(now=clock.due_at)
    clock.refresh_from_db()
    assert (before, clock.state, clock.breached_at, tally.breached) == (
        "running",
        "breached",
        clock.due_at,
        1,
    )


def test_the_ladder_is_climbed_in_order_and_each_letter_is_owed_once(cast):
    clock = making.clock(cast)
    for days in (-7, -6, -6, -3, -1, 0, 1, 3, 5, 9):
        sweep(now=clock.due_at + days * DAY)
    assert letters(clock) == [
        ("due_soon", "bank"), ("due_soon", "bank2"), ("due_in_two", "bank"), ("due_in_two", "bank2"),
        ("last_day", "bank"), ("last_day", "bank2"), ("overdue", "bank"), ("overdue", "bank2"),
        ("overdue", "bankhead"), ("escalated_bank", "bankhead"), ("escalated_district", "panel"),
        ("escalated_district", "panel2"), ("escalated_city", "city"),
    ]  # fmt: skip
    clock.refresh_from_db()
    assert (clock.next_look_at, clock.state) == (clock.due_at + 12 * DAY, "breached")


def test_after_an_outage_nobody_is_reminded_of_what_is_late_already(cast):
    clock = making.clock(cast)
    tally = sweep(now=clock.due_at + 4 * DAY)
    assert letters(clock) == [
        ("overdue", "bank"), ("overdue", "bank2"), ("overdue", "bankhead"), ("escalated_bank", "bankhead"),
        ("escalated_district", "panel"), ("escalated_district", "panel2"),
    ]  # fmt: skip
    assert (tally.warned, tally.breached, tally.escalated, tally.queued) == (0, 1, 1, 6)


def test_a_reminder_overtaken_by_the_next_one_is_not_sent_late(cast):
    clock = making.clock(cast)
    sweep(now=clock.due_at - DAY)
    assert letters(clock) == [("last_day", "bank"), ("last_day", "bank2")]


def test_a_clock_that_starts_with_two_days_left_owes_no_earlier_reminder(cast):
    clock = making.clock(cast, kind=DeadlineKind.PANEL_REVIEW)
    sweep(now=NOW)
    assert (letters(clock), clock.next_look_at) == ([], clock.due_at - DAY)


def test_an_idle_sweep_reads_and_changes_no_clock(cast):
    clock = making.clock(cast)
    with CaptureQueriesContext(connection) as seen:
        tally = sweep(now=NOW)
    touching = [
        q["sql"]
        for q in seen
        if q["sql"].startswith(("UPDATE", "INSERT")) and "lending_sweep" not in q["sql"]
    ]
    clock.refresh_from_db()
    assert (touching, tally.queued, last_sweep_at()) == ([], 0, NOW)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_number_of_clocks(cast, rows, django_assert_num_queries):
    clocks = [making.clock(cast) for _ in range(rows)]
    with django_assert_num_queries(14):
        sweep(now=clocks[0].due_at)


def test_letters_are_owed_before_ends_of_suspensions_are_noted(cast, monkeypatch):
    clock, seen = making.clock(cast), []
    monkeypatch.setattr(suspending, "end_those_over", lambda *, now: seen.append((now, len(letters(clock)))))
    sweep(now=clock.due_at)
    assert seen == [(clock.due_at, 3)]


def test_many_batches_are_worked_through_in_one_pass(cast):
    clocks = [making.clock(cast) for _ in range(5)]
    assert sweep(now=clocks[0].due_at, batch=2).breached == 5


def test_a_clock_that_cannot_be_computed_is_looked_at_in_an_hour_and_stops_nobody(cast):
    broken, sound = making.clock(cast), making.clock(cast)
    Deadline.objects.filter(pk=broken.pk).update(kind="unheard_of")
    now = sound.due_at
    tally = sweep(now=now)
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (tally.failed, broken.next_look_at, sound.state) == (1, now + HOUR, "breached")
    assert Sweep.objects.get(at=now).failed == 1


def test_a_row_the_database_refuses_does_not_take_its_batch_along(cast):
    poison, sound = making.clock(cast), making.clock(cast)
    Deadline.objects.filter(pk=poison.pk).update(due_at=NOW + 2 * DAY, next_look_at=NOW + 2 * DAY)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE lending_alert ADD CONSTRAINT poison CHECK (deadline_id <> {poison.pk})")
    tally = sweep(now=sound.due_at)
    sound.refresh_from_db()
    assert (tally.failed, tally.breached, sound.state) == (1, 1, "breached")


def test_a_changed_due_date_is_told_again(cast):
    clock = making.clock(cast)
    sweep(now=clock.due_at - 4 * DAY)
    later = clock.due_at + DAY
    Deadline.objects.filter(pk=clock.pk).update(due_at=later, steps_done=0, next_look_at=later - 4 * DAY)
    sweep(now=later - 4 * DAY)
    assert [step for step, _who in letters(clock)] == ["due_soon"] * 4


def test_a_stopped_clock_is_left_alone(cast):
    clock = making.clock(cast)
    sla.stop_clocks(case=clock.case, kinds=(DeadlineKind.BANK_DECISION,), now=NOW)
    assert (sweep(now=clock.due_at).breached, letters(clock)) == (0, [])


def test_a_preview_counts_what_the_sweep_would_do_and_writes_nothing(cast):
    clocks = [making.clock(cast), making.clock(cast)]
    now = clocks[0].due_at + DAY
    seen = preview(now=now, batch=1)
    untouched = (
        Alert.objects.count(),
        Sweep.objects.count(),
        Deadline.objects.filter(state="breached").count(),
    )
    assert (untouched, seen) == ((0, 0, 0), sweep(now=now))


def test_a_sweep_that_dies_in_the_middle_leaves_nothing_half_done(cast, monkeypatch):
    clock = making.clock(cast)

    def die(changes):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            sweep(now=clock.due_at)
    after_the_crash = letters(clock)
    sweep(now=clock.due_at)
    assert (after_the_crash, len(letters(clock))) == ([], 3)


def test_each_letter_leaves_when_the_chip_says_what_it_says(cast):
    clock = making.clock(cast)
    seen = []
    for _ in range(4):
        clock.refresh_from_db()
        sweep(now=clock.next_look_at)
        step = Alert.objects.filter(deadline=clock).latest("id").step
        seen.append((step, chip(clock, clock.next_look_at).label))
    assert seen == [
        ("due_soon", "剩 5 天"), ("due_in_two", "剩 2 天"), ("last_day", "今天到期"), ("overdue", "超期 1 天"),
    ]  # fmt: skip
