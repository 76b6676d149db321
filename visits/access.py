"""Who sees which businesses, codes, consents and visits. A bank's view of businesses is added by lending."""

from django.db.models import Exists, OuterRef, Q

from accounts.access import EVERYTHING, sees
from accounts.models import User
from accounts.roles import Role
from visits.codes.queries import of_district
from visits.models import (
    Assignment,
    Business,
    BusinessList,
    Code,
    CodeBatch,
    Consent,
    ConsentNotice,
    DoNotDisturb,
    FinancingNeed,
    Grid,
    ImportRejection,
    ImportRun,
    ListMembership,
    OwnerReport,
    RefusedScan,
    Visit,
    VisitPhoto,
    VisitPolicy,
)
from visits.register.queries import in_force_today

ANY_ROLE = tuple(Role)
OFFICE = (Role.PANEL, Role.CITY)


@sees(BusinessList, *ANY_ROLE)
@sees(ConsentNotice, *ANY_ROLE)
@sees(VisitPolicy, *ANY_ROLE)
def everybody(user: User) -> Q:
    return EVERYTHING


@sees(Business, Role.CITY)
@sees(Grid, Role.CITY)
@sees(Code, Role.CITY)
@sees(CodeBatch, Role.CITY)
@sees(RefusedScan, Role.CITY)
@sees(Consent, Role.CITY)
@sees(Visit, Role.CITY)
@sees(VisitPhoto, Role.CITY)
@sees(FinancingNeed, Role.CITY)
@sees(ListMembership, Role.CITY)
@sees(Assignment, Role.CITY)
@sees(DoNotDisturb, Role.CITY)
@sees(ImportRun, Role.CITY)
@sees(ImportRejection, Role.CITY)
@sees(RefusedScan, Role.AUDITOR)
@sees(OwnerReport, Role.CITY, Role.AUDITOR)
def whole_city(user: User) -> Q:
    return EVERYTHING


def assigned_to(user: User) -> Q:
    """Businesses on a list × grid that this officer walks today."""
    mine = Assignment.objects.filter(
        in_force_today(), officer=user, grid=OuterRef("grid"), list__memberships__business=OuterRef("pk")
    )
    return Q(Exists(mine))


@sees(Business, Role.FIELD_OFFICER)
def businesses_of_the_officer(user: User) -> Q:
    """The district they walk (register entries are public facts there), what they are assigned and have visited."""
    visited = Visit.objects.filter(officer=user, business=OuterRef("pk"))
    seen = Q(Exists(visited)) | assigned_to(user)
    return seen | Q(district=user.district) if user.district else seen


@sees(Business, Role.PANEL)
@sees(Grid, Role.PANEL, Role.FIELD_OFFICER)
def of_the_district(user: User) -> Q:
    return Q(district=user.district) if user.district else Q(pk__in=[])


@sees(Visit, Role.FIELD_OFFICER)
def own_visits(user: User) -> Q:
    return Q(officer=user)


@sees(FinancingNeed, Role.FIELD_OFFICER)
@sees(VisitPhoto, Role.FIELD_OFFICER)
def by_own_visit(user: User) -> Q:
    return Q(visit__officer=user)


@sees(Visit, Role.PANEL)
def visits_of_the_district(user: User) -> Q:
    return Q(district=user.district, district__isnull=False)


@sees(VisitPhoto, Role.PANEL)
def photos_of_the_district(user: User) -> Q:
    return Q(visit__district=user.district, visit__district__isnull=False)


@sees(FinancingNeed, Role.PANEL)
def needs_of_the_district(user: User) -> Q:
    """An owner's own need has no visit; it belongs to the district of the firm."""
    if user.district is None:
        return Q(pk__in=[])
    return Q(visit__district=user.district) | Q(visit__isnull=True, business__district=user.district)


@sees(OwnerReport, Role.PANEL)
def reports_of_the_district(user: User) -> Q:
    return Q(district=user.district, district__isnull=False)


@sees(Consent, Role.PANEL)
@sees(DoNotDisturb, Role.PANEL)
@sees(ListMembership, Role.PANEL)
def by_business_of_the_district(user: User) -> Q:
    return Q(business__district=user.district, business__district__isnull=False)


@sees(Assignment, Role.PANEL)
def assignments_of_the_district(user: User) -> Q:
    return Q(grid__district=user.district, grid__district__isnull=False)


@sees(Assignment, Role.FIELD_OFFICER)
def own_assignments(user: User) -> Q:
    return Q(officer=user)


@sees(Code, Role.PANEL)
def codes_of_the_district(user: User) -> Q:
    place = Q(business__district=user.district) | Q(grid__district=user.district)
    if user.district is None:
        return Q(pk__in=[])
    return place | of_district("officer__organisation", user.district)


@sees(CodeBatch, Role.PANEL)
def batches_of_the_district(user: User) -> Q:
    return Q(district=user.district, district__isnull=False)


@sees(Code, Role.FIELD_OFFICER)
def own_code(user: User) -> Q:
    return Q(officer=user)
