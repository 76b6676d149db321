"""Reports and complaints in the admin: for looking only; they are answered on the desk."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin_scope import ScopedAdmin
from accounts.roles import Role
from visits.intake.models import OwnerReport


@admin.register(OwnerReport)
class OwnerReportAdmin(ScopedAdmin):
    may_view = (Role.CITY, Role.AUDITOR)
    list_display = ("number", "kind", "district", "officer", "firm", "made_at", "answered_at", "answered_by")
    list_filter = (
        "kind",
        ("answered_at", admin.EmptyFieldListFilter),
        ("made_at", admin.DateFieldListFilter),
    )
    list_select_related = ("district", "officer", "business", "answered_by")
    fields = readonly_fields = (
        "number", "kind", "district", "officer", "firm", "case_number", "text", "made_at", "answer", "answered_by",
        "answered_at",
    )  # fmt: skip

    @display(description=_("受理编号"), ordering="pk")
    def number(self, report: OwnerReport) -> str:
        return report.reference

    @display(description=_("经营主体"))
    def firm(self, report: OwnerReport) -> str:
        return str(report.business or "—")
