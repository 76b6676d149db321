"""The ladder: when which letter goes to whom. One table per kind of clock; no ORM.

Times are whole days from `due_at`, which is the midnight after the last day. So −1 is the beginning of the last day
(the chip says 今天到期), −4 the moment the chip turns to 剩 3 天, and +1 the moment a clock has been late for one whole day.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from lending.sla.kinds import Audience, DeadlineKind, Step

ABOVE = {
    Audience.OFFICER: Audience.PANEL,
    Audience.REVIEWERS: Audience.COORDINATORS,
    Audience.COORDINATORS: Audience.PANEL,
    Audience.PANEL: Audience.CITY,
}


class Rung(NamedTuple):
    step: Step
    days: int
    to: tuple[Audience, ...]


BANK = (Audience.REVIEWERS, Audience.COORDINATORS)
LADDERS: dict[DeadlineKind, tuple[Rung, ...]] = {
    DeadlineKind.BANK_DECISION: (
        Rung(Step.DUE_SOON, -4, (Audience.REVIEWERS,)),
        Rung(Step.LAST_DAY, -1, (Audience.REVIEWERS,)),
        Rung(Step.OVERDUE, 0, BANK),
        Rung(Step.ESCALATED_BANK, 1, (Audience.COORDINATORS,)),
        Rung(Step.ESCALATED_DISTRICT, 3, (Audience.PANEL,)),
        Rung(Step.ESCALATED_CITY, 5, (Audience.CITY,)),
    ),
    DeadlineKind.PANEL_REVIEW: (
        Rung(Step.LAST_DAY, -1, (Audience.PANEL,)),
        Rung(Step.OVERDUE, 0, (Audience.PANEL,)),
        Rung(Step.ESCALATED_DISTRICT, 3, (Audience.PANEL,)),
        Rung(Step.ESCALATED_CITY, 5, (Audience.CITY,)),
    ),
    DeadlineKind.SUPPLEMENT: (
        Rung(Step.DUE_SOON, -4, (Audience.OFFICER,)),
        Rung(Step.OVERDUE, 0, (Audience.OFFICER, Audience.PANEL)),
        Rung(Step.ESCALATED_DISTRICT, 3, (Audience.PANEL,)),
    ),
}
ASSIGNED = Rung(Step.ASSIGNED, 0, (Audience.REVIEWERS,))


class Climb(NamedTuple):
    """What one look comes to: letters owed now, how far up that is, and when to look again (None at the top)."""

    owed: tuple[Rung, ...]
    steps_done: int
    next_look_at: datetime | None


def moment(rung: Rung, due_at: datetime) -> datetime:
    return due_at + timedelta(days=rung.days)


def begin(kind: str, due_at: datetime, now: datetime) -> tuple[int, datetime]:
    """Where a clock that starts at `now` enters the ladder: steps that lie behind already are not owed."""
    ladder = LADDERS[DeadlineKind(kind)]
    done = sum(moment(rung, due_at) <= now for rung in ladder if rung.days < 0)
    return done, moment(ladder[done], due_at)


def climb(kind: str, due_at: datetime, steps_done: int, now: datetime) -> Climb:
    """Every rung reached by `now`, in order. A reminder overtaken by a later rung is stale and not owed any more."""
    ladder = LADDERS[DeadlineKind(kind)]
    done = steps_done
    while done < len(ladder) and moment(ladder[done], due_at) <= now:
        done += 1
    reached = ladder[steps_done:done]
    owed = tuple(rung for i, rung in enumerate(reached) if rung.days >= 0 or i == len(reached) - 1)
    return Climb(owed, done, moment(ladder[done], due_at) if done < len(ladder) else None)


def place_of(kind: str, rung: Rung) -> int:
    """What `steps_done` is while this rung is the next one."""
    return LADDERS[DeadlineKind(kind)].index(rung)


def following(kind: str, due_at: datetime, now: datetime) -> Rung | None:
    """The next rung after `now`, if any is left."""
    return next((rung for rung in LADDERS[DeadlineKind(kind)] if moment(rung, due_at) > now), None)


def is_warning(rung: Rung) -> bool:
    return rung.days < 0


def is_escalation(rung: Rung) -> bool:
    return rung.days > 0
