"""假设测算: had the rule of the banks' decision been another one, who would have been late. Never writes.

A clock counts from the day of its push, whatever started or restarted it, and leaves out the days it was suspended; one
that would have run out already could not have been suspended any more. The last day is computed by `sla.calendar.add`,
once for each day on which anything was pushed and each set of suspensions, and joined to the clocks in SQL.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection

from lending.dashboard.behind import window
from lending.dashboard.clocks import ZONE
from lending.dashboard.facts import chosen, where
from lending.dashboard.period import midnight
from lending.dashboard.scope import Scope
from lending.models import Recommendation
from lending.sla import queries as sla
from lending.sla.calendar import Calendar, Computed, Rule, Suspended, add, day_of

ONE_DAY = timedelta(days=1)
SPANS = """spans AS (
  SELECT deadline_id, string_agg(from_on || '/' || until_on, ' ' ORDER BY from_on, until_on) AS said
  FROM lending_suspension WHERE state IN ('granted', 'ended') AND until_on > from_on GROUP BY deadline_id)"""
PUSHED_ON = f"(r.pushed_at AT TIME ZONE {ZONE})::date"
# `last_on` is a day and `due_at` a moment: both are over from the midnight after the last day on
CONDITIONS = {
    "counted": "true", "was_late": "was_late", "is_late": "is_late", "newly_late": "is_late AND NOT was_late",
    "no_longer_late": "was_late AND NOT is_late",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Recommendations whose clock was not cancelled; `was_…` by the rules that ruled, `is_…` by the one supposed.
    `…_due` are those that have an answer to the question "in time?": answered, or unanswered and late."""

    counted: int = 0
    was_late: int = 0
    is_late: int = 0
    newly_late: int = 0
    no_longer_late: int = 0
    was_due: int = 0
    is_due: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def was_on_time_pct(self) -> float | None:
        return round(100 * (self.was_due - self.was_late) / self.was_due, 1) if self.was_due else None

    @property
    def is_on_time_pct(self) -> float | None:
        return round(100 * (self.is_due - self.is_late) / self.is_due, 1) if self.is_due else None


@dataclass
class Supposed:
    """`by_pair` is keyed by the ids of (district, bank). `unknown_years` are those whose notice is missing."""

    total: Outcome = Outcome()
    by_district: dict[int, Outcome] = field(default_factory=lambda: defaultdict(Outcome))
    by_bank: dict[int, Outcome] = field(default_factory=lambda: defaultdict(Outcome))
    by_pair: dict[tuple[int, int], Outcome] = field(default_factory=dict)
    unknown_years: tuple[int, ...] = ()


def supposed(rule: Rule, scope: Scope, *, now: datetime) -> Supposed:
    """What became of everything pushed in the period, by `rule`; five statements, however many clocks."""
    values, unknown_years = _values(rule, scope, now)
    counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in CONDITIONS.values())
    sql = f"""
    WITH {SPANS}, {_judged(scope)}
    SELECT district_id, bank_id, {counted},
      count(*) FILTER (WHERE is_answered OR was_late), count(*) FILTER (WHERE is_answered OR is_late)
    FROM judged GROUP BY district_id, bank_id"""  # noqa: S608  constants
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    found = Supposed(by_pair={(district, bank): Outcome(*counts) for district, bank, *counts in rows},
                     unknown_years=unknown_years)  # fmt: skip
    for (district, bank), outcome in found.by_pair.items():
        found.total += outcome
        found.by_district[district] += outcome
        found.by_bank[bank] += outcome
    return found


def rows_of(
    what: str, rule: Rule, scope: Scope, *, now: datetime, page: int
) -> tuple[list[Recommendation], int]:
    """The recommendations that one number counts, first pushed first, and how many there are; six statements."""
    values, _unknown = _values(rule, scope, now)
    sql = f"""
    WITH {SPANS}, {_judged(scope)}
    SELECT id, count(*) OVER () FROM judged WHERE {CONDITIONS[what]} ORDER BY pushed_at, id
    LIMIT %(take)s OFFSET %(skip)s"""  # noqa: S608  constants
    with connection.cursor() as cursor:
        cursor.execute(sql, values | window(page))
        found = dict(cursor.fetchall())
    rows = Recommendation.objects.filter(pk__in=found).order_by("pushed_at", "pk")
    rows = rows.select_related("case__business", "case__district", "bank", "deadline")
    return list(rows), next(iter(found.values()), 0)


def last_day(pushed_on: date, rule: Rule, calendar: Calendar, spans: Iterable[Suspended]) -> Computed:
    """When it would have run out. A suspension granted after that could not have been."""
    start, kept = midnight(pushed_on), []
    for span in spans:
        if span.after > add(start, rule, calendar, kept).last_on:
            break
        kept.append(span)
    return add(start, rule, calendar, kept)


def _judged(scope: Scope) -> str:
    """`lasts` holds the last day of each day of push from `first` on; what was suspended has its own."""
    needs_firm = "JOIN lending_financingcase k ON k.id = r.case_id" if scope.list else ""
    return f"""judged AS (
    SELECT r.id, r.pushed_at, l.district_id, r.bank_id, t.stopped_at IS NOT NULL AS is_answered,
      coalesce(t.stopped_at, %(now)s) >= t.due_at AS was_late,
      (coalesce(t.stopped_at, %(now)s) AT TIME ZONE {ZONE})::date > CASE WHEN s.said IS NULL
        THEN (%(lasts)s::date[])[{PUSHED_ON} - %(first)s::date + 1]
        ELSE (%(suspended)s::jsonb ->> ({PUSHED_ON} || ' ' || s.said))::date END AS is_late
    FROM lending_recommendation r JOIN lending_recommendationlist l ON l.id = r.list_id
    JOIN lending_deadline t ON t.id = r.deadline_id AND t.kind = 'bank_decision' {needs_firm}
    LEFT JOIN spans s ON s.deadline_id = t.id
    WHERE t.state <> 'cancelled' AND r.pushed_at >= %(from)s AND r.pushed_at < %(to)s
      AND {where(scope, "l", "r", "k")})"""  # noqa: S608  constants


def _values(rule: Rule, scope: Scope, now: datetime) -> tuple[dict[str, object], tuple[int, ...]]:
    """The parameters, the last day of every push and set of suspensions among them, and the years without a notice."""
    days, keys = _days(scope, now), _keys()
    calendar = sla.calendar(min([*days, *(day for day, _said in keys)], default=day_of(now)))
    plain = [last_day(day, rule, calendar, ()) for day in days]
    suspended = [last_day(day, rule, calendar, _read(said)) for day, said in keys]
    values = chosen(scope) | {
        "now": now, "from": scope.period.starts_at, "to": scope.period.ends_at,
        "first": days[0] if days else day_of(now), "lasts": [one.last_on for one in plain],
        "suspended": json.dumps({
            f"{day} {said}": str(one.last_on) for (day, said), one in zip(keys, suspended, strict=True)
        }),
    }  # fmt: skip
    return values, tuple(sorted({year for one in plain + suspended for year in one.unknown_years}))


def _days(scope: Scope, now: datetime) -> list[date]:
    """Every day of the period on which something may have been pushed: nothing is before its list is issued."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(issued_at) FROM lending_recommendationlist")
        (first_at,) = cursor.fetchone()
    first = max(day_of(first_at or now), scope.period.first or date.min)
    until = min(day_of(now), scope.period.last or date.max)
    return [first + ONE_DAY * n for n in range((until - first).days + 1)]


def _keys() -> list[tuple[date, str]]:
    """Every day of push and set of suspensions that there is."""
    sql = f"""WITH {SPANS} SELECT DISTINCT {PUSHED_ON}, s.said FROM spans s
      JOIN lending_recommendation r ON r.deadline_id = s.deadline_id"""  # noqa: S608  constants
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _read(said: str) -> list[Suspended]:
    spans = (span.split("/") for span in said.split())
    return [Suspended(date.fromisoformat(after), date.fromisoformat(until)) for after, until in spans]
