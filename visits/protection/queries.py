"""What is known about the peace of a firm. Never writes."""

from datetime import date, datetime

from django.db.models import Expression, F, JSONField, Q, QuerySet

from accounts.clock import day_of
from accounts.models import Organisation, User
from visits.protection import rules
from visits.protection.models import DoNotDisturb, VisitPolicy
from visits.register.models import Business


class Told(Expression):
    """`visits_protection(…)` of the row: one scalar, in the statement of the business. Written out and not made of
    `Func` and `Cast`, because the record path pays for compiling it with every visit."""

    def __init__(self, *, district: int | None, house: int | None, at: datetime) -> None:
        super().__init__(output_field=JSONField())
        self.about, self.table = (district, house, at), ""

    def resolve_expression(self, query=None, *args, **kwargs) -> "Told":
        found = self.copy()
        found.table = query.get_initial_alias()
        return found

    def as_sql(self, compiler, connection) -> tuple[str, tuple]:
        row = connection.ops.quote_name(self.table)
        own = f"{row}.id, {row}.grid_id, coalesce({row}.district_id, %s::bigint)"
        return f"visits_protection({own}, %s::bigint, %s::timestamptz)", self.about


def with_protection(businesses: QuerySet[Business], *, officer: User, at: datetime) -> QuerySet[Business]:
    """Adds `protection`, all that is known at `at` for a visit of this officer, in the statement of the rows;
    `facts(business, officer=…, at=…)` reads it. Visits that came in late count as of when they were made."""
    place = officer.district and officer.district.pk
    return businesses.annotate(protection=Told(district=place, house=house_of(officer), at=at))


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
