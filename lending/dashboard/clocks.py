"""The banks' clocks: what is open, late and due, and how much was decided in time. Never writes.

Overdue and on time are judged by the moments themselves, not by what the sweep has marked so far. `due_at` is
exclusive: a clock that ends at midnight belongs to the day before.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from lending.dashboard.period import midnight
from lending.dashboard.scope import Scope
from lending.sla.calendar import SHANGHAI, day_of
from lending.sla.chips import DUE_SOON_DAYS

DAYS_AHEAD = 15

CLOCKS = """
FROM lending_recommendation r
JOIN lending_deadline t ON t.id = r.deadline_id
JOIN lending_recommendationlist l ON l.id = r.list_id
JOIN lending_financingcase k ON k.id = r.case_id
"""
KEYS = {"": "NULL::bigint", "district": "l.district_id", "bank": "r.bank_id"}
OPEN = "t.stopped_at IS NULL"
OVERDUE = f"{OPEN} AND t.due_at <= %(now)s"
DUE_SOON = f"{OPEN} AND t.due_at > %(now)s AND t.due_at <= %(soon)s"
# what fell due in the period and has an answer to the question "in time?": decided, or still open and late already
SETTLED = (
    "t.due_at > %(from)s AND t.due_at <= %(to)s AND t.state <> 'cancelled' "
    "AND (t.stopped_at IS NOT NULL OR t.due_at <= %(now)s)"
)
ON_TIME = f"{SETTLED} AND t.stopped_at < t.due_at"
DECIDED = "t.stopped_at >= %(from)s AND t.stopped_at < %(to)s AND t.state <> 'cancelled'"
CONDITIONS = {
    "open": OPEN, "overdue": OVERDUE, "due_soon": DUE_SOON, "due": SETTLED, "on_time": ON_TIME,
    "confirming": f"{OPEN} AND r.state = 'confirming'",
    "late": f"{SETTLED} AND (t.stopped_at IS NULL OR t.stopped_at >= t.due_at)",
}  # fmt: skip


@dataclass(frozen=True)
class Clocks:
    """Recommendations with banks, not firms. `median_days` is gross: from the push, pauses included."""

    open: int = 0
    due_soon: int = 0
    overdue: int = 0
    due: int = 0
    on_time: int = 0
    median_days: float | None = None

    @property
    def late(self) -> int:
        return self.due - self.on_time

    @property
    def on_time_pct(self) -> float | None:
        """按时率: decided within due ÷ due in the period; None where nothing was due."""
        return round(100 * self.on_time / self.due, 1) if self.due else None


def moments(scope: Scope, now: datetime) -> dict[str, object]:
    soon = midnight(day_of(now) + timedelta(days=DUE_SOON_DAYS + 1))
    return {"now": now, "from": scope.period.starts_at, "to": scope.period.ends_at, "soon": soon}


def narrowing(scope: Scope) -> tuple[str, dict[str, object]]:
    wanted = {
        "district": "l.district_id = %(district)s",
        "bank": "r.bank_id = %(bank)s",
        "list": "EXISTS (SELECT FROM visits_listmembership m "
        "WHERE m.business_id = k.business_id AND m.list_id = %(list)s)",
    }
    chosen = {name: getattr(scope, name) for name in wanted if getattr(scope, name) is not None}
    where = " AND ".join(["true", *(wanted[name] for name in chosen)])
    return where, {name: row.pk for name, row in chosen.items()}


def clocks_by(what: str, scope: Scope, *, now: datetime) -> dict[int | None, Clocks]:
    """By "district" or "bank", keyed by the id of the organisation, and under None over all of them; one statement."""
    where, values = narrowing(scope)
    key = KEYS[what]
    sql = f"""
    SELECT {key}, count(*) FILTER (WHERE {OPEN}), count(*) FILTER (WHERE {DUE_SOON}),
      count(*) FILTER (WHERE {OVERDUE}), count(*) FILTER (WHERE {SETTLED}), count(*) FILTER (WHERE {ON_TIME}),
      percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.stopped_at - r.pushed_at) / 86400.0)
        FILTER (WHERE {DECIDED})
    {CLOCKS} WHERE {where} GROUP BY GROUPING SETS ((), ({key}))"""  # noqa: S608  constants; values are parameters
    with connection.cursor() as cursor:
        cursor.execute(sql, moments(scope, now) | values)
        rows = cursor.fetchall()
    found = defaultdict(Clocks)
    for key_id, *counts, median in rows:
        found[key_id] = Clocks(*counts, median_days=round(float(median), 1) if median is not None else None)
    return found


def due_by_day(scope: Scope, *, now: datetime) -> tuple[int, dict[date, int]]:
    """How many are overdue now, and how many fall due on each of the next 15 days, today first; one statement."""
    where, values = narrowing(scope)
    today = day_of(now)
    values |= {"now": now, "until": midnight(today + timedelta(days=DAYS_AHEAD)), "zone": str(SHANGHAI)}
    sql = f"""
    SELECT CASE WHEN t.due_at > %(now)s THEN ((t.due_at - interval '1 microsecond') AT TIME ZONE %(zone)s)::date END,
      count(*) {CLOCKS} WHERE {OPEN} AND t.due_at <= %(until)s AND {where} GROUP BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        counted = dict(cursor.fetchall())
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    return counted.get(None, 0), {day: counted.get(day, 0) for day in days}
