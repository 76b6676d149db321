"""Why banks said no, and what became of it. Never writes."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from lending.dashboard.clocks import values
from lending.dashboard.facts import GRANTED, IN_FORCE, first_at, pushed
from lending.dashboard.scope import Scope

DECLINED = f"""
FROM pushed p
JOIN lending_deadline t ON t.id = p.deadline_id
JOIN lending_bankdecision d ON d.recommendation_id = p.id
JOIN lending_declinereason w ON w.id = d.reason_id
WHERE d.outcome = 'declined' AND {IN_FORCE}
  AND {first_at("'declined'")} >= %(from)s AND {first_at("'declined'")} < %(to)s
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
    sql = f"""
    WITH {pushed(scope)}
    SELECT w.code, w.name, w.department, w.is_repairable, count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM lending_recommendation o JOIN lending_bankdecision d ON d.recommendation_id = o.id
        WHERE o.case_id = p.case_id AND d.outcome IN ({GRANTED}) AND {IN_FORCE}))
    {DECLINED} GROUP BY w.id ORDER BY count(*) DESC, w.code"""  # noqa: S608  constants; values are parameters
    with connection.cursor() as cursor:
        cursor.execute(sql, values(scope, now))
        rows = cursor.fetchall()
    total = sum(row[4] for row in rows)
    return [Reason(*row, share_pct=round(100 * row[4] / total, 1)) for row in rows]
