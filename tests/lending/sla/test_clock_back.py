"""The machine's clock ran ahead by a month and came back."""

from datetime import timedelta

import pytest

from accounts.models import User
from lending.models import Alert, Sweep
from lending.sla import services as sla
from lending.sla.sending import LEASE, send_pending
from lending.sla.stalls import look
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DAY, MONTH = timedelta(days=1), timedelta(days=31)


def ledger() -> list[tuple]:
    return sorted(Alert.objects.values_list("step", "recipient", "state"))


def facts(clock) -> tuple:
    clock.refresh_from_db()
    return clock.state, clock.breached_at, clock.steps_done, clock.next_look_at


@pytest.fixture
def pushed(cast):
    return making.clock(cast)


def test_letters_that_had_not_left_are_owed_again_when_their_time_comes(pushed):
    now, before = pushed.started_at + MINUTE, facts(pushed)
    sweep(now=now + MONTH)
    assert facts(pushed)[0] == "breached"
    sweep(now=now)
    assert (facts(pushed), ledger()) == (before, [])
    assert list(Sweep.objects.values_list("at", flat=True)) == [now]
    sweep(now=pushed.due_at)
    assert [step for step, *_ in ledger()] == ["overdue"] * 3


def test_letters_that_had_left_are_not_sent_again_when_their_time_comes(pushed, smtp):
    now = pushed.started_at + MINUTE
    sweep(now=now + MONTH)
    send_pending(now=now + MONTH)
    sweep(now=now)
    told, mails = ledger(), len(smtp.letters)
    sweep(now=pushed.due_at), send_pending(now=pushed.due_at)
    assert ([row for row in ledger() if row[0] == "overdue"], len(smtp.letters)) == (
        [row for row in told if row[0] == "overdue"],
        mails,
    )


def test_a_clock_that_is_late_by_the_right_time_too_stays_late_from_now(pushed):
    now = pushed.due_at + MINUTE
    sweep(now=now + MONTH)
    sweep(now=now)
    assert facts(pushed)[:2] == ("breached", now)
    assert {step for step, *_ in ledger()} == {"overdue"}


def test_a_lease_and_a_pause_that_end_by_the_wrong_time_end_at_once(pushed, smtp):
    now = pushed.due_at + MINUTE
    sweep(now=now)
    first, second, _third = Alert.objects.order_by("pk")
    ids = {"attempts": 1, "message_id": "<kept@x>"}
    Alert.objects.filter(pk=first.pk).update(claimed_until=now + MONTH + LEASE, **ids)
    Alert.objects.filter(pk=second.pk).update(send_after=now + MONTH + MINUTE, **ids)
    Sweep.objects.create(at=now + MONTH, took_ms=1)
    sweep(now=now + MINUTE)
    send_pending(now=now + MINUTE)
    assert (Alert.objects.filter(state="sent").count(), len(smtp.letters)) == (3, 3)
    assert sorted(letter["Message-ID"] == "<kept@x>" for letter in smtp.letters) == [False, True, True]


def test_a_letter_about_a_push_that_was_written_by_the_wrong_time_is_owed_by_the_right_one(
    cast, pushed, smtp
):
    User.objects.update(email="")
    sla.notify_all_assigned(deadlines=[pushed], now=pushed.started_at)
    ahead, now = pushed.started_at + 4 * DAY, pushed.started_at + MINUTE
    User.objects.filter(pk=cast.bank.pk).update(email="bank@test.invalid")
    sweep(now=ahead)
    early = ledger()
    tallies = sweep(now=now).queued, send_pending(now=now).mails, sweep(now=now + MINUTE).queued
    assert (early, tallies) == ([("assigned", "bank@test.invalid", "pending")], (1, 1, 0))
    assert (Alert.objects.get().sent_at, facts(pushed)[2:]) == (now, (1, pushed.due_at - 6 * DAY))


def test_a_push_by_the_wrong_time_that_was_not_told_yet_is_told_at_once(cast):
    now = making.make.NOW
    clock = making.clock(cast, now=now + MONTH)
    written = sla.notify_all_assigned(deadlines=[clock], now=now + MONTH)
    sweep(now=now + MONTH)
    assert (sweep(now=now).queued, {step for step, *_ in ledger()}, facts(clock)[2]) == (
        written,
        {"assigned"},
        1,
    )


def test_a_letter_about_a_push_that_has_left_by_the_wrong_time_is_not_owed_again(cast, smtp):
    now = making.make.NOW
    clock = making.clock(cast, now=now + MONTH)
    sla.notify_all_assigned(deadlines=[clock], now=now + MONTH)
    sweep(now=now + MONTH), send_pending(now=now + MONTH)
    assert (sweep(now=now).queued, facts(clock)[2], {state for *_, state in ledger()}) == (0, 1, {"sent"})


def test_hosts_that_differ_by_five_minutes_undo_nothing(pushed):
    now = pushed.due_at
    sweep(now=now)
    before = facts(pushed)
    sweep(now=now - 5 * MINUTE)
    assert (facts(pushed), Alert.objects.count()) == (before, 3)
    sweep(now=now - 5 * MINUTE - timedelta(seconds=1))
    assert (facts(pushed)[0], Alert.objects.count()) == ("running", 0)


def test_a_sweep_that_lies_in_the_future_hides_no_standstill(db):
    last, late = making.make.NOW, 5 * MINUTE
    for at in (last, last + MONTH):
        Sweep.objects.create(at=at, took_ms=1)
    assert look(now=last + late, late=late, watching_since=last) is None
    assert look(now=last + late + MINUTE, late=late, watching_since=last).since == last
