"""On what terms each bank lends: granted share, first-time borrowers, weighted rate. For the district and the city only:
a rate is commercially sensitive and no other bank may read it. Never writes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from lending.dashboard.clocks import values
from lending.dashboard.facts import GRANTED, IN_FORCE, first_at, pushed
from lending.dashboard.scope import Scope

DECLINED_AT, GRANTED_AT = first_at("'declined'"), first_at(GRANTED)


@dataclass(frozen=True)
class Terms:
    """`decided` counts 同意, 部分 and 不予 in force; the rate is Σ(放款额×利率)/Σ放款额 over money paid out."""

    decided: int = 0
    granted: int = 0
    first_loans: int = 0
    weighted_rate_pct: float | None = None
    unsecured_pct: float | None = None

    @property
    def granted_pct(self) -> float | None:
        return round(100 * self.granted / self.decided, 1) if self.decided else None


def terms_by_bank(scope: Scope, *, now: datetime) -> dict[int | None, Terms]:
    """Keyed by the id of the bank, and under None over all of them; one statement."""
    sql = f"""
    WITH {pushed(scope)},
    decided AS (
      SELECT p.bank_id, count(*) AS decided, count(*) FILTER (WHERE d.outcome <> 'declined') AS granted,
        count(DISTINCT p.business_id) FILTER (WHERE d.outcome <> 'declined' AND d.is_first_loan) AS first_loans
      FROM pushed p JOIN lending_bankdecision d ON d.recommendation_id = p.id
      WHERE d.outcome IN ({GRANTED}, 'declined') AND {IN_FORCE}
        AND CASE d.outcome WHEN 'declined' THEN {DECLINED_AT} ELSE {GRANTED_AT} END >= %(from)s
        AND CASE d.outcome WHEN 'declined' THEN {DECLINED_AT} ELSE {GRANTED_AT} END < %(to)s
      GROUP BY GROUPING SETS ((), (p.bank_id))),
    paid AS (
      SELECT p.bank_id, sum(x.amount_yuan * x.annual_rate_pct) / sum(x.amount_yuan) AS rate,
        100 * coalesce(sum(x.amount_yuan) FILTER (WHERE d.guarantee = 'credit'), 0) / sum(x.amount_yuan) AS unsecured
      FROM pushed p JOIN lending_bankdecision d ON d.recommendation_id = p.id
      JOIN lending_disbursement x ON x.decision_id = d.id
      WHERE x.recorded_at >= %(from)s AND x.recorded_at < %(to)s
      GROUP BY GROUPING SETS ((), (p.bank_id)))
    SELECT coalesce(decided.bank_id, paid.bank_id), coalesce(decided, 0), coalesce(granted, 0),
      coalesce(first_loans, 0), round(rate, 2)::float, round(unsecured, 1)::float
    FROM decided FULL JOIN paid ON coalesce(paid.bank_id, 0) = coalesce(decided.bank_id, 0)"""  # noqa: S608  constants
    with connection.cursor() as cursor:
        cursor.execute(sql, values(scope, now))
        rows = cursor.fetchall()
    found = defaultdict(Terms)
    for bank_id, *numbers in rows:
        found[bank_id] = Terms(*numbers)
    return found
