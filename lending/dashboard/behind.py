"""The rows behind a number: the same conditions that counted it, so the list is as long as the number says."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from lending.dashboard import clocks
from lending.dashboard.declines import DECLINED
from lending.dashboard.facts import BY_CODE, chosen, narrowed, pushed
from lending.dashboard.period import midnight
from lending.dashboard.scope import Scope
from lending.models import Recommendation

PAGE_SIZE = 50
LAST_PAGE = 10_000  # beyond it the offset would be longer than any list
CLOCKS = {
    "open": _("银行在办"), "due_soon": _("三日内到期"), "overdue": _("银行超期"), "due": _("期内应决定"),
    "on_time": _("期内按期决定"), "late": _("期内未按期决定"), "due-on": _("当日到期"), "confirming": _("待确认反馈"), "declined": _("未授信"),
    "last_day": _("末日决定"), "paused": _("补件暂停中"), "provisional": _("到期日暂定"),
}  # fmt: skip


@dataclass(frozen=True)
class Firm:
    """One firm of a step. `case_number` is that of its latest case in the scope, "" where it has none."""

    name: str
    credit_code: str
    kind: str
    district: str
    times: int
    last_at: datetime
    amount_yuan: Decimal | None
    case_number: str


def firms(code: str, scope: Scope, *, page: int) -> tuple[list[Firm], int]:
    """The firms that a step of the funnel counts in the period, latest first, and how many there are; one statement."""
    step = BY_CODE[code]
    facts, moment = narrowed(step, scope), "min(at)" if step.first_only else "max(at)"
    inside = "" if step.first_only else "AND at >= %(from)s AND at < %(to)s"
    having = "HAVING min(at) >= %(from)s AND min(at) < %(to)s" if step.first_only else ""
    of_the_district = "AND k.district_id = %(district)s" if scope.district else ""
    sql = f"""
    WITH {pushed(scope)},
    counted AS (
      SELECT business_id, count(*) AS times, {moment} AS at, sum(amount_yuan) AS yuan FROM ({facts} {inside}) f
      GROUP BY business_id {having}),
    page AS (SELECT *, count(*) OVER () AS total FROM counted ORDER BY at DESC, business_id DESC
      LIMIT %(take)s OFFSET %(skip)s)
    SELECT p.total, b.name, b.credit_code, b.kind, coalesce(o.name, ''), p.times, p.at, p.yuan, coalesce(k.number, '')
    FROM page p JOIN visits_business b ON b.id = p.business_id
    LEFT JOIN accounts_organisation o ON o.id = b.district_id
    LEFT JOIN LATERAL (SELECT k.number FROM lending_financingcase k WHERE k.business_id = b.id {of_the_district}
      ORDER BY k.opened_at DESC LIMIT 1) k ON true
    ORDER BY p.at DESC, p.business_id DESC"""  # noqa: S608  constants; values are parameters
    values = chosen(scope) | {"from": scope.period.starts_at, "to": scope.period.ends_at} | window(page)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return [Firm(*row[1:]) for row in rows], rows[0][0] if rows else 0


def recommendations(
    what: str, scope: Scope, *, now: datetime, page: int, day: date | None = None, reason: str = ""
) -> tuple[list[Recommendation], int]:
    """The recommendations that a number about clocks or refusals counts, first due first; two statements."""
    values = clocks.values(scope, now) | window(page)
    if what == "declined":
        values["reason"] = reason
        source = f"{DECLINED} AND (%(reason)s = '' OR w.code = %(reason)s)"
    elif what == "due-on":
        values |= {"day": midnight(day), "next_day": midnight(day + timedelta(days=1))}
        due = "t.due_at > greatest(%(day)s, %(now)s) AND t.due_at <= %(next_day)s"
        source = f"{clocks.CLOCKS} WHERE {clocks.OPEN} AND {due}"
    else:
        source = f"{clocks.CLOCKS} WHERE {clocks.CONDITIONS[what]}"
    sql = f"""WITH {pushed(scope)} SELECT p.id, count(*) OVER () {source} ORDER BY t.due_at, p.id
    LIMIT %(take)s OFFSET %(skip)s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = dict(cursor.fetchall())
    rows = Recommendation.objects.filter(pk__in=found).order_by("deadline__due_at", "pk")
    rows = rows.select_related("case__business", "case__district", "bank", "deadline")
    return list(rows), next(iter(found.values()), 0)


def window(page: int) -> dict[str, int]:
    return {"take": PAGE_SIZE, "skip": (page - 1) * PAGE_SIZE}
