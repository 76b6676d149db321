"""Why banks said no, and what became of it. Never writes."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from lending.dashboard.clocks import narrowing
from lending.dashboard.scope import Scope

DECLINED = """
FROM lending_bankdecision d
JOIN lending_recommendation r ON r.id = d.recommendation_id
JOIN lending_recommendationlist l ON l.id = r.list_id
JOIN lending_financingcase k ON k.id = r.case_id
JOIN lending_declinereason w ON w.id = d.reason_id
JOIN lending_deadline t ON t.id = r.deadline_id
CROSS JOIN LATERAL (
    SELECT min(e.recorded_at) AS at FROM lending_bankdecision e
    WHERE e.recommendation_id = d.recommendation_id AND e.outcome = 'declined') g
WHERE d.outcome = 'declined' AND NOT EXISTS (SELECT FROM lending_bankdecision e WHERE e.supersedes_id = d.id)
"""


@dataclass(frozen=True)
class Reason:
    """One reason with its decisions in force: how many, and how many of their cases were granted credit after all."""

    code: str
    name: str
    department: str
    is_repairable: bool
    count: int
    later_granted: int
    share_pct: float


def decline_reasons(scope: Scope, *, now: datetime) -> list[Reason]:
    """Most frequent first; one statement. Shares are of all decisions listed."""
    where, values = narrowing(scope)
    values |= {"from": scope.period.starts_at, "to": scope.period.ends_at}
    sql = f"""
    SELECT w.code, w.name, w.department, w.is_repairable, count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM lending_recommendation o JOIN lending_bankdecision y ON y.recommendation_id = o.id
        WHERE o.case_id = r.case_id AND y.outcome IN ('approved', 'partly_approved')
          AND NOT EXISTS (SELECT FROM lending_bankdecision e WHERE e.supersedes_id = y.id)))
    {DECLINED} AND g.at >= %(from)s AND g.at < %(to)s AND {where}
    GROUP BY w.id ORDER BY count(*) DESC, w.code"""  # noqa: S608  constants; values are parameters
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    total = sum(row[4] for row in rows)
    return [Reason(*row, share_pct=round(100 * row[4] / total, 1)) for row in rows]
