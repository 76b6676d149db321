"""How many firms came how far: the six steps, in total, by district and by bank. Never writes."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from lending.dashboard.facts import BY_CODE, COUNTED, Step, chosen, narrowed, pushed
from lending.dashboard.period import Weeks
from lending.dashboard.scope import Scope

TOTAL, DISTRICT, BANK = "total", "district", "bank"
KEYS = {TOTAL: "NULL::bigint", DISTRICT: "district_id", BANK: "bank_id"}
# what the pages show of each; a step that no table shows is not counted for every row of it
SHOWN = {
    TOTAL: tuple(step.code for step in COUNTED),
    DISTRICT: ("visited", "need", "recommended", "granted", "disbursed"),
    BANK: ("recommended", "granted", "disbursed"),
}
TICK = timedelta(microseconds=1)  # what happened this very moment counts


@dataclass(frozen=True)
class Tally:
    """Firms (each counted once) and yuan of one step. In the total also facts (户次), and the firms of this week and of
    the same stretch of last week."""

    firms: int = 0
    amount_yuan: Decimal = Decimal(0)
    times: int = 0
    week: int = 0
    last_week: int = 0


Steps = dict[str, Tally]  # by the code of the step


@dataclass(frozen=True)
class Funnels:
    """`by_district` and `by_bank` are keyed by the id of the organisation. A firm counts once in each row, so rows may
    add up to more than the total; what has no district or bank is in no row."""

    total: Steps
    by_district: dict[int, Steps]
    by_bank: dict[int, Steps]


def funnels(scope: Scope, *whats: str, now: datetime) -> Funnels:
    """What `whats` names of TOTAL, DISTRICT and BANK, the rest empty; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(scope, whats), _values(scope, now))
        rows = cursor.fetchall()
    found = {what: defaultdict(nothing_yet) for what in KEYS}
    for what, code, key, firms, yuan, times, week, last_week in rows:
        steps = found[what][key]
        if week is None:
            steps[code] = replace(steps[code], firms=firms, amount_yuan=yuan, times=times)
        else:
            steps[code] = replace(steps[code], week=week, last_week=last_week)
    return Funnels(found[TOTAL][None], found[DISTRICT], found[BANK])


def nothing_yet() -> Steps:
    return {step.code: Tally() for step in COUNTED}


def _statement(scope: Scope, whats: tuple[str, ...]) -> str:
    wanted = [step for step in COUNTED if any(step.code in SHOWN[what] for what in whats)]
    sources = {step.code: _bounded(step, scope) for step in wanted}
    aside = [
        f"{step.code} AS MATERIALIZED (SELECT {_columns(step, whats)} FROM ({sources[step.code]}) f)"  # noqa: S608
        for step in wanted
        if not step.is_indexed
    ]
    parts = []
    for what in whats:
        for step in (BY_CODE[code] for code in SHOWN[what]):
            source = sources[step.code] if step.is_indexed else f"SELECT * FROM {step.code} f WHERE true"  # noqa: S608
            parts.append(_in_period(step, source, scope, what))
            if what == TOTAL:
                parts.append(_in_weeks(step, source))
    return f"WITH {', '.join([pushed(scope), *aside])} {' UNION ALL '.join(parts)}"


def _columns(step: Step, whats: tuple[str, ...]) -> str:
    """Only what is asked for: without its district and bank a consent is counted without looking up its visit."""
    keys = [KEYS[what] for what in whats if what != TOTAL and step.code in SHOWN[what]]
    return ", ".join(["business_id", "at", *keys, *(["amount_yuan"] if step.has_amount else [])])


def _bounded(step: Step, scope: Scope) -> str:
    """What lies before both the period and last week is left out, unless a firm's first fact must be known."""
    facts = narrowed(step, scope)
    return facts if step.first_only or scope.period.name == "all" else f"{facts} AND at >= %(since)s"


def _values(scope: Scope, now: datetime) -> dict[str, object]:
    weeks, period = Weeks(now), scope.period
    return chosen(scope) | {
        "from": period.starts_at, "to": period.ends_at, "since": min(period.starts_at, weeks.last_from),
        "week": weeks.this_from, "now": now + TICK, "last": weeks.last_from, "last_to": weeks.last_to + TICK,
    }  # fmt: skip


def _within(start: str, end: str, moment: str = "at") -> str:
    return f"{moment} >= %({start})s AND {moment} < %({end})s"


def _in_period(step: Step, source: str, scope: Scope, what: str) -> str:
    """Firms first, then how many: that is far cheaper than a count(DISTINCT), and over all days the visits come in the
    order of the index they are counted from."""
    is_all = scope.period.name == "all"
    is_by_first = step.first_only and not is_all
    inside = "" if is_all or is_by_first else f" AND {_within('from', 'to')}"
    having = f"HAVING {_within('from', 'to', 'min(at)')}" if is_by_first else ""
    counted = f"count(*) FILTER (WHERE {_within('from', 'to')})" if is_by_first else "count(*)"
    times = f", {counted} AS times" if what == TOTAL else ", NULL::bigint AS times"
    yuan = ", sum(amount_yuan) AS yuan" if step.has_amount else ", 0 AS yuan"
    return f"""(SELECT '{what}', '{step.code}', key, count(*), coalesce(sum(yuan), 0)::numeric,
      coalesce(sum(times), 0)::bigint, NULL::bigint, NULL::bigint
    FROM (SELECT {KEYS[what]} AS key, business_id{times}{yuan}
      FROM ({source}{inside}) f GROUP BY business_id, key {having}) firms
    GROUP BY key)"""  # noqa: S608  constants; values are parameters


def _in_weeks(step: Step, source: str) -> str:
    spans = (("week", "now"), ("last", "last_to"))
    if step.first_only:
        inside, (this, last) = "", (_within(*span, "min(at)") for span in spans)
    else:
        inside, (this, last) = (
            f" AND {_within('last', 'now')}",
            (f"bool_or({_within(*span)})" for span in spans),
        )
    return f"""(SELECT '{TOTAL}', '{step.code}', NULL::bigint, NULL::bigint, NULL::numeric, NULL::bigint,
      count(*) FILTER (WHERE this), count(*) FILTER (WHERE last)
    FROM (SELECT {this} AS this, {last} AS last FROM ({source}{inside}) f GROUP BY business_id) firms)"""  # noqa: S608  constants
