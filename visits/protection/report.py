"""Which bank visited against the protection, or where another had just been: counted by bank, with the visits behind
each number. Never writes. Annulled visits count nowhere; a visit belongs to the day on which it was made."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import Organisation
from visits.protection.marks import Mark
from visits.protection.period import Period
from visits.protection.rules import NOBODY_MET

PAGE_SIZE = 50
ARRIVES_WITHIN = timedelta(
    days=31
)  # the outbox may wait thirty days; lets an index by time of arrival be used
NOBODY = ", ".join(f"'{outcome}'" for outcome in NOBODY_MET)
HOUSE = "CASE {0}.kind WHEN 'branch' THEN {0}.parent_id ELSE {0}.id END"

# One row per visit in the scope. A duplicate is counted anew from the visits themselves: by the cooling-off in force on
# its day, whether or not anybody could know at the door, so a visit that arrived late is in it too.
VISITS = f"""
SELECT v.id, v.business_id, v.district_id, h.id AS house, h.code, h.name, v.started_at, v.officer_id, v.outcome,
  v.protection_marks AS marks, v.protection_reason AS reason, before.started_at AS before_at, before.name AS before_by
FROM visits_visit v
JOIN accounts_organisation o ON o.id = v.organisation_id
JOIN accounts_organisation h ON h.id = {HOUSE.format("o")}
LEFT JOIN LATERAL (
  SELECT p.cooling_off_days AS days FROM visits_visitpolicy p
  WHERE (p.district_id = v.district_id OR p.district_id IS NULL)
    AND p.effective_from <= (v.started_at AT TIME ZONE 'Asia/Shanghai')::date
  ORDER BY p.district_id IS NOT NULL DESC, p.effective_from DESC LIMIT 1) rule ON true
LEFT JOIN LATERAL (
  SELECT w.started_at, k.name FROM visits_visit w
  JOIN accounts_organisation q ON q.id = w.organisation_id
  JOIN accounts_organisation k ON k.id = {HOUSE.format("q")}
  WHERE rule.days > 0 AND v.outcome NOT IN ({NOBODY}) AND w.business_id = v.business_id AND w.annulled_at IS NULL
    AND w.outcome NOT IN ({NOBODY}) AND k.id <> h.id AND w.started_at < v.started_at
    AND w.started_at >= ((v.started_at AT TIME ZONE 'Asia/Shanghai')::date - rule.days)::timestamp AT TIME ZONE 'Asia/Shanghai'
  ORDER BY w.started_at DESC LIMIT 1) before ON true
WHERE v.annulled_at IS NULL AND v.started_at >= %(from)s AND v.started_at < %(to)s
  AND v.recorded_at >= %(arrived_from)s AND v.recorded_at < %(arrived_to)s
  AND (%(district)s::bigint IS NULL OR v.district_id = %(district)s) AND (%(house)s::bigint IS NULL OR h.id = %(house)s)
"""  # noqa: S608  constants only

# what a number counts, and the condition by which its list is read
NUMBERS = {
    "visits": "true",
    "against": "cardinality(marks) > 0",
    **{mark.value: f"'{mark.value}' = ANY (marks)" for mark in Mark},
    "duplicates": "before_at IS NOT NULL",
}


@dataclass(frozen=True)
class Scope:
    """Whose visits: of one district or all, of one bank or all."""

    period: Period
    district: Organisation | None = None
    bank: Organisation | None = None


@dataclass(frozen=True)
class Line:
    """One bank, or another organisation that visits. `counts` by the keys of NUMBERS; `firms` visited, `firms_twice` of
    them within the cooling-off of somebody else's visit."""

    code: str
    name: str
    counts: dict[str, int]
    firms: int
    firms_twice: int


@dataclass(frozen=True)
class Against:
    """A visit behind a number."""

    business: str
    credit_code: str
    district: str
    organisation: str
    officer: str
    at: datetime
    outcome: str
    marks: list[str]
    reason: str
    before_at: datetime | None
    before_by: str | None


def by_bank(scope: Scope) -> list[Line]:
    """A line for everybody who visited in the scope, the most duplicates first; one statement."""
    counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in NUMBERS.values())
    sql = f"""SELECT code, name, count(DISTINCT business_id),
      count(DISTINCT business_id) FILTER (WHERE before_at IS NOT NULL), {counted}
    FROM ({VISITS}) v GROUP BY code, name ORDER BY {len(NUMBERS) + 4} DESC, 6 DESC, code"""  # noqa: S608  constants only
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(scope))
        return [
            Line(code, name, dict(zip(NUMBERS, counts, strict=True)), firms, twice)
            for code, name, firms, twice, *counts in cursor.fetchall()
        ]


def behind(scope: Scope, what: str, *, page: int | None = None) -> tuple[list[Against], int]:
    """The visits behind a number, the latest first, and how many there are; all of them where no page is asked for."""
    window = "" if page is None else "LIMIT %(take)s OFFSET %(skip)s"
    sql = f"""SELECT b.name, b.credit_code, coalesce(d.name, ''), v.name, u.name, v.started_at, v.outcome, v.marks, v.reason,
      v.before_at, v.before_by, count(*) OVER ()
    FROM ({VISITS}) v JOIN visits_business b ON b.id = v.business_id JOIN accounts_user u ON u.id = v.officer_id
    LEFT JOIN accounts_organisation d ON d.id = v.district_id
    WHERE {NUMBERS[what]} ORDER BY v.started_at DESC, v.id {window}"""  # noqa: S608  constants only
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(scope) | {"take": PAGE_SIZE, "skip": ((page or 1) - 1) * PAGE_SIZE})
        rows = cursor.fetchall()
    return [Against(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def conflicts(district: Organisation | None, on: datetime, *, most: int) -> list[tuple[str, str, str]]:
    """Businesses that stand on lists assigned to different banks: (name, credit code, the banks, first list first)."""
    sql = """SELECT b.name, b.credit_code, string_agg(h.name, '、' ORDER BY l.position, l.code)
    FROM visits_business b
    JOIN visits_listmembership m ON m.business_id = b.id
    JOIN visits_businesslist l ON l.id = m.list_id
    JOIN visits_assignment a ON a.grid_id = b.grid_id AND a.list_id = m.list_id
    JOIN accounts_organisation h ON h.id = a.bank_id
    WHERE (%(district)s::bigint IS NULL OR b.district_id = %(district)s) AND a.starts_on <= %(on)s
      AND (a.ends_on IS NULL OR a.ends_on >= %(on)s)
    GROUP BY b.id HAVING count(DISTINCT a.bank_id) > 1 ORDER BY b.name, b.id LIMIT %(most)s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"district": district and district.pk, "on": on, "most": most})
        return cursor.fetchall()


def _values(scope: Scope) -> dict[str, object]:
    starts_at, ends_at = scope.period.starts_at, scope.period.ends_at
    return {
        "from": starts_at, "to": ends_at, "arrived_from": starts_at - timedelta(days=1), "arrived_to": ends_at + ARRIVES_WITHIN,
        "district": scope.district and scope.district.pk, "house": scope.bank and scope.bank.pk,
    }  # fmt: skip
