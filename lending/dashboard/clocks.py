"""The banks' clocks: what is open, late and due, how much was decided in time, and how long it took. Never writes.

Overdue and on time are judged by the moments themselves, not by what the sweep has marked so far. `due_at` is
exclusive: a clock that ends at midnight belongs to the day before. Every figure is put in words in docs/figures.md.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection

from lending.dashboard.facts import chosen, pushed
from lending.dashboard.period import midnight
from lending.dashboard.scope import Scope
from lending.sla.calendar import SHANGHAI, day_of
from lending.sla.chips import DUE_SOON_DAYS

DAYS_AHEAD = 15

CLOCKS = "FROM pushed p JOIN lending_deadline t ON t.id = p.deadline_id AND t.kind = 'bank_decision'"
OPEN = "t.stopped_at IS NULL"
OVERDUE = f"{OPEN} AND t.due_at <= %(now)s"
DUE_SOON = f"{OPEN} AND t.due_at > %(now)s AND t.due_at <= %(soon)s"
# what fell due in the period and has an answer to the question "in time?": decided, or still open and late already
SETTLED = (
    "t.due_at > %(from)s AND t.due_at <= %(to)s AND t.state <> 'cancelled' "
    "AND (t.stopped_at IS NOT NULL OR t.due_at <= %(now)s)"
)
ON_TIME = f"{SETTLED} AND t.stopped_at < t.due_at"
LAST_DAY = f"{ON_TIME} AND t.stopped_at >= t.due_at - interval '24 hours'"
PAUSED = f"{OPEN} AND t.suspended_until > %(now)s"
DECIDED = "t.stopped_at >= %(from)s AND t.stopped_at < %(to)s AND t.state <> 'cancelled'"
CONDITIONS = {
    "open": OPEN, "overdue": OVERDUE, "due_soon": DUE_SOON, "due": SETTLED, "on_time": ON_TIME,
    "confirming": f"{OPEN} AND p.state = 'confirming'",
    "last_day": LAST_DAY, "paused": PAUSED, "provisional": f"{OPEN} AND t.is_provisional",
    "late": f"{SETTLED} AND (t.stopped_at IS NULL OR t.stopped_at >= t.due_at)",
}  # fmt: skip
# The days that the district let the bank stop its clock for; from the facts, because a clock that was started anew (at
# the receipt, or when papers were complete) knows only the suspensions since.
SUSPENDED = """suspended AS (
  SELECT deadline_id, sum(until_on - from_on)::int AS days FROM lending_suspension
  WHERE state IN ('granted', 'ended') GROUP BY deadline_id)"""
COUNTED = ("open", "due_soon", "overdue", "due", "on_time", "last_day", "paused", "provisional")
# by its offset, which a million rows feel; Shanghai has had no other since 1991
ZONE = "INTERVAL '08:00'"
GROSS = f"(t.stopped_at AT TIME ZONE {ZONE})::date - (p.pushed_at AT TIME ZONE {ZONE})::date"


@dataclass(frozen=True)
class Clocks:
    """Recommendations with banks, not firms. Days are whole days of Shanghai from the push to the answer: gross with
    suspensions, net without; P90 is the number of days within which nine of ten were answered."""

    open: int = 0
    due_soon: int = 0
    overdue: int = 0
    due: int = 0
    on_time: int = 0
    last_day: int = 0
    paused: int = 0
    provisional: int = 0
    gross_p50_days: int | None = None
    gross_p90_days: int | None = None
    net_p50_days: int | None = None
    net_p90_days: int | None = None

    @property
    def late(self) -> int:
        return self.due - self.on_time

    @property
    def median_days(self) -> int | None:
        return self.gross_p50_days

    @property
    def on_time_pct(self) -> float | None:
        """按时率: decided within due ÷ due in the period; None where nothing was due."""
        return round(100 * self.on_time / self.due, 1) if self.due else None


@dataclass(frozen=True)
class AllClocks:
    """Over all of the scope, and by the id of the district and of the bank."""

    total: Clocks = Clocks()
    by_district: dict[int, Clocks] = field(default_factory=lambda: defaultdict(Clocks))
    by_bank: dict[int, Clocks] = field(default_factory=lambda: defaultdict(Clocks))


def values(scope: Scope, now: datetime) -> dict[str, object]:
    soon = midnight(day_of(now) + timedelta(days=DUE_SOON_DAYS + 1))
    period = {"from": scope.period.starts_at, "to": scope.period.ends_at}
    return chosen(scope) | period | {"now": now, "soon": soon}


def clocks(scope: Scope, *, now: datetime) -> AllClocks:
    """One statement. What can be told apart is counted first (`cells`), so that nothing large is ever sorted."""
    counted = ", ".join(f"count(*) FILTER (WHERE {CONDITIONS[name]}) AS {name}" for name in COUNTED)
    sums = ", ".join(f"coalesce(sum(c.{name}), 0)" for name in COUNTED)
    sql = f"""
    WITH {pushed(scope, is_read_once=True)}, {SUSPENDED},
    cells AS MATERIALIZED (
      SELECT p.district_id, p.bank_id, CASE WHEN {DECIDED} THEN {GROSS} END AS gross, coalesce(s.days, 0) AS suspended,
        count(*) AS clocks, {counted}
      {CLOCKS} LEFT JOIN suspended s ON s.deadline_id = t.id GROUP BY 1, 2, 3, 4)
    SELECT 'counts', district_id, bank_id, NULL::int, ARRAY[{sums}]::bigint[]
    FROM cells c GROUP BY GROUPING SETS ((), (district_id), (bank_id))
    UNION ALL {_histogram("gross", "gross")} UNION ALL {_histogram("net", "gross - suspended")}
    ORDER BY 4"""  # noqa: S608  constants
    with connection.cursor() as cursor:
        cursor.execute(sql, values(scope, now))
        rows = cursor.fetchall()
    counts, took = {}, defaultdict(lambda: {"gross": [], "net": []})
    for what, district, bank, days, numbers in rows:
        if what == "counts":
            counts[district, bank] = numbers
        else:
            took[district, bank][what].append((days, numbers[0]))
    made = {key: _clocks(numbers or [0] * len(COUNTED), **took[key]) for key, numbers in counts.items()}
    found = AllClocks(total=made.pop((None, None)))
    for (district, bank), one in made.items():
        (found.by_bank if district is None else found.by_district)[bank if district is None else district] = (
            one
        )
    return found


def _histogram(name: str, days: str) -> str:
    """How many were answered in how many days: in all, by district and by bank."""
    return f"""SELECT '{name}', district_id, bank_id, days, ARRAY[sum(clocks)]::bigint[]
    FROM (SELECT *, {days} AS days FROM cells WHERE gross IS NOT NULL) c
    GROUP BY GROUPING SETS ((days), (days, district_id), (days, bank_id))"""  # noqa: S608  constants


def _clocks(numbers: list[int], *, gross: list[tuple[int, int]], net: list[tuple[int, int]]) -> Clocks:
    """`gross` and `net` are (days, how many), fewest days first."""
    shares = (_within(took, tenths) for took in (gross, net) for tenths in (5, 9))
    return Clocks(*numbers, *shares)


def _within(took: list[tuple[int, int]], tenths: int) -> int | None:
    """The days within which `tenths` of ten were answered: the fewest that as many did not exceed."""
    total, so_far = sum(count for _days, count in took), 0
    for days, count in took:
        so_far += count
        if 10 * so_far >= tenths * total:
            return days
    return None


def due_by_day(scope: Scope, *, now: datetime) -> tuple[int, dict[date, int]]:
    """How many are overdue now, and how many fall due on each of the next 15 days, today first; one statement."""
    today = day_of(now)
    until = midnight(today + timedelta(days=DAYS_AHEAD))
    sql = f"""
    WITH {pushed(scope)}
    SELECT CASE WHEN t.due_at > %(now)s THEN ((t.due_at - interval '1 microsecond') AT TIME ZONE %(zone)s)::date END,
      count(*) {CLOCKS} WHERE {OPEN} AND t.due_at <= %(until)s GROUP BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, values(scope, now) | {"until": until, "zone": str(SHANGHAI)})
        counted = dict(cursor.fetchall())
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    return counted.get(None, 0), {day: counted.get(day, 0) for day in days}
