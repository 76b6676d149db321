"""Where the policy counts from the bank's receipt: a late receipt erases nothing."""

from datetime import date, timedelta

import pytest

from lending.bank_decision import deciding
from lending.bank_decision.rules import Answer
from lending.models import Deadline, DeadlinePolicy
from lending.sla import services as sla
from lending.sla.kinds import DeadlineKind
from lending.sla.sweep import sweep
from tests.factories import NOW
from tests.lending.bank_decision import stage
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def from_receipt(db) -> DeadlinePolicy:
    return DeadlinePolicy.objects.create(
        kind=DeadlineKind.BANK_DECISION, length=15, starts_at="receipt", effective_from=date(2026, 1, 1)
    )


@pytest.fixture
def clock(cast, from_receipt) -> Deadline:
    return making.clock(cast)


def receive(clock, cast, now) -> bool:
    return sla.reach_start(deadline=clock, point=DeadlinePolicy.Start.RECEIPT, by=cast.bank, now=now)


@pytest.mark.parametrize(
    ("after", "moved"), [(-SECOND, True), (timedelta(0), False), (SECOND, False), (25 * DAY, False)]
)
def test_a_receipt_restarts_the_clock_until_the_last_second_and_not_after(cast, clock, after, moved):
    due_at = clock.due_at
    answer = receive(clock, cast, due_at + after)
    clock.refresh_from_db()
    assert (answer, clock.due_at > due_at, len(clock.receipt["changes"])) == (moved, moved, int(moved))


@pytest.mark.parametrize("behind", [timedelta(0), SECOND])
def test_a_bank_that_receives_late_stays_late(cast, clock, behind):
    """Also where the clock of the web server is a second behind that of the sweeper."""
    sweep(now=clock.due_at)
    answer = receive(clock, cast, clock.due_at - behind if behind else clock.due_at + 25 * DAY)
    found = Deadline.objects.get(pk=clock.pk)
    assert (answer, found.state, found.breached_at, found.due_at) == (
        False, "breached", clock.due_at, clock.due_at,
    )  # fmt: skip


@pytest.mark.parametrize(("outcome", "state"), [("declined", "met"), ("withdrawn", "running")])
def test_the_receipt_that_an_answer_implies_does_not_restart_the_clock(cast, from_receipt, outcome, state):
    pushed = stage.push(cast)
    due_at = pushed.deadline.due_at
    text = "企业自行撤回申请,电话确认"
    answer = stage.declined() if outcome == "declined" else Answer(
        outcome=outcome, reason_text=text, decided_on=stage.TODAY
    )  # fmt: skip
    deciding.decide(recommendation=pushed, answer=answer, by=cast.bank, now=NOW + DAY)
    found = Deadline.objects.get(pk=pushed.deadline_id)
    assert (found.due_at, found.state, found.receipt["occasion"], found.receipt["changes"]) == (
        due_at, state, "推送", [],
    )  # fmt: skip
