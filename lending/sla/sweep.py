"""The sweep: find what is due, mark it, write the letters owed. Nothing is sent here (`sending` does that).

The next moment to look stands on the row, under a partial index, so an idle pass reads no clock. A batch is claimed
with SKIP LOCKED and finished in one transaction: any number of sweepers may run at once, and a killed one leaves
nothing half done.
"""

import logging
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction

from lending.sla import ladder
from lending.sla.ladder import Rung
from lending.sla.models import Alert, Deadline, Sweep
from lending.sla.recipients import Directory, Facts, facts_of

BATCH = 1000
PUSHED_AHEAD = timedelta(hours=1)  # a row that cannot be computed must not stop the others
KEPT = timedelta(days=90)  # rows of `Sweep`; one a minute
logger = logging.getLogger(__name__)


@dataclass
class Tally:
    """Clocks warned, newly breached and escalated; letters queued; clocks that could not be computed."""

    warned: int = 0
    breached: int = 0
    escalated: int = 0
    queued: int = 0
    failed: int = 0

    def __iadd__(self, other: "Tally") -> "Tally":
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self


@dataclass
class Plan:
    """What a batch comes to, before anything is written."""

    alerts: list[Alert] = field(default_factory=list)
    # (pk, state, breached at or None to leave it, steps done, next look)
    changes: list[tuple[int, str, datetime | None, int, datetime | None]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def sweep(*, now: datetime, batch: int = BATCH) -> Tally:
    """One pass over everything due at `now`; after an outage it catches up, oldest first. Writes a `Sweep` row."""
    began = time.monotonic()
    tally = Tally()
    while True:
        claimed, part = _sweep_batch(now, batch)
        tally += part
        if claimed < batch:  # what others hold meanwhile is theirs
            break
    took_ms = int((time.monotonic() - began) * 1000)
    Sweep.objects.filter(at__lt=now - KEPT).delete()
    Sweep.objects.create(at=now, took_ms=took_ms, **asdict(tally))
    return tally


def preview(*, now: datetime, batch: int = BATCH) -> Tally:
    """What `sweep` would come to at `now`. Writes and locks nothing."""
    tally = Tally()
    due = Deadline.objects.filter(next_look_at__lte=now).order_by("pk").values_list("pk", flat=True)
    last = 0
    while pks := list(due.filter(pk__gt=last)[:batch]):
        last = pks[-1]
        plan = _plan(facts_of(pks), now)
        tally += plan.tally
    return tally


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
    Alert.objects.bulk_create(plan.alerts, batch_size=BATCH, ignore_conflicts=True)
    _write(plan.changes)
    return plan.tally


def _settle_alone(clock: Facts, now: datetime) -> Tally:
    try:
        return _settle([clock], now)
    except DatabaseError:
        logger.exception("clock %s could not be written; looking again in an hour", clock.pk)
        Deadline.objects.filter(pk=clock.pk).update(next_look_at=now + PUSHED_AHEAD)
        return Tally(failed=1)


def _plan(clocks: list[Facts], now: datetime) -> Plan:
    plan, directory = Plan(), Directory(clocks)
    there = letters_there(clocks)
    for clock in clocks:
        try:
            _plan_one(plan, clock, directory, there, now)
        except Exception:  # whatever is wrong with this row, the others go on
            logger.exception("clock %s could not be computed; looking again in an hour", clock.pk)
            plan.changes.append((clock.pk, clock.state, None, clock.steps_done, now + PUSHED_AHEAD))
            plan.tally.failed += 1
    return plan


def _plan_one(plan: Plan, clock: Facts, directory: Directory, there: set[tuple], now: datetime) -> None:
    climb = ladder.climb(clock.kind, clock.due_at, clock.steps_done, now)
    letters = [alert for rung in climb.owed for alert in letters_for(clock, rung, directory, now)]
    letters = [letter for letter in letters if identity(letter) not in there]
    is_late = now >= clock.due_at
    is_newly_late = is_late and clock.state == Deadline.State.RUNNING
    state = Deadline.State.BREACHED if is_late else clock.state
    plan.changes.append(
        (clock.pk, state, now if is_newly_late else None, climb.steps_done, climb.next_look_at)
    )
    plan.alerts += letters
    plan.tally += Tally(
        warned=any(map(ladder.is_warning, climb.owed)),
        breached=is_newly_late,
        escalated=any(map(ladder.is_escalation, climb.owed)),
        queued=len(letters),
    )


def letters_for(clock: Facts, rung: Rung, directory: Directory, now: datetime) -> list[Alert]:
    """The ledger rows of one rung, unsaved. Nobody reachable on any level is a matter for the log, not for silence."""
    addressees = directory.addressees(clock, rung.to)
    if not addressees:
        logger.error(
            "nobody can be told of clock %s, step %s: no address up to the city", clock.pk, rung.step
        )
    return [
        Alert(
            deadline_id=clock.pk, due_at=clock.due_at, step=rung.step, recipient=to.email, recipient_user_id=to.user,
            organisation_id=to.organisation, why=to.why, created_at=now, send_after=now,
        )
        for to in addressees
    ]  # fmt: skip


def identity(letter: Alert) -> tuple:
    """What makes a letter the same one: the unique constraint of the ledger."""
    return letter.deadline_id, letter.due_at, letter.step, letter.recipient


def letters_there(clocks: list[Facts]) -> set[tuple]:
    rows = Alert.objects.filter(deadline__in=[c.pk for c in clocks])
    return set(rows.values_list("deadline_id", "due_at", "step", "recipient"))


def _write(changes: list[tuple]) -> None:
    """One statement for the whole batch; `bulk_update` would build a CASE of a thousand branches per column."""
    if not changes:
        return
    columns = [list(column) for column in zip(*changes, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE lending_deadline AS clock
            SET state = new.state, breached_at = coalesce(clock.breached_at, new.breached_at),
                steps_done = new.steps_done, next_look_at = new.next_look_at
            FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::smallint[], %s::timestamptz[])
                AS new(id, state, breached_at, steps_done, next_look_at)
            WHERE clock.id = new.id
            """,
            columns,
        )
