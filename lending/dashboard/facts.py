"""What each step of the funnel counts, said once: screens, the API and the lists behind a number all read from here.

Every step is a SELECT of facts `(business_id, district_id, bank_id, at, amount_yuan)`. SQL and not the ORM, because a
firm counts once however often it was visited and over whatever it is grouped by, which the ORM cannot say in one
statement. District and bank are those of the moment (of the visit, of the list it was pushed with), not today's; `at`
is the server's clock, so a closed period gives the same figures tomorrow unless something was annulled or corrected.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from lending.dashboard.scope import Scope
from visits.consent.services import SIGNED_BY_MISTAKE

BANK_OF_THE_VISIT = "CASE o.kind WHEN 'branch' THEN o.parent_id WHEN 'bank' THEN o.id END"

# LEFT, because the planner then leaves the join out where nobody asks for the bank.
EVERY_VISIT = f"""
SELECT v.business_id, v.district_id, {BANK_OF_THE_VISIT} AS bank_id, v.recorded_at AS at, NULL::numeric AS amount_yuan
FROM visits_visit v LEFT JOIN accounts_organisation o ON o.id = v.organisation_id
WHERE v.annulled_at IS NULL
"""  # noqa: S608  constants only

# Knocking in vain is no visit to a firm; on enough different days it makes the firm one that cannot be reached.
VISITS = EVERY_VISIT + " AND v.outcome <> 'unreachable'"

# The attempts by which a firm counted as unreachable under the policy of that day and district. Few firms have been tried
# as often as the shortest policy asks; only those are looked at closely.
IN_VAIN = f"""{EVERY_VISIT} AND v.outcome = 'unreachable'
  AND v.business_id IN (
    SELECT t.business_id FROM visits_visit t WHERE t.annulled_at IS NULL AND t.outcome = 'unreachable'
    GROUP BY t.business_id HAVING count(*) >= (SELECT coalesce(min(unreachable_days), 1) FROM visits_visitpolicy))
  AND (SELECT f.days FROM visits_days_tried(v.business_id, v.started_at) AS f (days)) >= greatest(1, (
    SELECT p.unreachable_days FROM visits_visitpolicy p
    WHERE (p.district_id = v.district_id OR p.district_id IS NULL)
      AND p.effective_from <= (v.started_at AT TIME ZONE 'Asia/Shanghai')::date
    ORDER BY p.district_id IS NOT NULL DESC, p.effective_from DESC LIMIT 1))
"""  # noqa: S608  constants only

# An owner who declared a need alone had it too, though nobody visited; what is mended behind the link of a case is none.
NEEDS = f"""{EVERY_VISIT} AND v.outcome = 'need'
UNION ALL
SELECT n.business_id, b.district_id, NULL::bigint, n.declared_at, NULL::numeric
FROM visits_ownerdeclaration d
JOIN visits_financingneed n ON n.id = d.need_id
JOIN visits_business b ON b.id = n.business_id
"""  # noqa: S608  constants only

# A consent signed away from a visit (on the owner's own page) has no organisation; its district is the firm's. What was
# signed at a visit recorded by mistake ended with it and counts for nothing. Two halves, so that a filter by district reaches an index in each.
FOR_LOOKUP = f"""EXISTS (
    SELECT FROM visits_consent c WHERE c.signing_id = s.id AND 'credit_lookup' = ANY (c.scopes)
      AND c.withdrawn_reason <> '{SIGNED_BY_MISTAKE}')"""

CONSENTS = f"""
SELECT s.business_id, v.district_id, {BANK_OF_THE_VISIT} AS bank_id, s.signed_at AS at, NULL::numeric AS amount_yuan
FROM visits_consentsigning s
LEFT JOIN visits_visit v ON v.id = s.visit_id
LEFT JOIN accounts_organisation o ON o.id = v.organisation_id
WHERE s.visit_id IS NOT NULL AND v.annulled_at IS NULL AND {FOR_LOOKUP}
UNION ALL
SELECT s.business_id, b.district_id, NULL::bigint, s.signed_at, NULL::numeric
FROM visits_consentsigning s LEFT JOIN visits_business b ON b.id = s.business_id
WHERE s.visit_id IS NULL AND {FOR_LOOKUP}
"""  # noqa: S608  constants only

# What was pushed to banks, joined once for all that hangs on it. {where} narrows it to a scope (`pushed`). Its columns are
# those of the index `recommendation_counted`; LEFT, so that the case is left out where nobody asks for the firm.
PUSHED = """pushed AS {materialized} (
  SELECT r.id, r.case_id, r.deadline_id, r.state, r.pushed_at, r.bank_id, l.district_id, k.business_id
  FROM lending_recommendation r
  JOIN lending_recommendationlist l ON l.id = r.list_id
  LEFT JOIN lending_financingcase k ON k.id = r.case_id
  WHERE {where})"""

PUSHES = "SELECT business_id, district_id, bank_id, pushed_at AS at, NULL::numeric AS amount_yuan FROM pushed"

# The decision in force is the one nothing supersedes.
IN_FORCE = "NOT EXISTS (SELECT FROM lending_bankdecision e WHERE e.supersedes_id = d.id)"


def first_at(outcomes: str) -> str:
    """When the recommendation first had one of `outcomes`, so that mending a typing slip in an amount does not carry a
    decision into another week. Only a correction has to look back."""
    return f"""CASE WHEN d.supersedes_id IS NULL THEN d.recorded_at ELSE (
    SELECT min(e.recorded_at) FROM lending_bankdecision e
    WHERE e.recommendation_id = d.recommendation_id AND e.outcome IN ({outcomes})) END"""  # noqa: S608  constants only


GRANTED = "'approved', 'partly_approved'"
GRANTS = f"""
SELECT p.business_id, p.district_id, p.bank_id, {first_at(GRANTED)} AS at, d.credit_line_yuan AS amount_yuan
FROM pushed p JOIN lending_bankdecision d ON d.recommendation_id = p.id
WHERE d.outcome IN ({GRANTED}) AND {IN_FORCE}
"""  # noqa: S608  constants only

LOANS = """
SELECT p.business_id, p.district_id, p.bank_id, x.recorded_at AS at, x.amount_yuan
FROM pushed p
JOIN lending_bankdecision d ON d.recommendation_id = p.id
JOIN lending_disbursement x ON x.decision_id = d.id
"""


@dataclass(frozen=True)
class Step:
    """One step of the funnel. `first_only`: a firm counts in the period of its first fact and in no later one.
    `is_indexed`: read where it lies and not set aside first, because an index already has it in order."""

    code: str
    label: str
    facts: str
    first_only: bool = False
    has_amount: bool = False
    is_indexed: bool = False


STEPS: tuple[Step, ...] = (
    Step("visited", _("走访"), VISITS, is_indexed=True),
    Step("need", _("有需求"), NEEDS),
    Step("authorised", _("授权"), CONSENTS),
    Step("recommended", _("推荐"), PUSHES, first_only=True),
    Step("granted", _("授信"), GRANTS, has_amount=True),
    Step("disbursed", _("放款"), LOANS, has_amount=True),
)
# no step of the funnel, but a number that leads to its firms like one
FIRST_LOANS = Step("first-loans", _("首贷户"), GRANTS + " AND d.is_first_loan", has_amount=True)
# counted beside the funnel, in the total only
UNREACHABLE = Step("unreachable", _("联系不上"), IN_VAIN)
COUNTED = (*STEPS, UNREACHABLE)
BY_CODE = {step.code: step for step in (*COUNTED, FIRST_LOANS)}
# up to here the bank is the one that visited, from here on the one that was asked for credit
BANKS_CHANGE_AT = "recommended"


def pushed(scope: Scope, *, is_read_once: bool = False) -> str:
    """The CTE `pushed` of a scope; read once it is not set aside, so that several processes may share the work."""
    aside = "NOT MATERIALIZED" if is_read_once else "MATERIALIZED"
    return PUSHED.format(where=where(scope, "l", "r", "k"), materialized=aside)


def narrowed(step: Step, scope: Scope) -> str:
    """The facts of `step` within `scope`, whenever they happened; stands in a statement that has `pushed`."""
    return f"SELECT f.* FROM ({step.facts}) f WHERE {where(scope, 'f', 'f', 'f')}"  # noqa: S608  constants


def chosen(scope: Scope) -> dict[str, int]:
    """The parameters of both."""
    return {
        name: row.pk for name in ("district", "bank", "list") if (row := getattr(scope, name)) is not None
    }


def where(scope: Scope, district: str, bank: str, business: str) -> str:
    """Conditions on `scope`, where `district`, `bank` and `business` name the tables that hold the three ids."""
    conditions = {
        "district": f"{district}.district_id = %(district)s",
        "bank": f"{bank}.bank_id = %(bank)s",
        "list": "EXISTS (SELECT FROM visits_listmembership m "
        f"WHERE m.business_id = {business}.business_id AND m.list_id = %(list)s)",
    }
    return " AND ".join(["true", *(conditions[name] for name in chosen(scope))])
