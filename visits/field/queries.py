"""Reads about visits and about whom to visit. Never writes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.access import visible_to
from accounts.models import Organisation, User
from visits.access import assigned_to
from visits.field.models import Visit
from visits.register.models import Business

PLAN_FOR_A_DAY = 15  # how many of the assigned businesses make up one day's ring
RECENT = timedelta(days=30)  # a visit by anyone within this time is told to whoever comes next


def visit_by_id(visit_id: UUID) -> Visit | None:
    return Visit.objects.filter(pk=visit_id).first()


def business_to_visit(credit_code: str, officer: User) -> Business | None:
    return visible_to(officer, Business).select_related("district").filter(credit_code=credit_code).first()


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
    """Adds `last_visit_at`, `last_visit_by` (organisation) and `last_outcome` of the latest visit that stands."""
    last = Visit.objects.filter(business=OuterRef("pk"), annulled_at__isnull=True).order_by("-started_at")
    return businesses.annotate(
        last_visit_at=Subquery(last.values("started_at")[:1]),
        last_visit_by=Subquery(last.values("organisation__name")[:1]),
        last_outcome=Subquery(last.values("outcome")[:1]),
    )


def to_visit(officer: User) -> QuerySet[Business]:
    """Assigned to this officer: those nobody has visited first, then those visited longest ago."""
    assigned = Business.objects.filter(assigned_to(officer)).exclude(status=Business.Status.CLOSED)
    return with_last_visit(assigned).order_by(F("last_visit_at").asc(nulls_first=True), "address", "pk")


def visited_today(officer: User, now: datetime) -> int:
    """Distinct businesses since midnight in Shanghai."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Visit.objects.filter(officer=officer, started_at__gte=midnight, annulled_at__isnull=True)
    return today.values("business").distinct().count()
