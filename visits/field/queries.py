"""Reads about visits and about whom to visit. Never writes."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value

from accounts.access import visible_to
from accounts.clock import SHANGHAI, day_of
from accounts.models import Organisation, User
from visits.field.models import FinancingNeed, Visit
from visits.protection.queries import facts, with_protection
from visits.register.models import Business

PLAN_FOR_A_DAY = 15  # how many of the assigned businesses make up one day's ring
SAME_VISIT = timedelta(minutes=10)  # a second form for the same door so soon is asked about
NEED_IS_FRESH = timedelta(days=90)
DAYS_TRIED = "(SELECT f.days FROM visits_days_tried(%(expressions)s) AS f (days))"


def visit_by_id(visit_id: UUID) -> Visit | None:
    return Visit.objects.filter(pk=visit_id).first()


def organisations_by_code(codes: Collection[str]) -> dict[str, Organisation]:
    return {o.code: o for o in Organisation.objects.filter(code__in=codes, is_active=True)} if codes else {}


def banks() -> QuerySet[Organisation]:
    """Banks an owner may choose from."""
    return Organisation.objects.filter(kind=Organisation.Kind.BANK, is_active=True).order_by("code")


def own_visits(officer: User) -> QuerySet[Visit]:
    """What this person may see of visits, newest first, with what a list shows."""
    return (
        visible_to(officer, Visit)
        .select_related("business", "officer", "organisation")
        .order_by("-recorded_at", "-pk")
    )


def with_last_visit(businesses: QuerySet[Business]) -> QuerySet[Business]:
    """Adds `last_visit_at` and `last_outcome` of the latest visit that stands, whoever made it."""
    last = Visit.objects.filter(business=OuterRef("pk"), annulled_at__isnull=True).order_by("-started_at")
    return businesses.annotate(
        last_visit_at=Subquery(last.values("started_at")[:1]),
        last_outcome=Subquery(last.values("outcome")[:1]),
    )


def with_what_a_row_shows(businesses: QuerySet[Business], officer: User, now: datetime) -> list[Business]:
    """The businesses with `last_visit_at`, `last_outcome`, `facts` (of protection) and `tried` (days in vain), in one
    statement; `rows.marks` and `rows.business_row` read them."""
    tried = Func(F("pk"), Value(now), template=DAYS_TRIED, output_field=IntegerField())
    found = list(with_protection(with_last_visit(businesses).annotate(tried=tried), officer=officer, at=now))
    for business in found:
        business.facts = facts(business, officer=officer, at=now)
    return found


def done_today(officer: User, now: datetime) -> list[Business]:
    """Businesses this officer has called on since midnight in Shanghai, met or in vain, the latest first; as `with_what_a_row_shows`."""
    today = Visit.objects.filter(officer=officer, started_at__gte=midnight(now), annulled_at__isnull=True)
    been = Business.objects.filter(pk__in=today.values("business"))
    return sorted(with_what_a_row_shows(been, officer, now), key=lambda one: one.last_visit_at, reverse=True)


def plan_of_the_day(*, done: int, waiting: int) -> dict[str, int]:
    """The ring: what is done of what one day holds; more than planned fills it and never overfills it."""
    return {"done": done, "total": done + min(waiting, max(PLAN_FOR_A_DAY - done, 0))}


def midnight(now: datetime) -> datetime:
    return datetime.combine(day_of(now), time(), SHANGHAI)


def own_visit(officer: User, visit_id: str) -> Visit | None:
    """This officer's visit of that id, whatever text the id was sent as."""
    try:
        key = UUID(visit_id)
    except ValueError:
        return None
    return Visit.objects.select_related("business__district").filter(pk=key, officer=officer).first()


def contact_known(business: Business, officer: User) -> dict[str, str]:
    """`contact_name` and `contact_phone` to fill in beforehand: from the visits this officer may see, else from the
    register where they may see the business; a door code alone gives nobody a telephone number."""
    told = FinancingNeed.objects.filter(
        business=business, visit__in=_standing(officer), contact_phone__gt=""
    ).order_by("-visit__started_at")
    if known := told.values("contact_name", "contact_phone").first():
        return known
    if business.phone and visible_to(officer, Business).filter(pk=business.pk).exists():
        return {"contact_name": "", "contact_phone": business.phone}
    return {"contact_name": "", "contact_phone": ""}


def need_known(business: Business, officer: User, now: datetime) -> FinancingNeed | None:
    """What this officer wrote down at an earlier visit of the last months, so that it is not typed twice."""
    recent = _standing(officer).filter(business=business, started_at__gte=now - NEED_IS_FRESH)
    return FinancingNeed.objects.filter(visit__in=recent).order_by("-visit__started_at").first()


def _standing(officer: User) -> QuerySet[Visit]:
    """What was annulled may have been said of another firm."""
    return visible_to(officer, Visit).filter(annulled_at__isnull=True)


def just_recorded(business: Business, officer: User, visit_id: str, now: datetime) -> Visit | None:
    """This officer's visit of this business of the last minutes, other than the one being sent: a form that came back
    by the browser's back button carries a new id, and would be a second visit that nobody made."""
    found = Visit.objects.filter(
        business=business, officer=officer, annulled_at__isnull=True, recorded_at__gt=now - SAME_VISIT
    )
    return found.exclude(pk=visit_id).order_by("-recorded_at").first()


def need_of(visit: Visit) -> FinancingNeed | None:
    return FinancingNeed.objects.filter(visit=visit).first()
