"""What each step of the funnel counts, said once: screens, the API and the lists behind a number all read from here.

Every step is a SELECT of facts `(business_id, district_id, bank_id, at, amount_yuan)`. SQL and not the ORM, because a
firm counts once however often it was visited and over whatever it is grouped by, which the ORM cannot say in one
statement. District and bank are those of the moment (of the visit, of the list it was pushed with), not today's; `at`
is the server's clock, so a closed period gives the same figures tomorrow unless something was annulled or corrected.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from lending.dashboard.scope import Scope

BANK_OF_THE_VISIT = "CASE o.kind WHEN 'branch' THEN o.parent_id WHEN 'bank' THEN o.id END"

# LEFT, because the planner then leaves the join out where nobody asks for the bank.
VISITS = f"""
SELECT v.business_id, v.district_id, {BANK_OF_THE_VISIT} AS bank_id, v.recorded_at AS at, NULL::numeric AS amount_yuan
FROM visits_visit v LEFT JOIN accounts_organisation o ON o.id = v.organisation_id
WHERE v.annulled_at IS NULL
"""  # noqa: S608  constants only

NEEDS = VISITS + " AND v.outcome = 'need'"

# A consent signed away from a visit (on the owner's own page) has no organisation; its district is the firm's. A consent
# stays one when the visit is annulled. Two halves, so that a filter by district reaches an index in each.
FOR_LOOKUP = """EXISTS (
    SELECT FROM visits_consent c WHERE c.signing_id = s.id AND 'credit_lookup' = ANY (c.scopes))"""

CONSENTS = f"""
SELECT s.business_id, v.district_id, {BANK_OF_THE_VISIT} AS bank_id, s.signed_at AS at, NULL::numeric AS amount_yuan
FROM visits_consentsigning s
LEFT JOIN visits_visit v ON v.id = s.visit_id
LEFT JOIN accounts_organisation o ON o.id = v.organisation_id
WHERE s.visit_id IS NOT NULL AND {FOR_LOOKUP}
UNION ALL
SELECT s.business_id, b.district_id, NULL::bigint, s.signed_at, NULL::numeric
FROM visits_consentsigning s LEFT JOIN visits_business b ON b.id = s.business_id
WHERE s.visit_id IS NULL AND {FOR_LOOKUP}
"""  # noqa: S608  constants only

PUSHES = """
SELECT k.business_id, l.district_id, r.bank_id, r.pushed_at AS at, k.amount_yuan
FROM lending_recommendation r
JOIN lending_recommendationlist l ON l.id = r.list_id
JOIN lending_financingcase k ON k.id = r.case_id
WHERE true
"""

# The decision in force is the one nothing supersedes; its moment is when credit was first granted on this
# recommendation, so mending a typing slip in the amount does not carry it into another week.
GRANTS = """
SELECT k.business_id, l.district_id, r.bank_id, g.at, d.credit_line_yuan AS amount_yuan
FROM lending_bankdecision d
JOIN lending_recommendation r ON r.id = d.recommendation_id
JOIN lending_recommendationlist l ON l.id = r.list_id
JOIN lending_financingcase k ON k.id = r.case_id
CROSS JOIN LATERAL (
    SELECT min(e.recorded_at) AS at FROM lending_bankdecision e
    WHERE e.recommendation_id = d.recommendation_id AND e.outcome IN ('approved', 'partly_approved')) g
WHERE d.outcome IN ('approved', 'partly_approved')
  AND NOT EXISTS (SELECT FROM lending_bankdecision e WHERE e.supersedes_id = d.id)
"""

LOANS = """
SELECT k.business_id, l.district_id, r.bank_id, x.recorded_at AS at, x.amount_yuan
FROM lending_disbursement x
JOIN lending_bankdecision d ON d.id = x.decision_id
JOIN lending_recommendation r ON r.id = d.recommendation_id
JOIN lending_recommendationlist l ON l.id = r.list_id
JOIN lending_financingcase k ON k.id = r.case_id
WHERE true
"""


@dataclass(frozen=True)
class Step:
    """One step of the funnel. `first_only`: a firm counts in the period of its first fact and in no later one."""

    code: str
    label: str
    facts: str
    first_only: bool = False
    has_amount: bool = False


STEPS: tuple[Step, ...] = (
    Step("visited", _("走访"), VISITS),
    Step("need", _("有需求"), NEEDS),
    Step("authorised", _("授权"), CONSENTS),
    Step("recommended", _("推荐"), PUSHES, first_only=True),
    Step("granted", _("授信"), GRANTS, has_amount=True),
    Step("disbursed", _("放款"), LOANS, has_amount=True),
)
BY_CODE = {step.code: step for step in STEPS}
# up to here the bank is the one that visited, from here on the one that was asked for credit
BANKS_CHANGE_AT = "recommended"


def narrowed(step: Step, scope: Scope) -> tuple[str, dict[str, object]]:
    """The facts of `step` within `scope`, whenever they happened: SQL and its parameters."""
    wanted = {"district": "f.district_id = %(district)s", "bank": "f.bank_id = %(bank)s", "list": ON_LIST}
    chosen = {name: getattr(scope, name) for name in wanted if getattr(scope, name) is not None}
    where = " AND ".join(["true", *(wanted[name] for name in chosen)])
    sql = f"SELECT f.* FROM ({step.facts}) f WHERE {where}"  # noqa: S608  constants; values are parameters
    return sql, {name: row.pk for name, row in chosen.items()}


ON_LIST = "EXISTS (SELECT FROM visits_listmembership m WHERE m.business_id = f.business_id AND m.list_id = %(list)s)"
