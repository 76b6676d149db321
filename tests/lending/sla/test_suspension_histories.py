"""Whatever happens to a clock in whatever order, its due time is the one its receipt explains."""

import random
from datetime import date, datetime, timedelta

import pytest

from accounts.errors import Refusal
from lending.bank_decision.services import complete_documents, receive
from lending.models import Deadline, DeadlinePolicy, Event, Suspension
from lending.sla import queries, suspending
from lending.sla import services as sla
from lending.sla.calendar import Rule, Suspended, add, day_of, end_of
from lending.sla.kinds import DeadlineKind
from lending.sla.recompute import recompute_open
from lending.sla.sweep import sweep
from tests.factories import NOW
from tests.lending.bank_decision import stage
from tests.lending.sla.test_suspended_clocks import making_rest

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = (
    {"length": 15}, {"length": 8, "is_working_days": True}, {"length": 9, "is_rolled_forward": True},
    {"length": 1, "unit": "months"},
)  # fmt: skip


class History:
    """One clock, and what people may do to it; a refusal is an answer like any other."""

    def __init__(self, cast, dice: random.Random) -> None:
        self.cast, self.dice = cast, dice
        self.pushed = stage.push(cast)

    @property
    def clock(self) -> Deadline:
        return Deadline.objects.get(pk=self.pushed.deadline_id)

    def row(self, state: str) -> Suspension | None:
        return Suspension.objects.filter(state=state).first()

    def ask(self, now) -> None:
        suspending.ask(deadline=self.clock, papers="流水", reason="缺", days=self.dice.randint(1, 6), by=self.cast.bank, now=now)  # fmt: skip

    def answer(self, now) -> None:
        if asked := self.row("asked"):
            is_granted = self.dice.random() < 0.85
            suspending.answer(
                suspension=asked, is_granted=is_granted, note="说明", by=self.cast.panel, now=now
            )

    def end(self, now) -> None:
        if running := self.row("granted"):
            suspending.end(suspension=running, why="已补", by=self.cast.bank, now=now)

    def receive(self, now) -> None:
        receive(recommendation=self.pushed, by=self.cast.bank, now=now)

    def complete(self, now) -> None:
        complete_documents(recommendation=self.pushed, by=self.cast.bank, now=now)

    def change_calendar(self, now) -> None:
        making_rest(self.clock, (day_of(now) + self.dice.randint(-3, 9) * DAY).strftime("%m-%d"))
        recompute_open(now=now)

    def stop(self, now) -> None:
        sla.stop_clocks(case=self.clock.case, kinds=(DeadlineKind.BANK_DECISION,), now=now)


@pytest.mark.parametrize("seed", range(10))
def test_the_due_time_follows_from_what_is_on_record(cast, seed):
    dice = random.Random(seed)
    starts_at = dice.choice(["push", "receipt", "complete"])
    rule = RULES[seed % len(RULES)]
    DeadlinePolicy.objects.create(
        kind="bank_decision",
        starts_at=starts_at,
        effective_from=date(2026, 1, 1),
        max_suspension_days=10,
        **rule,
    )
    history, now = History(cast, dice), NOW
    deeds = [history.ask, history.answer, history.answer, history.end, history.receive, history.complete]
    weights = [6, 6, 6, 2, 1, 0.5]
    while now < NOW + 45 * DAY and history.clock.stopped_at is None:
        now += dice.randint(1, 30) * HOUR
        deed = dice.choices([*deeds, history.change_calendar, history.stop], [*weights, 2, 0.4])[0]
        try:
            deed(now)
        except Refusal:
            pass
        sweep(now=now)
        check(history.clock, now)
    clock = history.clock
    if clock.stopped_at is None:
        history.stop(now)
        check(history.clock, now)
    assert Event.objects.filter(case=clock.case, kind="deadline_changed").count() == len(
        clock.receipt["changes"]
    )


def check(clock: Deadline, now) -> None:
    granted = [one for one in Suspension.objects.filter(deadline=clock) if one.from_on]
    days = [Suspended(one.from_on, one.until_on) for one in granted]
    start = datetime.fromisoformat(clock.receipt["start"])
    computed = add(start, Rule(**clock.receipt["rule"]), queries.calendar(day_of(start)), days)
    assert (clock.due_at, clock.receipt["due_at"]) == (computed.due_at, computed.due_at.isoformat())
    assert clock.suspended_days == sum(one.days for one in days) <= clock.policy.max_suspension_days
    running = [one for one in granted if one.state == "granted"]
    assert clock.suspended_until == (end_of(running[0].until_on) if running else None)
    if running:
        assert (clock.state, clock.suspended_until <= clock.due_at) == ("running", True)
        assert clock.next_look_at >= clock.suspended_until
    if clock.stopped_at:
        assert (running, clock.suspensions.filter(state="asked").count()) == ([], 0)
        assert clock.state == ("met" if now < clock.due_at else "met_late")
    elif now >= clock.due_at:
        assert clock.state == "breached"
