"""Reads about codes. Never writes."""

from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.access import visible_to
from accounts.clock import end_of_day
from accounts.models import Organisation, User
from accounts.roles import Role
from visits.codes import rules
from visits.codes.models import Code, RefusedScan
from visits.register.models import Business, Grid
from visits.register.rules_code import normalise
from visits.register.rules_name import search_form

SUBJECTS = ("business__district", "officer__organisation", "grid__district")


def by_secret(secret: str) -> Code | None:
    return Code.objects.select_related(*SUBJECTS).filter(secret=secret).first()


def live(now: datetime, path: str = "") -> Q:
    """Neither revoked nor expired; for filters and prefetches of `Code`, or of what stands at `path` from it."""
    return Q(**{f"{path}revoked_at__isnull": True, f"{path}expires_at__gt": now})


def live_codes(now: datetime) -> Prefetch:
    """Prefetch for businesses: `business.live_codes` holds at most one."""
    return Prefetch("codes", queryset=Code.objects.filter(live(now)), to_attr="live_codes")


def live_code_of(officer: User, now: datetime) -> Code | None:
    return Code.objects.select_related(*SUBJECTS).filter(live(now), officer=officer).first()


def without_live_code(subjects: QuerySet, now: datetime) -> QuerySet:
    """Businesses, officers or grids that have no code to print."""
    return subjects.exclude(codes__in=Code.objects.filter(live(now)))


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


def subjects_seen_by(user: User, kind: str) -> QuerySet:
    """The businesses, officers or grids whose codes this person looks after. A closed business gets none."""
    if kind == Code.Kind.OFFICER:
        return officers_seen_by(user)
    if kind == Code.Kind.GRID:
        return visible_to(user, Grid)
    return visible_to(user, Business).exclude(status=Business.Status.CLOSED)


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


SOON = timedelta(days=30)


def soon(now: datetime) -> Q:
    """Live, but not for long."""
    return live(now) & Q(expires_at__lte=end_of_day(now + SOON))


STATES = [
    ("live", _("有效")), ("soon", _("30天内到期")), ("expired", _("已过期")), ("revoked", _("已作废")),
]  # fmt: skip
_STATE = {
    "live": live,
    "soon": soon,
    "expired": lambda now: Q(revoked_at__isnull=True, expires_at__lte=now),
    "revoked": lambda now: Q(revoked_at__isnull=False),
}


def find_codes(
    user: User, *, now: datetime, kind: str = "", state: str = "", search: str = ""
) -> QuerySet[Code]:
    """The codes a team looks after, newest first, each with `refused` scans counted; unknown words find nothing."""
    rows = _named(visible_to(user, Code), search).select_related(*SUBJECTS, "issued_by", "revoked_by")
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(_STATE[state](now)) if state in _STATE else rows.none()
    refused = (
        RefusedScan.objects.filter(code=OuterRef("pk")).order_by().values("code").annotate(n=Count("pk"))
    )
    return rows.annotate(refused=Coalesce(Subquery(refused.values("n")), 0)).order_by("-pk")


def count_codes(user: User, *, now: datetime, search: str = "") -> dict[tuple[str, str], int]:
    """{(kind, state): how many}, with "" for any, of the codes `find_codes` finds. One statement."""
    kinds = {"": Q(), **{kind: Q(kind=kind) for kind in Code.Kind.values}}
    states = {"": Q(), **{state: rule(now) for state, rule in _STATE.items()}}
    counted = {
        f"{kind}-{state}": Count("pk", filter=of_kind & in_state)
        for kind, of_kind in kinds.items() for state, in_state in states.items()
    }  # fmt: skip
    found = _named(visible_to(user, Code), search).aggregate(**counted)
    return {tuple(name.split("-")): count for name, count in found.items()}


def _named(rows: QuerySet[Code], search: str) -> QuerySet[Code]:
    if not search:
        return rows
    named = Q(business__name_search__contains=search_form(search)) | Q(
        business__credit_code=normalise(search)
    )
    named |= Q(officer__name__contains=search) | Q(grid__name__contains=search) | Q(grid__code=search)
    token = rules.read_token(search)
    return rows.filter(Q(secret=token[: rules.SECRET_LENGTH]) | named) if token else rows.filter(named)


def report_to(code: Code) -> Organisation | None:
    """Whom a stranger calls: the district team where the code belongs, if it has a telephone."""
    district = (
        code.business.district
        if code.business
        else code.grid.district
        if code.grid
        else code.officer.district
    )
    return district if district and district.phone else None
