"""Visits in the admin: for looking only."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from accounts.admin_scope import ScopedAdmin
from accounts.punctuation import listed
from accounts.roles import Role
from accounts.templatetags.doorstep import shanghai
from visits.field.models import Visit
from visits.field.rows import missing_words

# the theme shows the bare value of what has no colour, so every outcome has one
COLOURS = dict.fromkeys(Visit.Outcome.values, "info") | {
    Visit.Outcome.NEED: "success", Visit.Outcome.UNREACHABLE: "warning", Visit.Outcome.WRONG_ADDRESS: "warning",
    Visit.Outcome.CLOSED_DOWN: "warning", "annulled": "danger",
}  # fmt: skip


@admin.register(Visit)
class VisitAdmin(ScopedAdmin):
    may_view = (Role.CITY,)
    list_display = ("business", "result", "officer", "organisation", "started", "case")
    list_filter = ("outcome", "mode", "district", ("started_at", admin.DateFieldListFilter))
    list_select_related = ("business", "officer", "organisation", "district")
    search_fields = ("business__name", "business__credit_code__startswith", "case_number", "officer__name")
    search_help_text = _("经营主体、办件编号、走访人员")
    date_hierarchy = None  # counts every day of the table on every page
    fields = readonly_fields = (
        "business", "outcome", "mode", "officer", "organisation", "district", "scanned", "started_at", "ended_at",
        "recorded_at", "position", "note", "case_number", "lacking", "annulled_at", "annulled", "annulled_reason",
    )  # fmt: skip
    exports = (
        ("business", _("经营主体")), ("outcome", _("结果")), ("mode", _("方式")), ("officer", _("走访人员")),
        ("organisation", _("走访单位")), ("district", _("区")), ("started_at", _("开始")),
        ("case_number", _("办件编号")), ("annulled_at", pgettext_lazy("visit", "作废时间")),
    )  # fmt: skip

    @display(description=_("结果"), label=COLOURS)
    def result(self, visit: Visit) -> tuple[str, str]:
        if visit.annulled_at:
            return "annulled", pgettext_lazy("visit", "已作废")
        return visit.outcome, visit.get_outcome_display()

    @display(description=_("开始"), ordering="started_at")
    def started(self, visit: Visit) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', shanghai(visit.started_at, "full"))

    @display(description=_("办件编号"), ordering="case_number")
    def case(self, visit: Visit) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', visit.case_number or "—")

    @display(description=_("还差"))
    def lacking(self, visit: Visit) -> str:
        return listed(missing_words(visit)) or "—"

    @display(description=pgettext_lazy("visit", "作废人"))
    def annulled(self, visit: Visit) -> str:
        return str(visit.annulled_by or "—")

    @display(description=_("扫门牌码"), boolean=True)
    def scanned(self, visit: Visit) -> bool:
        return visit.code_id is not None

    @display(description=_("位置"))
    def position(self, visit: Visit) -> str:
        return f"{visit.lat}, {visit.lon} ±{visit.accuracy_m or '?'} m" if visit.lat is not None else "—"
