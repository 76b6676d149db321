"""The machine's clock ran ahead by a month and came back."""

from datetime import timedelta

import pytest

from accounts.models import User
from lending.models import Alert, Deadline, Event, Suspension, Sweep
from lending.sla import services as sla
from lending.sla import suspending
from lending.sla.calendar import end_of
from lending.sla.sending import LEASE, send_pending
from lending.sla.stalls import look
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
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


def asked(cast, clock, now) -> Suspension:
    return suspending.ask(deadline=clock, papers="流水", reason="缺两个月", days=3, by=cast.bank, now=now)


@pytest.fixture
def suspended(cast, pushed) -> Suspension:
    """From 2 to 4 December, with the first warning about the new due time on the 3rd, when nobody is told."""
    at = pushed.started_at + 11 * DAY
    sweep(now=at)
    return suspending.answer(suspension=asked(cast, pushed, at), is_granted=True, by=cast.panel, now=at)


def kinds(clock) -> list[str]:
    return list(Event.objects.filter(case=clock.case).values_list("kind", flat=True))


def whole(row) -> dict:
    return Suspension.objects.filter(pk=row.pk).values().get()


def test_a_suspension_that_ended_by_the_wrong_time_runs_on_to_its_end(pushed, suspended):
    now = pushed.started_at + 13 * DAY
    sweep(now=now - MINUTE)
    before, until = (facts(pushed), pushed.suspended_until, whole(suspended)), end_of(suspended.until_on)
    letters = Alert.objects.filter(due_at=pushed.due_at)
    sweep(now=now + MONTH)
    wrong = whole(suspended)["state"], facts(pushed)[0], pushed.suspended_until
    sweep(now=now)
    assert wrong == ("ended", "breached", None)
    assert ((facts(pushed), pushed.suspended_until, whole(suspended)), letters.count()) == (before, 0)
    assert (pushed.suspended_until, pushed.next_look_at) == (until, until)
    sweep(now=until)
    assert ({row.step for row in letters}, facts(pushed)[2], pushed.suspended_until) == (
        {"due_soon"},
        2,
        None,
    )


def test_the_history_says_that_a_suspension_runs_on(pushed, suspended):
    now = pushed.started_at + 13 * DAY
    sweep(now=now + MONTH), sweep(now=now)
    last = Event.objects.filter(case=pushed.case).order_by("-seq")[:2]
    assert [(one.kind, one.at, one.by, one.detail["reason"]) for one in last] == [
        ("suspension_granted", now, None, "系统时间曾有误,现予恢复"),
        ("suspension_ended", now + MONTH, None, "暂停期满"),
    ]


@pytest.mark.parametrize("once_more", [False, True])
def test_what_a_person_ended_stays_ended(cast, pushed, suspended, once_more):
    now = pushed.started_at + 13 * DAY
    if once_more:  # the clock had run ahead before
        sweep(now=now + MONTH), sweep(now=now)
    suspending.end(suspension=suspended, why="材料已齐", by=cast.bank, now=now)
    before = whole(suspended)
    Sweep.objects.create(at=now + MONTH, took_ms=1)
    sweep(now=now + MINUTE)
    assert (before["state"], whole(suspended)) == ("ended", before)


def test_what_is_over_by_the_right_time_too_stays_ended(pushed, suspended):
    until = end_of(suspended.until_on)
    sweep(now=until + MONTH), sweep(now=until)
    assert (whole(suspended)["state"], facts(pushed)[0], pushed.suspended_until) == ("ended", "running", None)
    assert kinds(pushed).count("suspension_granted") == 1


@pytest.mark.parametrize(("behind", "state"), [(-SECOND, "asked"), (timedelta(0), "cancelled")])
def test_a_request_that_lapsed_by_the_wrong_time_waits_for_its_answer_again(cast, pushed, behind, state):
    request, now = asked(cast, pushed, pushed.started_at + MINUTE), pushed.due_at + behind
    before = whole(request)
    sweep(now=now + MONTH)
    lapsed = whole(request)
    sweep(now=now)
    assert (lapsed["state"], whole(request)) == ("cancelled", before if state == "asked" else lapsed)
    assert kinds(pushed).count("suspension_asked") == (2 if state == "asked" else 1)


def test_a_request_that_was_taken_back_is_not_asked_again(cast, pushed):
    now = pushed.started_at + MINUTE
    request = asked(cast, pushed, now)
    suspending.take_back(suspension=request, by=cast.bank, now=now + MONTH / 3)
    sweep(now=now + MONTH), sweep(now=now)
    assert whole(request)["state"] == "cancelled"


def test_a_new_request_stands_in_the_way_of_the_one_that_lapsed(cast, pushed, caplog):
    now = pushed.started_at + MINUTE
    first = asked(cast, pushed, now)
    sweep(now=now + MONTH)
    Deadline.objects.filter(pk=pushed.pk).update(state="running", breached_at=None)
    second = asked(cast, pushed, now)
    sweep(now=now)
    assert [whole(row)["state"] for row in (first, second)] == ["cancelled", "asked"]
    assert [record.name for record in caplog.records] == ["lending.sla.clock_back"]


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
