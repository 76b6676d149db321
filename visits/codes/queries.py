"""Reads about codes. Never writes."""

from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from accounts.access import visible_to
from accounts.models import Organisation, User
from accounts.roles import Role
from visits.codes.models import Code
from visits.register.models import Business, Grid

SUBJECTS = ("business__district", "officer__organisation", "grid__district")


def by_secret(secret: str) -> Code | None:
    return Code.objects.select_related(*SUBJECTS).filter(secret=secret).first()


def live(now: datetime) -> Q:
    """Neither revoked nor expired; for filters and prefetches of `Code`."""
    return Q(revoked_at__isnull=True, expires_at__gt=now)


def live_codes(now: datetime) -> Prefetch:
    """Prefetch for businesses: `business.live_codes` holds at most one."""
    return Prefetch("codes", queryset=Code.objects.filter(live(now)), to_attr="live_codes")


def live_code_of(officer: User, now: datetime) -> Code | None:
    return Code.objects.select_related(*SUBJECTS).filter(live(now), officer=officer).first()


def without_live_code(businesses: QuerySet[Business], now: datetime) -> QuerySet[Business]:
    return businesses.exclude(codes__in=Code.objects.filter(live(now)))


def of_district(path: str, district: Organisation) -> Q:
    """Organisations at `path` that work in the district: its team, its subdistricts, branches that stand in it."""
    return Q(**{path: district}) | Q(**{f"{path}__parent": district}) | Q(**{f"{path}__district": district})


def officers_seen_by(user: User) -> QuerySet[User]:
    """The field officers whose codes this person looks after: those of the district, for the city all."""
    officers = User.objects.filter(role=Role.FIELD_OFFICER, is_active=True).select_related("organisation")
    if user.role == Role.CITY:
        return officers
    if user.role != Role.PANEL or user.district is None:
        return officers.none()
    return officers.filter(of_district("organisation", user.district))


def is_seen_by(code: Code, user: User) -> bool:
    """Whether this signed-in person may know what the code stands for. A visitor's code is for everyone to check;
    an officer who stands at a door may visit there, whoever the business is assigned to."""
    if code.officer:
        return True
    if code.business:
        if user.role == Role.FIELD_OFFICER:
            return True
        return visible_to(user, Business).filter(pk=code.business_id).exists()
    return visible_to(user, Grid).filter(pk=code.grid_id).exists()


def managed_by(user: User) -> QuerySet[Code]:
    """The codes a team looks after, newest first."""
    return visible_to(user, Code).select_related(*SUBJECTS)
