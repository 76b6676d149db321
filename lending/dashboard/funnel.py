"""How many firms came how far: the six steps, in total or by district or bank. Never writes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from lending.dashboard.facts import STEPS, Step, narrowed
from lending.dashboard.period import Weeks
from lending.dashboard.scope import Scope

TICK = timedelta(microseconds=1)  # what happened this very moment counts
KEYS = {"": "NULL::bigint", "district": "district_id", "bank": "bank_id"}


@dataclass(frozen=True)
class Tally:
    """Firms (each counted once), facts (户次) and yuan of one step; `week` and `last_week` up to the same hour."""

    firms: int = 0
    times: int = 0
    amount_yuan: Decimal = Decimal(0)
    week: int = 0
    last_week: int = 0
    week_yuan: Decimal = Decimal(0)
    last_week_yuan: Decimal = Decimal(0)


Steps = dict[str, Tally]  # by the code of the step


def funnel(scope: Scope, *, now: datetime) -> Steps:
    """The six steps in `scope`; one statement."""
    return _count(scope, "", now).get(None) or {step.code: Tally() for step in STEPS}


def funnel_by(what: str, scope: Scope, *, now: datetime) -> dict[int, Steps]:
    """The same by "district" or "bank", keyed by the id of the organisation; one statement. A firm counts once in each
    row, so the rows may add up to more than the funnel; what has no district or bank is in no row."""
    counted = _count(scope, what, now)
    counted.pop(None, None)
    return counted


def _count(scope: Scope, by: str, now: datetime) -> dict[int | None, Steps]:
    weeks = Weeks(now)
    moments = {
        "from": scope.period.starts_at, "to": scope.period.ends_at, "week": weeks.this_from,
        "last_week": weeks.last_from, "last_week_to": weeks.last_to + TICK, "now": now + TICK,
        "since": min(scope.period.starts_at, weeks.last_from), "until": max(scope.period.ends_at, now + TICK),
    }  # fmt: skip
    parts, values = [], moments
    for step in STEPS:
        sql, narrowing = narrowed(step, scope)
        parts.append(_per_key(step, sql, KEYS[by]))
        values = values | narrowing
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        rows = cursor.fetchall()
    counted: dict[int | None, Steps] = defaultdict(lambda: {step.code: Tally() for step in STEPS})
    for code, key, *numbers in rows:
        counted[key][code] = Tally(*numbers)
    return counted


def _per_key(step: Step, facts: str, key: str) -> str:
    """Firms first, then how many: two plain hash aggregates are far cheaper than one sorted count(DISTINCT)."""

    def within(start: str, end: str) -> str:
        return f"at >= %({start})s AND at < %({end})s"

    def is_hit(start: str, end: str) -> str:
        if step.first_only:
            return f"min(at) >= %({start})s AND min(at) < %({end})s"
        return f"bool_or({within(start, end)})"

    # a firm's first fact is only known from all of them; the others need not be read from before the period
    bounds = "" if step.first_only else f" AND {within('since', 'until')}"
    return f"""(SELECT '{step.code}', key, count(*) FILTER (WHERE hit), coalesce(sum(times) FILTER (WHERE hit), 0)::bigint,
       coalesce(sum(yuan), 0), count(*) FILTER (WHERE hit_week), count(*) FILTER (WHERE hit_last),
       coalesce(sum(yuan_week), 0), coalesce(sum(yuan_last), 0)
    FROM (SELECT {key} AS key, business_id, {is_hit("from", "to")} AS hit,
        count(*) FILTER (WHERE {within("from", "to")}) AS times,
        sum(amount_yuan) FILTER (WHERE {within("from", "to")}) AS yuan,
        {is_hit("week", "now")} AS hit_week, {is_hit("last_week", "last_week_to")} AS hit_last,
        sum(amount_yuan) FILTER (WHERE {within("week", "now")}) AS yuan_week,
        sum(amount_yuan) FILTER (WHERE {within("last_week", "last_week_to")}) AS yuan_last
      FROM ({facts}{bounds}) f GROUP BY 1, 2) firms
    GROUP BY key)"""  # noqa: S608  constants; values are parameters
