"""The ladder: when which letter goes to whom. One table per kind of clock; a policy may bring its own. No ORM.

Times are whole days from `due_at`, which is the midnight after the last day. So −1 is the beginning of the last day
(the chip says 今天到期), −6 the moment the chip turns to 剩 5 天, and +1 the moment a clock has been late for one whole day.
The weekly letter comes `days` after the last other one, and again and again until the clock stops.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby, takewhile
from typing import NamedTuple

from lending.sla.kinds import Audience, DeadlineKind, Step

ABOVE = {
    Audience.OFFICER: Audience.PANEL,
    Audience.REVIEWERS: Audience.COORDINATORS,
    Audience.COORDINATORS: Audience.PANEL,
    Audience.PANEL: Audience.CITY,
}
WARNINGS = frozenset({Step.DUE_SOON, Step.DUE_IN_TWO, Step.LAST_DAY})
ESCALATIONS = frozenset({Step.ESCALATED_BANK, Step.ESCALATED_DISTRICT, Step.ESCALATED_CITY})
REMINDERS = WARNINGS | {Step.ASSIGNED, Step.NAG}  # stale once a later rung is reached
PLACES = {  # where a policy's own steps may stand, first and last, in days: what a step says must be true there
    Step.ASSIGNED: (0, 0),
    Step.DUE_SOON: (-366, -1),
    Step.DUE_IN_TWO: (-3, -3),
    Step.LAST_DAY: (-1, -1),
    Step.OVERDUE: (0, 0),
    Step.ESCALATED_BANK: (1, 366),
    Step.ESCALATED_DISTRICT: (1, 366),
    Step.ESCALATED_CITY: (1, 366),
    Step.NAG: (1, 366),
}
TRY_AGAIN = timedelta(hours=1)  # a rung that nobody can be told of, or a row that cannot be computed
AT_ONCE = datetime.min.replace(tzinfo=UTC)


class Rung(NamedTuple):
    step: Step
    days: int
    to: tuple[Audience, ...]
    round: int = 0  # of the weekly letter, the how manieth


class Climb(NamedTuple):
    """What one look comes to: letters owed now, how far up that is, and when to look again (None at the top)."""

    owed: tuple[Rung, ...]
    steps_done: int
    next_look_at: datetime | None


class Ladder(NamedTuple):
    """`rungs` in the order of their moments; `nag` is repeated every `nag.days` after the last of them."""

    rungs: tuple[Rung, ...]
    nag: Rung | None = None

    @property
    def assigned(self) -> Rung | None:
        return self.rungs[0] if self.rungs[0].step == Step.ASSIGNED else None

    def rung(self, place: int) -> Rung | None:
        """The one that is next when `steps_done` is `place`; None above the top."""
        if place < len(self.rungs):
            return self.rungs[place]
        if self.nag is None:
            return None
        nth = place - len(self.rungs) + 1
        return self.nag._replace(days=self.rungs[-1].days + nth * self.nag.days, round=nth)

    def place_of(self, rung: Rung) -> int:
        """What `steps_done` is while this rung is the next one."""
        return len(self.rungs) + rung.round - 1 if rung.round else self.rungs.index(rung)

    def begin(self, due_at: datetime, now: datetime) -> tuple[int, datetime]:
        """Where a clock that starts at `now` enters: steps that lie behind already are not owed, and the letter about
        the assignment is written with the push."""
        behind = takewhile(lambda one: one.step in REMINDERS and moment(one, due_at) <= now, self.rungs)
        done = len(list(behind))
        return done, moment(self.rungs[done], due_at)

    def climb(self, due_at: datetime, steps_done: int, now: datetime) -> Climb:
        """Every rung reached by `now`, in order. A reminder overtaken by a later rung is stale and owed no more."""
        reached, done = [], steps_done
        while (rung := self.rung(done)) and moment(rung, due_at) <= now:
            reached.append(rung)
            done += 1
        last = len(reached) - 1
        owed = tuple(one for i, one in enumerate(reached) if i == last or one.step not in REMINDERS)
        return Climb(owed, done, rung and moment(rung, due_at))

    def following(self, due_at: datetime, now: datetime) -> Rung | None:
        """The next rung after `now`, if any is left."""
        place = 0
        while (rung := self.rung(place)) and moment(rung, due_at) <= now:
            place += 1
        return rung


BANK = (Audience.REVIEWERS, Audience.COORDINATORS)
OFFICER, REVIEWERS, COORDINATORS = (Audience.OFFICER,), (Audience.REVIEWERS,), (Audience.COORDINATORS,)
PANEL, CITY = (Audience.PANEL,), (Audience.CITY,)
ASSIGNED = Rung(Step.ASSIGNED, 0, REVIEWERS)
LADDERS: dict[DeadlineKind, Ladder] = {
    DeadlineKind.BANK_DECISION: Ladder(
        (
            ASSIGNED,
            Rung(Step.DUE_SOON, -6, REVIEWERS),
            Rung(Step.DUE_IN_TWO, -3, REVIEWERS),
            Rung(Step.LAST_DAY, -1, REVIEWERS),
            Rung(Step.OVERDUE, 0, BANK),
            Rung(Step.ESCALATED_BANK, 1, COORDINATORS),
            Rung(Step.ESCALATED_DISTRICT, 3, PANEL),
            Rung(Step.ESCALATED_CITY, 5, CITY),
        ),
        Rung(Step.NAG, 7, (*BANK, *PANEL)),
    ),
    DeadlineKind.PANEL_REVIEW: Ladder(
        (
            Rung(Step.LAST_DAY, -1, PANEL),
            Rung(Step.OVERDUE, 0, PANEL),
            Rung(Step.ESCALATED_DISTRICT, 3, PANEL),
            Rung(Step.ESCALATED_CITY, 5, CITY),
        ),
        Rung(Step.NAG, 7, PANEL),
    ),
    DeadlineKind.SUPPLEMENT: Ladder(
        (
            Rung(Step.DUE_SOON, -4, OFFICER),
            Rung(Step.OVERDUE, 0, (*OFFICER, *PANEL)),
            Rung(Step.ESCALATED_DISTRICT, 3, PANEL),
        ),
        Rung(Step.NAG, 7, (*OFFICER, *PANEL)),
    ),
    # the steps of a bank on its way: told inside the bank, and to the district only where money does not follow
    DeadlineKind.RECEIPT: Ladder(
        (Rung(Step.OVERDUE, 0, REVIEWERS), Rung(Step.ESCALATED_BANK, 1, COORDINATORS))
    ),
    DeadlineKind.CONTACT: Ladder(
        (
            Rung(Step.LAST_DAY, -1, REVIEWERS),
            Rung(Step.OVERDUE, 0, REVIEWERS),
            Rung(Step.ESCALATED_BANK, 1, COORDINATORS),
        )
    ),
    DeadlineKind.DISBURSEMENT: Ladder(
        (
            Rung(Step.DUE_SOON, -6, REVIEWERS),
            Rung(Step.OVERDUE, 0, BANK),
            Rung(Step.ESCALATED_DISTRICT, 3, PANEL),
        )
    ),
}


def ladder_of(kind: str, rows: Iterable[tuple[str, int, str]] = ()) -> Ladder:
    """The ladder of a policy: `rows` are its own steps, (step, days, audience), or none for the one of its kind.

    What is told to several at the same moment is one rung. The due time is a rung of every ladder, told or not:
    there the clock turns late.
    """
    rows = [(Step(step), days, Audience(to)) for step, days, to in rows]
    if not rows:
        return LADDERS[DeadlineKind(kind)]
    in_order = sorted(rows, key=lambda row: (row[0] != Step.ASSIGNED, row[1], list(Step).index(row[0])))
    rungs = [
        Rung(step, days, tuple(to for _step, _days, to in together))
        for (step, days), together in groupby(in_order, key=lambda row: row[:2])
    ]
    nags = [row for row in rows if row[0] == Step.NAG]
    rungs = [rung for rung in rungs if rung.step != Step.NAG]
    if not any(rung.days == 0 and rung.step == Step.OVERDUE for rung in rungs):
        rungs.append(Rung(Step.OVERDUE, 0, ()))
        rungs.sort(key=lambda rung: (rung.step != Step.ASSIGNED, rung.days, list(Step).index(rung.step)))
    if not nags:
        return Ladder(tuple(rungs))
    to = tuple(dict.fromkeys(row[2] for row in nags))
    return Ladder(tuple(rungs), Rung(Step.NAG, min(row[1] for row in nags), to))


class Ladders:
    """Ladders by policy: `own` are the rows of those that bring their own."""

    def __init__(self, own: Mapping[int, list]) -> None:
        self._own, self._made = own, {}

    def of(self, policy: int, kind: str) -> Ladder:
        if (policy, kind) not in self._made:
            self._made[policy, kind] = ladder_of(kind, self._own.get(policy, ()))
        return self._made[policy, kind]


def moment(rung: Rung, due_at: datetime) -> datetime:
    return AT_ONCE if rung.step == Step.ASSIGNED else due_at + timedelta(days=rung.days)


def is_warning(rung: Rung) -> bool:
    return rung.step in WARNINGS


def is_escalation(rung: Rung) -> bool:
    return rung.step in ESCALATIONS
