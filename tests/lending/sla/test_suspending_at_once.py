"""Two people, or a person and the sweep, at one suspension in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from lending.bank_decision.services import complete_documents, decide
from lending.case import lock_case
from lending.models import Deadline, DeadlinePolicy, Event, Suspension
from lending.sla import suspending
from lending.sla.calendar import end_of
from lending.sla.errors import SuspensionAnswered, SuspensionOpen
from lending.sla.recompute import recompute_open
from lending.sla.sweep import sweep
from tests.factories import NOW
from tests.lending.bank_decision import stage
from tests.lending.sla.test_suspended_clocks import making_rest

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def pushed(cast):
    return stage.push(cast)


def together(*deeds) -> list[object]:
    """Run the deeds in threads of their own connections; their answers or refusals, in order."""
    barrier = Barrier(len(deeds))

    def one(deed):
        try:
            barrier.wait()
            return deed()
        except Exception as error:  # handed to the test
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def ask(pushed, cast, now=NOW, days=3) -> Suspension:
    return suspending.ask(
        deadline=pushed.deadline, papers="流水", reason="缺两个月", days=days, by=cast.bank, now=now
    )


def answer(asked, by, *, is_granted=True, now=NOW):
    return suspending.answer(suspension=asked, is_granted=is_granted, note="不同意", by=by, now=now)


def kinds_of(answers) -> list[str]:
    return sorted(type(answer).__name__ for answer in answers)


def test_of_two_reviewers_one_asks(cast, pushed):
    answers = together(*[lambda: ask(pushed, cast)] * 4)
    assert kinds_of(answers) == ["Suspension", *["SuspensionOpen"] * 3]
    assert (Suspension.objects.count(), SuspensionOpen.code) == (1, "suspension_open")


@pytest.mark.parametrize("second", [True, False])
def test_of_two_members_of_the_panel_one_answers(cast, pushed, second):
    asked = ask(pushed, cast)
    answers = together(
        lambda: answer(asked, cast.panel), lambda: answer(asked, cast.panel2, is_granted=second)
    )
    assert kinds_of(answers) == ["Suspension", "SuspensionAnswered"]
    clock = Deadline.objects.get()
    is_granted = Suspension.objects.get().state == "granted"
    assert (clock.suspended_days, len(clock.receipt["changes"])) == (3 * is_granted, int(is_granted))


def test_a_request_is_taken_back_or_granted_and_never_both(cast, pushed):
    asked = ask(pushed, cast)
    answers = together(
        lambda: answer(asked, cast.panel),
        lambda: suspending.take_back(suspension=asked, by=cast.bank, now=NOW),
    )
    clock, row = Deadline.objects.get(), Suspension.objects.get()
    assert (kinds_of(answers), clock.suspended_days) == (
        ["Suspension", "SuspensionAnswered"], 3 if row.state == "granted" else 0,
    )  # fmt: skip


def test_a_decision_and_a_consent_at_once_leave_nothing_running(cast, pushed):
    asked = ask(pushed, cast)
    answers = together(
        lambda: decide(recommendation=pushed, answer=stage.declined(), by=cast.bank, now=NOW),
        lambda: answer(asked, cast.panel),
    )
    clock, row = Deadline.objects.get(), Suspension.objects.get()
    assert [
        error for error in answers if isinstance(error, Exception) and type(error) is not SuspensionAnswered
    ] == []
    assert (clock.state, clock.suspended_until, clock.suspended_days, row.state in ("cancelled", "ended")) == (
        "met", None, 0, True,
    )  # fmt: skip


def test_sweepers_at_once_end_a_suspension_once(cast, pushed):
    answer(ask(pushed, cast), cast.panel)
    over = Deadline.objects.get().suspended_until
    counts = together(*[lambda: suspending.end_those_over(now=over)] * 4)
    assert (sum(counts), Event.objects.filter(kind="suspension_ended").count()) == (1, 1)


def test_a_sweep_and_the_bank_end_a_suspension_once(cast, pushed):
    """The bank a second before midnight, the sweep a second after: the day is the same either way."""
    one = answer(ask(pushed, cast), cast.panel)
    over = Deadline.objects.get().suspended_until
    together(
        lambda: suspending.end(suspension=one, why="已补", by=cast.bank, now=over - timedelta(seconds=1)),
        lambda: suspending.end_those_over(now=over),
    )
    clock, row = Deadline.objects.get(), Suspension.objects.get()
    assert (row.state, clock.suspended_days, clock.suspended_until, Event.objects.filter(kind="suspension_ended").count()) == (
        "ended", 3, None, 1,
    )  # fmt: skip


def test_a_case_in_somebodys_hands_is_left_to_the_next_sweep(cast, pushed):
    answer(ask(pushed, cast), cast.panel)
    over = Deadline.objects.get().suspended_until
    with transaction.atomic():
        lock_case(pushed.case)
        assert together(lambda: suspending.end_those_over(now=over)) == [0]
    assert suspending.end_those_over(now=over) == 1


def test_a_grant_in_the_last_second_and_the_sweep_agree(cast, pushed):
    """Whoever is first: granted and not late, or late and not granted."""
    asked, due_at = ask(pushed, cast), pushed.deadline.due_at
    together(lambda: answer(asked, cast.panel, now=due_at - timedelta(seconds=1)), lambda: sweep(now=due_at))
    clock, row = Deadline.objects.get(), Suspension.objects.get()
    assert (clock.state, row.state) in [
        ("running", "granted"),
        ("breached", "cancelled"),
        ("breached", "asked"),
    ]
    assert (clock.due_at > due_at) is (row.state == "granted")


def test_a_changed_calendar_and_a_consent_at_once_both_count(cast):
    DeadlinePolicy.objects.create(
        kind="bank_decision",
        length=15,
        is_working_days=True,
        effective_from=date(2026, 1, 1),
        max_suspension_days=10,
    )
    pushed = stage.push(cast)  # due on 11 December
    asked = ask(pushed, cast)  # Saturday, Sunday and Monday: takes one working day
    making_rest(pushed.deadline, "11-27", "12-01")
    together(lambda: answer(asked, cast.panel), lambda: recompute_open(now=NOW))
    recompute_open(now=NOW)
    clock = Deadline.objects.get()
    assert (clock.due_at, clock.suspended_days) == (end_of(date(2026, 12, 16)), 3)


def test_papers_complete_and_a_consent_at_once_leave_the_clock_running(cast, pushed):
    asked = ask(pushed, cast)
    together(
        lambda: complete_documents(recommendation=pushed, by=cast.bank, now=NOW),
        lambda: answer(asked, cast.panel),
    )
    clock, row = Deadline.objects.get(), Suspension.objects.get()
    assert (clock.suspended_until, clock.suspended_days, row.state in ("cancelled", "ended")) == (
        None,
        0,
        True,
    )


def test_what_breaks_off_in_the_middle_leaves_nothing(cast, pushed, monkeypatch):
    asked, due_at = ask(pushed, cast), pushed.deadline.due_at
    monkeypatch.setattr(suspending, "_record", lambda *_args, **_facts: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        answer(asked, cast.panel)
    clock, row = Deadline.objects.get(), Suspension.objects.get()
    assert (row.state, clock.due_at, clock.suspended_until, clock.receipt["changes"]) == (
        "asked",
        due_at,
        None,
        [],
    )
