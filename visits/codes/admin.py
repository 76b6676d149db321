"""Codes and refused scans in the admin: for looking only; issuing, renewing and revoking happen on the codes pages."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin_scope import ScopedAdmin
from accounts.roles import Do, Role
from visits.codes.models import Code, RefusedScan


@admin.register(Code)
class CodeAdmin(ScopedAdmin):
    """The secret is not shown: whoever has it can print the door."""

    may_view = Do.PRINT_CODES
    list_display = ("subject", "kind", "state", "version", "issued_at", "issued_by", "expires_at")
    list_filter = ("kind", ("issued_at", admin.DateFieldListFilter))
    list_select_related = ("business", "officer", "grid", "issued_by")
    search_fields = ("business__name", "business__credit_code__startswith", "officer__name", "grid__name")
    search_help_text = _("经营主体名称或信用代码、走访人员、网格")
    fields = (
        "subject", "kind", "version", "state", "issued_at", "issued_by", "expires_at", "revoked_at", "revoker",
        "revoked_reason",
    )  # fmt: skip
    readonly_fields = fields
    exports = (
        ("subject", _("对象")), ("kind", _("类别")), ("version", _("版次")), ("issued_at", _("制发时间")),
        ("expires_at", _("有效期至")), ("revoked_at", _("作废时间")), ("revoked_reason", _("作废原因")),
    )  # fmt: skip

    @display(description=_("对象"))
    def subject(self, code: Code) -> str:
        return str(code.business or code.officer or code.grid)

    @display(description=_("作废人"))
    def revoker(self, code: Code) -> str:
        return str(code.revoked_by or "—")

    @display(description=_("状态"), label={"live": "success", "expired": "warning", "revoked": "danger"})
    def state(self, code: Code) -> tuple[str, str]:
        if code.revoked_at:
            return "revoked", _("已作废")
        return ("expired", _("已过期")) if code.expires_at <= timezone.now() else ("live", _("有效"))


@admin.register(RefusedScan)
class RefusedScanAdmin(ScopedAdmin):
    """Copied, revoked and invented codes show here first."""

    may_view = (Role.CITY, Do.READ_AUDIT)
    list_display = ("scanned_at", "why", "scanned", "scanned_by", "code_subject")
    list_filter = ("reason", ("scanned_at", admin.DateFieldListFilter))
    list_select_related = ("scanned_by", "code__business", "code__officer", "code__grid")
    search_fields = ("token__startswith", "scanned_by__name", "scanned_by__username")
    search_help_text = _("扫到的内容、扫码人")
    fields = readonly_fields = ("scanned_at", "why", "scanned", "scanned_by", "code_subject")
    exports = (
        ("scanned_at", _("时间")), ("reason", _("原因")), ("token", _("扫到的内容")), ("scanned_by", _("扫码人")),
    )  # fmt: skip

    @display(
        description=_("原因"),
        label={
            "malformed": "info",
            "forged": "danger",
            "unknown": "info",
            "revoked": "warning",
            "expired": "warning",
            "not_yours": "warning",
        },
    )
    def why(self, scan: RefusedScan) -> tuple[str, str]:
        return scan.reason, scan.get_reason_display()

    @display(description=_("扫到的内容"))
    def scanned(self, scan: RefusedScan) -> str:
        return format_html("<code>{}</code>", scan.token)

    @display(description=_("对应的码"))
    def code_subject(self, scan: RefusedScan) -> str:
        code = scan.code
        return str(code.business or code.officer or code.grid) if code else "—"

    def get_search_results(self, request: HttpRequest, queryset, search_term: str):
        # printed in groups, stored as one word
        return super().get_search_results(request, queryset, search_term.replace("-", "").strip())
