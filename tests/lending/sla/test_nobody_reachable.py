"""Nobody has an address: the rung is kept and looked at again, so that no letter is lost by it."""

from datetime import timedelta

import pytest

from accounts.models import User
from lending.models import Alert, Deadline, Sweep
from lending.sla import services as sla
from lending.sla.sweep import sweep
from tests.factories import NOW
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def clock(cast) -> Deadline:
    User.objects.update(email="")
    return making.clock(cast)


def steps(clock) -> list[str]:
    return list(Alert.objects.filter(deadline=clock).order_by("id").values_list("step", flat=True))


def has_address(person) -> None:
    User.objects.filter(pk=person.pk).update(email=f"{person.username}@test.invalid")


def test_an_address_entered_later_gets_the_letter_within_the_hour(cast, clock, caplog):
    first = sweep(now=clock.due_at)
    has_address(cast.bankhead)
    waiting = sweep(now=clock.due_at + HOUR - SECOND)
    second = sweep(now=clock.due_at + HOUR)
    clock.refresh_from_db()
    assert [(t.breached, t.queued, t.failed) for t in (first, waiting, second)] == [
        (1, 0, 1),
        (0, 0, 0),
        (0, 1, 0),
    ]
    assert (steps(clock), clock.breached_at, clock.next_look_at) == (
        ["overdue"], clock.due_at, clock.due_at + DAY,
    )  # fmt: skip
    assert len([r for r in caplog.records if "nobody can be told" in r.message]) == 1


def test_every_step_missed_meanwhile_is_owed_in_order(cast, clock):
    for hours in range(0, 6 * 24):
        sweep(now=clock.due_at + hours * HOUR)
    has_address(cast.city)
    sweep(now=clock.due_at + 6 * DAY)
    clock.refresh_from_db()
    assert (steps(clock), clock.next_look_at) == (
        ["overdue", "escalated_bank", "escalated_district", "escalated_city"], clock.due_at + 12 * DAY,
    )  # fmt: skip
    assert Sweep.objects.filter(failed=1).count() == 6 * 24


def test_a_reminder_that_found_nobody_delays_the_breach_by_no_second(cast, clock):
    soon = clock.due_at - 4 * DAY + timedelta(minutes=30)
    sweep(now=soon)
    sweep(now=clock.due_at - timedelta(minutes=20))
    clock.refresh_from_db()
    assert (clock.state, clock.next_look_at) == ("running", clock.due_at)


def test_a_reminder_that_found_nobody_is_not_sent_once_it_is_stale(cast, clock):
    sweep(now=clock.due_at - 4 * DAY)
    has_address(cast.bank)
    sweep(now=clock.due_at - DAY)
    assert steps(clock) == ["last_day"]


def test_the_letter_about_a_push_that_found_nobody_is_tried_again_every_hour(cast, clock):
    queued = sla.notify_all_assigned(deadlines=[clock], now=NOW)
    in_vain = sweep(now=NOW + HOUR)
    has_address(cast.bank)
    early = sweep(now=NOW + 2 * HOUR - SECOND)
    told = sweep(now=NOW + 2 * HOUR)
    clock.refresh_from_db()
    assert (queued, in_vain.failed, early.queued, told.queued, steps(clock)) == (0, 1, 0, 1, ["assigned"])
    assert (clock.steps_done, clock.next_look_at) == (1, clock.due_at - 6 * DAY)


def test_the_letter_about_a_push_is_stale_once_it_is_due_soon(cast, clock):
    sla.notify_all_assigned(deadlines=[clock], now=NOW)
    has_address(cast.bank)
    sweep(now=clock.due_at - 6 * DAY)
    assert steps(clock) == ["due_soon"]


def test_of_two_pushes_only_the_one_that_found_nobody_is_kept(cast, clock):
    has_address(cast.bank_other)
    elsewhere = making.clock(cast, bound=cast.other_bank)
    sla.notify_all_assigned(deadlines=[clock, elsewhere], now=NOW)
    clock.refresh_from_db(), elsewhere.refresh_from_db()
    assert (clock.next_look_at, elsewhere.next_look_at) == (NOW + HOUR, elsewhere.due_at - 6 * DAY)
