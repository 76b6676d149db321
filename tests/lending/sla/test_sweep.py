"""The sweep: what is due is marked and owed once."""

from datetime import timedelta

import pytest

from lending.models import Alert, Deadline, Sweep
from lending.sla.sweep import preview, sweep
from tests.factories import NOW
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


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
    for days in (-4, -3, -3, -1, 0, 1, 3, 5, 9):
        sweep(now=clock.due_at + days * DAY)
    assert letters(clock) == [
        ("due_soon", "bank"), ("due_soon", "bank2"), ("last_day", "bank"), ("last_day", "bank2"),
        ("overdue", "bank"), ("overdue", "bank2"), ("overdue", "bankhead"), ("escalated_bank", "bankhead"),
        ("escalated_district", "panel"), ("escalated_district", "panel2"), ("escalated_city", "city"),
    ]  # fmt: skip
    clock.refresh_from_db()
    assert clock.next_look_at is None
