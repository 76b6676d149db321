"""The sweep: find what is due, mark it, write the letters owed. Nothing is sent here (`sending` does that).

The next moment to look stands on the row, under a partial index, so an idle pass reads no clock. A batch is claimed
with SKIP LOCKED and finished in one transaction: any number of sweepers may run at once, and a killed one leaves
nothing half done.
"""

import json
import logging
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from lending.sla import clock_back, ladder, ledger, queries, suspending
from lending.sla.ladder import TRY_AGAIN as PUSHED_AHEAD
from lending.sla.ladder import Ladders, Rung
from lending.sla.ledger import Letter
from lending.sla.models import Deadline, Sweep
from lending.sla.recipients import Directory, Facts, facts_of

BATCH = 1000
logger = logging.getLogger(__name__)

UPDATE = """
UPDATE lending_deadline AS clock
SET state = new.state, breached_at = coalesce(clock.breached_at, new.breached_at), steps_done = new.steps_done,
    next_look_at = new.next_look_at
FROM json_to_recordset(%s::json) AS new(id bigint, state text, steps_done smallint, next_look_at timestamptz,
    breached_at timestamptz)
WHERE clock.id = new.id
"""


@dataclass
class Tally:
    """Clocks warned, newly breached and escalated; letters queued; clocks that could not be computed or of which
    nobody up to the city can be told."""

    warned: int = 0
    breached: int = 0
    escalated: int = 0
    queued: int = 0
    failed: int = 0

    def __iadd__(self, other: "Tally") -> "Tally":
        self.warned += other.warned
        self.breached += other.breached
        self.escalated += other.escalated
        self.queued += other.queued
        self.failed += other.failed
        return self


@dataclass
class Plan:
    """What a batch comes to, before anything is written."""

    letters: list[Letter] = field(default_factory=list)
    changes: list[dict] = field(default_factory=list)
    by_kind: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    @property
    def tally(self) -> Tally:
        return _sum(self.by_kind)


def sweep(*, now: datetime, batch: int = BATCH) -> Tally:
    """One pass over everything due at `now`; after an outage it catches up, oldest first. Writes a `Sweep` row."""
    began = time.monotonic()
    clock_back.take_back(now=now)
    tally = Tally()
    while True:
        claimed, part = _sweep_batch(now, batch)
        tally += part
        if claimed < batch:  # what others hold meanwhile is theirs
            break
    suspending.end_those_over(now=now)  # nothing hangs on the minute; the letters do
    took_ms = int((time.monotonic() - began) * 1000)
    Sweep.objects.create(at=now, took_ms=took_ms, **asdict(tally))
    return tally


def preview(*, now: datetime, batch: int = BATCH) -> Tally:
    """What `sweep` would come to at `now`. Writes and locks nothing."""
    return _sum(preview_by_kind(now=now, batch=batch))


def preview_by_kind(*, now: datetime, batch: int = BATCH) -> dict[str, Tally]:
    """The same for each kind of clock that has something due."""
    found: dict[str, Tally] = defaultdict(Tally)
    due = Deadline.objects.filter(next_look_at__lte=now).order_by("pk").values_list("pk", flat=True)
    last = 0
    while pks := list(due.filter(pk__gt=last)[:batch]):
        last = pks[-1]
        clocks = facts_of(pks)
        plan, kinds = _plan(clocks, now), {clock.pk: clock.kind for clock in clocks}
        for deadline, *_rest in {letter.identity for letter in plan.letters} - ledger.there(pks):
            plan.by_kind[kinds[deadline]].queued += 1
        for kind, tally in plan.by_kind.items():
            found[kind] += tally
    return dict(found)


def _sum(by_kind: dict[str, Tally]) -> Tally:
    total = Tally()
    for tally in by_kind.values():
        total += tally
    return total


@transaction.atomic
def _sweep_batch(now: datetime, batch: int) -> tuple[int, Tally]:
    due = Deadline.objects.filter(next_look_at__lte=now).order_by("next_look_at")
    pks = list(due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:batch])
    if not pks:
        return 0, Tally()
    clocks = facts_of(pks)
    try:
        tally = _settle(clocks, now)
    except DatabaseError:
        logger.exception("a batch of %s clocks could not be written; taking them one by one", len(clocks))
        tally = Tally()
        for clock in clocks:
            tally += _settle_alone(clock, now)
    return len(pks), tally


@transaction.atomic
def _settle(clocks: list[Facts], now: datetime) -> Tally:
    plan = _plan(clocks, now)
    tally = plan.tally
    tally.queued = ledger.write(plan.letters, now)
    _write(plan.changes)
    return tally


def _settle_alone(clock: Facts, now: datetime) -> Tally:
    try:
        return _settle([clock], now)
    except DatabaseError:
        logger.exception("clock %s could not be written; looking again in an hour", clock.pk)
        Deadline.objects.filter(pk=clock.pk).update(next_look_at=now + PUSHED_AHEAD)
        return Tally(failed=1)


def _plan(clocks: list[Facts], now: datetime) -> Plan:
    plan, directory = Plan(), Directory(clocks, now=now)
    ladders = queries.ladders(clock.policy for clock in clocks)
    for clock in clocks:
        try:
            _plan_one(plan, clock, ladders, directory, now)
        except Exception:  # whatever is wrong with this row, the others go on
            logger.exception("clock %s could not be computed; looking again in an hour", clock.pk)
            plan.changes.append(_change(clock.pk, clock.state, clock.steps_done, now + PUSHED_AHEAD))
            plan.by_kind[clock.kind].failed += 1
    return plan


def _plan_one(plan: Plan, clock: Facts, ladders: Ladders, directory: Directory, now: datetime) -> None:
    own = ladders.of(clock.policy, clock.kind)
    climb = own.climb(clock.due_at, clock.steps_done, now)
    told, letters = _letters(clock, climb.owed, directory)
    is_late = now >= clock.due_at
    is_newly_late = is_late and clock.state == Deadline.State.RUNNING
    state = Deadline.State.BREACHED if is_late else clock.state
    steps_done, next_look_at = climb.steps_done, climb.next_look_at
    if is_unheard := len(told) < len(climb.owed):  # the rung is kept: an address may be entered any time
        steps_done = own.place_of(climb.owed[len(told)])
        next_look_at = min(now + PUSHED_AHEAD, next_look_at or now + PUSHED_AHEAD)
    plan.changes.append(_change(clock.pk, state, steps_done, next_look_at, now if is_newly_late else None))
    plan.letters += letters
    plan.by_kind[clock.kind] += Tally(
        warned=any(map(ladder.is_warning, told)),
        breached=is_newly_late,
        escalated=any(map(ladder.is_escalation, told)),
        failed=is_unheard,
    )


def _letters(clock: Facts, owed: tuple[Rung, ...], directory: Directory) -> tuple[list[Rung], list[Letter]]:
    """The rungs up to the first that nobody can be told of, and their letters."""
    told, letters = [], []
    for rung in owed:
        found = ledger.letters_for(clock, rung, directory)
        if found is None:
            break
        told.append(rung)
        letters += found
    return told, letters


def _change(
    pk: int, state: str, steps_done: int, next_look_at: datetime | None, breached_at: datetime | None = None
) -> dict:
    return {
        "id": pk, "state": state, "steps_done": steps_done,
        "next_look_at": next_look_at and next_look_at.isoformat(),
        "breached_at": breached_at and breached_at.isoformat(),
    }  # fmt: skip


def _write(changes: list[dict]) -> None:
    """One statement for the whole batch; `bulk_update` would build a CASE of a thousand branches per column."""
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [json.dumps(changes)])
