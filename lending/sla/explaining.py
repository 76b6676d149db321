"""Why a clock is due when it is: policy, start, every day left out, every change, every letter. Reads only.

Built from the receipt and not computed anew, so that it says how the due time came about and not how it would today.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.access import get_visible, visible_to
from accounts.clock import day_of
from accounts.errors import NotAllowed
from accounts.models import User
from accounts.roles import BANK_ROLES, Role
from lending.sla import wording
from lending.sla.days import Counted, days_of
from lending.sla.models import Alert, CalendarYear, Deadline, Suspension
from lending.sla.receipts import words_of

MAY_READ = (*BANK_ROLES, Role.PANEL, Role.CITY)  # the auditor reads who did what, not what was decided by it
SHOWN = ("case__business", "case__district", "bound", "policy__district")


@dataclass(frozen=True)
class Year:
    """A year of the calendar that the due time depends on; `version` 0: nobody has announced it yet."""

    year: int
    version: int
    source: str
    is_newer_known: bool


@dataclass(frozen=True)
class Change:
    at: datetime
    reason: str
    old_due_at: datetime
    new_due_at: datetime


@dataclass(frozen=True)
class Explanation:
    """`gross_days` are calendar days in Shanghai from the start to the stop, or to now; `net_days` without those of
    suspensions that have passed by then."""

    clock: Deadline
    words: str
    steps: list[wording.Step]
    days: list[Counted]
    years: list[Year]
    suspensions: list[Suspension]
    changes: list[Change]
    letters: list[Alert]
    gross_days: int
    net_days: int


def clock_for(user: User, pk: int) -> Deadline:
    """One that this person may know of, with what an explanation needs; `NotAllowed`, `NotFound`."""
    if user.role not in MAY_READ:
        raise NotAllowed()
    return get_visible(user, Deadline.objects.select_related(*SHOWN), pk=pk)


def explain(clock: Deadline, user: User, now: datetime) -> Explanation:
    """`clock` must be one that `user` may see; letters are those that `user` may see of it."""
    receipt = clock.receipt
    suspensions = list(
        clock.suspensions.select_related("asked_by__organisation", "decided_by__organisation").order_by(
            "asked_at", "pk"
        )
    )
    years, changes = _years(receipt), _changes(receipt)
    gross, net = spent(clock, suspensions, now)
    letters = visible_to(user, Alert).filter(deadline=clock).order_by("created_at", "pk")
    told = wording.Told(clock, years, suspensions, gross, net)
    return Explanation(
        clock=clock, words=words_of(receipt), steps=wording.steps(told), days=days_of(receipt, ranges(suspensions)),
        years=years, suspensions=suspensions, changes=changes,
        letters=list(letters.select_related("organisation", "recipient_user", "instead_of")),
        gross_days=gross, net_days=net,
    )  # fmt: skip


def ranges(suspensions: list[Suspension]) -> list[tuple[date, date]]:
    """(after, until) of those that were granted: planned while one runs, actual afterwards."""
    return [(one.from_on, one.until_on) for one in suspensions if one.from_on is not None]


def spent(clock: Deadline, suspensions: list[Suspension], now: datetime) -> tuple[int, int]:
    """Calendar days in Shanghai since the start: all of them, and without the suspended ones."""
    first, last = day_of(clock.started_at), day_of(clock.stopped_at or now)
    paused = {
        after + timedelta(days=n)
        for after, until in ranges(suspensions)
        for n in range(1, (min(until, last) - after).days + 1)
    }
    gross = (last - first).days
    return gross, gross - len({day for day in paused if first < day <= last})


def _years(receipt: dict) -> list[Year]:
    used = {int(year): version for year, version in receipt.get("calendar", {}).items()}
    rows = {row.year: row for row in CalendarYear.objects.filter(year__in=[*used, *receipt["unknown_years"]])}
    known = [
        Year(
            year,
            version,
            rows[year].source if year in rows else "",
            year in rows and rows[year].version > version,
        )
        for year, version in sorted(used.items())
    ]
    return known + [Year(year, 0, "", year in rows) for year in receipt["unknown_years"]]


def _changes(receipt: dict) -> list[Change]:
    return [
        Change(
            datetime.fromisoformat(row["at"]), row["reason"], datetime.fromisoformat(row["old_due_at"]),
            datetime.fromisoformat(row["new_due_at"]),
        )
        for row in receipt.get("changes", [])
    ]  # fmt: skip
