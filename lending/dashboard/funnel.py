"""How many firms came how far: the six steps, in total or by district or bank. Never writes."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from lending.dashboard.facts import BY_CODE, STEPS, Step, narrowed
from lending.dashboard.period import Weeks
from lending.dashboard.scope import Scope

KEYS = {"": "NULL::bigint", "district": "district_id", "bank": "bank_id"}
# the columns of the tables; a step that no table shows is not counted for each row of it
SHOWN_BY = {
    "district": ("visited", "need", "recommended", "granted", "disbursed"),
    "bank": ("recommended", "granted", "disbursed"),
}
TICK = timedelta(microseconds=1)  # what happened this very moment counts


@dataclass(frozen=True)
class Tally:
    """Firms (each counted once), facts (户次) and yuan of one step; `week` and `last_week` are firms, up to the same
    hour, and only counted by `funnel`."""

    firms: int = 0
    times: int = 0
    amount_yuan: Decimal = Decimal(0)
    week: int = 0
    last_week: int = 0


Steps = dict[str, Tally]  # by the code of the step


def funnel(scope: Scope, *, now: datetime) -> Steps:
    """The six steps in `scope`; one statement."""
    weeks = Weeks(now)
    values = {
        "week": weeks.this_from,
        "now": now + TICK,
        "last": weeks.last_from,
        "last_to": weeks.last_to + TICK,
    }
    parts = []
    for step in STEPS:
        facts, narrowing = narrowed(step, scope)
        parts += [_in_period(step, facts, scope, ""), _in_weeks(step, facts)]
        values |= narrowing
    return _counted(parts, values | _days(scope), "")[None]


def funnel_by(what: str, scope: Scope, *, now: datetime) -> dict[int, Steps]:
    """The steps of SHOWN_BY by "district" or "bank", keyed by the id of the organisation; one statement. A firm counts
    once in each row, so rows may add up to more than the funnel; what has no district or bank is in no row."""
    parts, values = [], _days(scope)
    for code in SHOWN_BY[what]:
        facts, narrowing = narrowed(BY_CODE[code], scope)
        parts.append(_in_period(BY_CODE[code], facts, scope, what))
        values |= narrowing
    counted = _counted(parts, values, what)
    counted.pop(None, None)
    return counted


def _counted(parts: list[str], values: dict[str, object], by: str) -> dict[int | None, Steps]:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        rows = cursor.fetchall()
    found: dict[int | None, Steps] = defaultdict(lambda: {step.code: Tally() for step in STEPS})
    for code, key, firms, times, yuan, week, last_week in rows:
        steps, before = found[key], found[key][code]
        if week is None:
            steps[code] = replace(before, firms=firms, times=times, amount_yuan=yuan)
        else:
            steps[code] = replace(before, week=week, last_week=last_week)
    return found


def _days(scope: Scope) -> dict[str, object]:
    return {"from": scope.period.starts_at, "to": scope.period.ends_at}


def _within(start: str, end: str) -> str:
    return f"at >= %({start})s AND at < %({end})s"


def _in_period(step: Step, facts: str, scope: Scope, by: str) -> str:
    """Firms first, then how many: two plain aggregates are far cheaper than a count(DISTINCT), and over all days the
    visits come in the order of the index they are counted from."""
    is_all = scope.period.name == "all"
    inside = "" if is_all else f" AND {_within('from', 'to')}"
    having = ""
    if step.first_only and not is_all:  # a firm's first fact is only known from all of them
        inside, having = "", "HAVING min(at) >= %(from)s AND min(at) < %(to)s"
    times = f"count(*) FILTER (WHERE {_within('from', 'to')})" if having else "count(*)"
    yuan = "sum(amount_yuan)" if step.has_amount else "0"
    return f"""(SELECT '{step.code}', key, count(*), coalesce(sum(times), 0)::bigint, coalesce(sum(yuan), 0)::numeric,
      NULL::bigint, NULL::bigint
    FROM (SELECT {KEYS[by]} AS key, business_id, {times} AS times, {yuan} AS yuan
      FROM ({facts}{inside}) f GROUP BY 1, 2 {having}) firms
    GROUP BY key)"""  # noqa: S608  constants; values are parameters


def _in_weeks(step: Step, facts: str) -> str:
    this, last = _within("week", "now"), _within("last", "last_to")
    if step.first_only:
        inside, hits = (
            "",
            [f"min(at) >= %({a})s AND min(at) < %({b})s" for a, b in (("week", "now"), ("last", "last_to"))],
        )
    else:
        inside, hits = f" AND {_within('last', 'now')}", [f"bool_or({this})", f"bool_or({last})"]
    return f"""(SELECT '{step.code}', NULL::bigint, NULL::bigint, NULL::bigint, NULL::numeric,
      count(*) FILTER (WHERE this), count(*) FILTER (WHERE last)
    FROM (SELECT {hits[0]} AS this, {hits[1]} AS last FROM ({facts}{inside}) f GROUP BY business_id) firms)"""  # noqa: S608  constants
