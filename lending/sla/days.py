"""The days of a clock one by one, so that anybody can count them again with a finger. No ORM."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

ONE_DAY = timedelta(days=1)
MOST_DAYS = 100  # a longer one is not counted with a finger; its steps say the same


@dataclass(frozen=True)
class Counted:
    """One day: `what` is start, counted, rest, suspended or rolled; `number` the how manieth that counts.

    `name` says why a day does not count, as the calendar calls it; `is_last` marks the day that is due.
    """

    day: date
    what: str
    number: int | None = None
    name: str = ""
    is_last: bool = False


def days_of(receipt: dict, suspended: Iterable[tuple[date, date]] = ()) -> list[Counted]:
    """From the day that starts the clock, which does not count, to the last one. `suspended` are (after, until)."""
    first, last = date.fromisoformat(receipt["not_counted"]), date.fromisoformat(receipt["due_on"])
    if (last - first).days > MOST_DAYS:
        return []
    rest = {date.fromisoformat(row["day"]): row["name"] for row in receipt["excluded"]}
    paused = [(after, until) for after, until in suspended if until > after]
    rolled = date.fromisoformat(receipt["rolled_from"]) if receipt.get("rolled_from") else last
    whole = (
        receipt["rule"]["length"] if receipt["rule"]["unit"] == "days" else None
    )  # months are not counted in days
    found, number = [Counted(first, "start")], 0
    for day in (first + ONE_DAY * n for n in range(1, (last - first).days + 1)):
        what, name, place = "counted", "", None
        if any(after < day <= until for after, until in paused):
            what = "suspended"
        elif day > rolled or number == whole:  # moved on, though nothing is left to count
            what = "rolled"
        elif day in rest:
            what, name = "rest", rest[day]
        else:
            number += 1
            place = number if whole else None
        found.append(Counted(day, what, place, name, day == last))
    return found


def weeks_of(days: list[Counted]) -> list[list[Counted | None]]:
    """Rows of seven from Monday on; None before the first day and after the last."""
    if not days:
        return []
    cells = [None] * days[0].day.weekday() + list(days)
    cells += [None] * (-len(cells) % 7)
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


@dataclass(frozen=True)
class Span:
    """Days in a row that are left out for the same reason."""

    since: date
    until: date
    name: str

    @property
    def length(self) -> int:
        return (self.until - self.since).days + 1


def spans_of(excluded: list[dict]) -> list[Span]:
    """The excluded days of a receipt, each of them, told in as few words as they allow."""
    days = [(date.fromisoformat(row["day"]), row["name"]) for row in excluded]
    # in a row: the day minus its place is the same for neighbours
    keyed = [(day - ONE_DAY * n, name, day) for n, (day, name) in enumerate(days)]
    spans = []
    for (_start, name), same in groupby(keyed, key=lambda row: row[:2]):
        rows = [day for _s, _n, day in same]
        spans.append(Span(rows[0], rows[-1], name))
    return spans
