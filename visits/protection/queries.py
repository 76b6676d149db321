"""What is known about the peace of a firm. Never writes."""

from datetime import date, datetime

from django.db.models import BigIntegerField, DateField, DateTimeField, F, Func, JSONField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from accounts.clock import day_of
from accounts.models import Organisation, User
from visits.protection import rules
from visits.protection.models import DoNotDisturb, VisitPolicy
from visits.register.models import Business

TOLD_FOR = 30  # days a visit by somebody else is told, where no cooling-off rules
NOBODY_MET = ", ".join(f"'{outcome}'" for outcome in rules.NOBODY_MET)

# One scalar for all facts: joined to the row of the business, so that the record path pays no further statement and
# the ORM compiles one expression. Every subquery ends at the first row of an index, however often a firm was visited.
# Offices of one bank are one organisation here (`house`): the bank itself, or where no bank is, the organisation.
HOUSE = "CASE o.kind WHEN 'branch' THEN o.parent_id ELSE o.id END"
FACTS = f"""(SELECT jsonb_build_object(
  'policy', to_jsonb(p),
  'until', (SELECT max(d.until_on) FROM visits_donotdisturb d
    WHERE d.business_id = x.business AND d.starts_at <= x.at AND d.until_on >= x.day
      AND (d.lifted_at IS NULL OR d.lifted_at > x.at)
      -- an owner who declared a need since has asked to be called
      AND NOT EXISTS (SELECT FROM visits_financingneed n WHERE n.business_id = x.business AND n.visit_id IS NULL
        AND n.declared_at > d.starts_at AND n.declared_at <= x.at)),
  'last', (SELECT jsonb_build_object('at', v.started_at, 'name', h.name)
    FROM visits_visit v JOIN accounts_organisation o ON o.id = v.organisation_id
      JOIN accounts_organisation h ON h.id = {HOUSE}
    WHERE v.business_id = x.business AND v.annulled_at IS NULL AND v.outcome NOT IN ({NOBODY_MET})
      AND h.id IS DISTINCT FROM x.house AND v.started_at <= x.at
      AND v.started_at >= (x.day - greatest(p.cooling_off_days, {TOLD_FOR}))::timestamp AT TIME ZONE 'Asia/Shanghai'
    ORDER BY v.started_at DESC LIMIT 1),
  'lead', coalesce(
    (SELECT jsonb_build_object('id', h.id, 'name', h.name, 'is_assigned', true, 'at', NULL)
      FROM visits_listmembership m JOIN visits_businesslist l ON l.id = m.list_id
        JOIN visits_assignment a ON a.list_id = m.list_id AND a.grid_id = x.grid
        JOIN accounts_organisation h ON h.id = a.bank_id
      WHERE m.business_id = x.business AND a.starts_on <= x.day AND (a.ends_on IS NULL OR a.ends_on >= x.day)
      ORDER BY l.position, l.code, a.id DESC LIMIT 1),
    (SELECT jsonb_build_object('id', h.id, 'name', h.name, 'is_assigned', false, 'at', v.started_at)
      FROM visits_visit v JOIN accounts_organisation o ON o.id = v.organisation_id
        JOIN accounts_organisation h ON h.id = {HOUSE} AND h.kind = 'bank'
      WHERE v.business_id = x.business AND v.annulled_at IS NULL AND v.outcome NOT IN ({NOBODY_MET})
        AND v.started_at <= x.at
        AND v.started_at >= (x.day - p.lead_window_days)::timestamp AT TIME ZONE 'Asia/Shanghai'
      ORDER BY v.started_at LIMIT 1)))
  FROM (SELECT %(expressions)s) AS x (business, grid, district, house, at, day)
  LEFT JOIN LATERAL (SELECT * FROM visits_visitpolicy q
    WHERE (q.district_id = x.district OR q.district_id IS NULL) AND q.effective_from <= x.day
    ORDER BY q.district_id IS NOT NULL DESC, q.effective_from DESC LIMIT 1) p ON true)"""  # noqa: S608  constants only


def with_protection(businesses: QuerySet[Business], *, officer: User, at: datetime) -> QuerySet[Business]:
    """Adds `protection`, all that is known at `at` for a visit of this officer, in the statement of the rows;
    `facts(business, officer=…, at=…)` reads it. Visits that came in late count as of when they were made."""
    place = officer.district and officer.district.pk
    told = Func(
        F("pk"), F("grid_id"), Coalesce(F("district_id"), Cast(Value(place), BigIntegerField())),
        Cast(Value(house_of(officer)), BigIntegerField()), Cast(Value(at), DateTimeField()),
        Cast(Value(day_of(at)), DateField()),
        template=FACTS, output_field=JSONField(),
    )  # fmt: skip
    return businesses.annotate(protection=told)


def facts(business: Business, *, officer: User, at: datetime) -> rules.Facts:
    """Of a business that came through `with_protection` with the same officer and moment."""
    bank = officer.bank
    return rules.facts_of(business.protection, day=day_of(at), bank_id=bank and bank.pk)


def house_of(officer: User) -> int | None:
    """The organisation by which visits are told apart: the bank, whichever branch; else the person's own."""
    return officer.bank.pk if officer.bank else officer.organisation_id


def policy_in_force(district: Organisation | int | None, on: date) -> VisitPolicy | None:
    """The rules of that day: the district's own, whenever they came, before the city's. None where there are none."""
    place = getattr(district, "pk", district)
    policies = VisitPolicy.objects.filter(Q(district=None) | Q(district=place), effective_from__lte=on)
    return policies.order_by(F("district").asc(nulls_last=True), "-effective_from").first()


def do_not_disturb_until(business: Business, now: datetime) -> date | None:
    """The last day of the wish for peace that stands now; None where none does."""
    standing = DoNotDisturb.objects.filter(
        business=business, lifted_at__isnull=True, starts_at__lte=now, until_on__gte=day_of(now)
    )
    return standing.values_list("until_on", flat=True).first()
