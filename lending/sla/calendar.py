"""Deadline arithmetic, without a database: `add` and `elapsed` over a calendar of rest days.

The day of the push is not counted; a deadline ends with its last day, kept as the exclusive instant, midnight in
Shanghai after that day (contract.md, Deadlines). Shanghai has had no daylight saving since 1991, so a day is 24 hours.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from accounts.clock import SHANGHAI, day_of

ONE_DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True)
class Day:
    """A day that a notice names: a rest day, or a make-up working day at a weekend."""

    is_workday: bool
    name: str = ""


@dataclass(frozen=True)
class Calendar:
    """`versions` holds the years whose notice is known; a day of any other year falls back to its weekday."""

    versions: Mapping[int, int] = field(default_factory=dict)
    days: Mapping[date, Day] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        named = self.days.get(day)
        return named.is_workday if named else day.weekday() < SATURDAY

    def name(self, day: date) -> str:
        named = self.days.get(day)
        return (named.name if named else "") or ("周末" if day.weekday() >= SATURDAY else "休息日")


@dataclass(frozen=True)
class Rule:
    """How long: `length` days or months; months are always calendar months."""

    length: int
    unit: str = "days"
    is_working_days: bool = False
    is_rolled_forward: bool = False


class Suspended(NamedTuple):
    """The days after `after`, up to and including `until`, do not count; the same day twice is no day at all."""

    after: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.after).days


@dataclass(frozen=True)
class Computed:
    """`last_on` is the last day that counts, `due_at` the instant after it. `rolled_from` is the day rolled away from.

    `excluded` are rest days passed over, `suspended` those left out for a suspension; no day is in both.
    `looked_at` are the years whose notice the answer depends on; the answer is provisional while one is unknown.
    """

    last_on: date
    due_at: datetime
    excluded: tuple[date, ...]
    rolled_from: date | None
    looked_at: tuple[int, ...]
    unknown_years: tuple[int, ...]
    suspended: tuple[Suspended, ...] = ()

    @property
    def is_provisional(self) -> bool:
        return bool(self.unknown_years)

    @property
    def suspended_days(self) -> int:
        return sum(one.days for one in self.suspended)


def end_of(day: date) -> datetime:
    """The exclusive end of a day: midnight in Shanghai after it."""
    return datetime.combine(day + ONE_DAY, time(), SHANGHAI)


def last_day(due_at: datetime) -> date:
    """The last day before an exclusive instant: 2026-12-06T00:00+08:00 → 2026-12-05."""
    return day_of(due_at - timedelta(microseconds=1))


def add(start: datetime, rule: Rule, calendar: Calendar, suspended: Sequence[Suspended] = ()) -> Computed:
    """When a clock started at `start` runs out. Raises OverflowError beyond the year 9999.

    A suspended day is not counted, whatever day it is. Nothing falls due inside a suspension: one that begins on the
    last day, when nothing is left to count, puts the end off to its own last day; a last day that is rolled forward
    goes past it. One that begins after the clock has run out does the same, since a clock is suspended only while it
    runs: a calendar corrected since must not take back what was granted.
    """
    first = day_of(start)
    left_out = _apart(suspended, first)
    looked: set[int] = set()
    if rule.is_working_days:
        last, excluded = _workdays_later(first, rule.length, calendar, left_out, looked)
    else:
        last = _months_later(first, rule.length) if rule.unit == "months" else first + ONE_DAY * rule.length
        last, excluded = _put_off(last, left_out), []
    landed = _roll(last, calendar, left_out, looked) if rule.is_rolled_forward else last
    for one in left_out:
        if landed < one.until:
            last = one.until
            landed = _roll(last, calendar, left_out, looked) if rule.is_rolled_forward else last
    return Computed(
        last_on=landed,
        due_at=end_of(landed),
        excluded=tuple(excluded),
        rolled_from=last if landed != last else None,
        looked_at=tuple(sorted(looked)),
        unknown_years=tuple(sorted(looked - calendar.versions.keys())),
        suspended=left_out,
    )


def elapsed(
    start: datetime, until: datetime, rule: Rule, calendar: Calendar, suspended: Sequence[Suspended] = ()
) -> int:
    """How many whole units of `rule` have passed from `start` to `until`; `elapsed(s, add(s, n).due_at) == n`.

    Rolling forward lengthens a deadline, not the units, so it plays no part here. Never negative.
    """
    first, last = day_of(start), last_day(until)
    if last <= first:
        return 0
    left_out = _apart(suspended, first)
    if rule.is_working_days:
        days = (first + ONE_DAY * n for n in range(1, (last - first).days + 1))
        return sum(calendar.is_workday(day) and not _is_in(day, left_out) for day in days)
    last -= ONE_DAY * sum((min(one.until, last) - one.after).days for one in left_out if one.after < last)
    if rule.unit == "days":
        return (last - first).days
    months = (last.year - first.year) * 12 + last.month - first.month
    return months if _months_later(first, months) <= last else months - 1


def with_rest_day(calendar: Calendar, day: date, name: str = "") -> Calendar:
    """The same calendar with one more rest day."""
    return replace(calendar, days={**calendar.days, day: Day(False, name)})


def _months_later(day: date, months: int) -> date:
    """Clamped: 31 January and a month is 28 or 29 February."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    if year > date.max.year:
        raise OverflowError("the year is beyond 9999")
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _apart(suspended: Sequence[Suspended], first: date) -> tuple[Suspended, ...]:
    """In order, without the days that another one has covered already or that lie before the clock."""
    left_out, covered = [], first
    for after, until in sorted(suspended):
        begin = max(after, covered)
        if until > begin:
            left_out.append(Suspended(begin, until))
            covered = until
    return tuple(left_out)


def _is_in(day: date, left_out: Sequence[Suspended]) -> bool:
    return any(one.after < day <= one.until for one in left_out)


def _put_off(last: date, left_out: Sequence[Suspended]) -> date:
    """By the length of each suspension that begins while there are days left to count."""
    for one in left_out:
        if one.after < last:
            last += ONE_DAY * one.days
    return last


def _workdays_later(
    first: date, count: int, calendar: Calendar, left_out: Sequence[Suspended], looked: set[int]
) -> tuple[date, list[date]]:
    """The `count`-th working day after `first`, and the rest days that were passed over on the way."""
    day, rest = first, []
    while count:
        day += ONE_DAY
        if _is_in(day, left_out):
            continue  # no notice can matter to it
        looked.add(day.year)
        if calendar.is_workday(day):
            count -= 1
        else:
            rest.append(day)
    return day, rest


def _roll(day: date, calendar: Calendar, left_out: Sequence[Suspended], looked: set[int]) -> date:
    """The day itself where it works, though a suspension may end on it; else the next that works and is counted."""
    looked.add(day.year)
    is_end = calendar.is_workday(day)
    while not is_end:
        day += ONE_DAY
        looked.add(day.year)
        is_end = calendar.is_workday(day) and not _is_in(day, left_out)
    return day
