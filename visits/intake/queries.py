"""Reads for the owner's pages and for the desk that answers reports. Never writes."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.access import visible_to
from accounts.models import Organisation, User
from accounts.navigation import counted
from visits.codes.models import Code
from visits.field import queries as field
from visits.intake.models import OwnerDeclaration, OwnerReport


def declaration_by_id(pk: UUID) -> OwnerDeclaration | None:
    return OwnerDeclaration.objects.select_related("need__business__district").filter(pk=pk).first()


def organisations_by_code(codes: Collection[str]) -> dict[str, Organisation]:
    return field.organisations_by_code(codes)


def banks() -> QuerySet[Organisation]:
    return field.banks()


def district_of(code: Code) -> Organisation | None:
    """Whose team looks after what the code stands for."""
    if code.business:
        return code.business.district
    return code.grid.district if code.grid else code.officer.district


def report_by_form(form_id: UUID) -> OwnerReport | None:
    return OwnerReport.objects.filter(form_id=form_id).first()


def complaints_of(case_number: str) -> QuerySet[OwnerReport]:
    """What the owner wrote behind the link of this case, the newest first."""
    return OwnerReport.objects.filter(case_number=case_number).exclude(kind=OwnerReport.Kind.SUSPICIOUS)


def reports_seen_by(user: User, *, is_open: bool | None = None, kind: str = "") -> QuerySet[OwnerReport]:
    """The desk's list: those without an answer first, the longest waiting on top; then the answered, newest first."""
    rows = visible_to(user, OwnerReport).select_related(
        "officer__organisation", "business", "district", "answered_by", "code"
    )
    if is_open is not None:
        rows = rows.filter(answered_at__isnull=is_open)
    if kind:
        rows = rows.filter(kind=kind) if kind in OwnerReport.Kind else rows.none()
    return rows.order_by(F("answered_at").desc(nulls_first=True), "made_at", "pk")


@counted("owner-reports")
def waiting_for_an_answer(user: User) -> int:
    return visible_to(user, OwnerReport).filter(answered_at__isnull=True).count()
