"""The bank's inbox in the admin: a list to work through, most urgent first. The pages of one item are in `admin_case`."""

import unicodedata
from datetime import datetime
from functools import partial

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.access import may
from accounts.admin_export import Due
from accounts.admin_scope import ScopedAdmin
from accounts.errors import Refusal
from accounts.roles import BANK_ROLES, Do, Role
from accounts.templatetags.doorstep import is_english
from accounts.templatetags.language import spoken
from lending.bank_decision import inbox, queries, services
from lending.bank_decision.admin_case import CasePages
from lending.bank_decision.admin_feedback import FeedbackPages
from lending.bank_decision.models import DeclineReason
from lending.models import Recommendation
from lending.sla.chips import linked

PART = "lending/bank_decision/"


class InboxChangeList(ChangeList):
    """The heap chosen by `?tab=` beneath the search and the filters."""

    def get_filters_params(self, params=None) -> dict:
        kept = super().get_filters_params(params)
        kept.pop("tab", None)
        return kept

    def get_queryset(self, request: HttpRequest, exclude_parameters=None) -> QuerySet:
        rows, now = super().get_queryset(request, exclude_parameters), timezone.now()
        return queries.with_late_steps(rows.filter(inbox.condition(inbox.current(request), now)), now)


class RecommendationInbox(FeedbackPages, CasePages, ScopedAdmin):
    """Read-only: every deed is a service called under its own right."""

    may_view = (*BANK_ROLES, Role.CITY)
    list_display = ("firm", "amount", "purpose", "district", "pushed")
    list_display_links = None
    ordering = ("deadline__due_at", "pk")
    list_filter = ("case__district", "branch", "case__need__purpose", "case__business__kind")
    search_fields = (
        "case__business__name",
        "case__business__name_search",
        "case__business__credit_code",
        "case__number",
    )
    search_help_text = gettext_lazy("企业名称、信用代码、办件编号")
    actions = ("receive_many", "allot_many")
    list_before_template = f"{PART}tabs.html"
    exports = (
        ("case.number", gettext_lazy("办件编号")), ("list.number", gettext_lazy("清单编号")),
        ("case.business.name", gettext_lazy("企业名称")), ("case.business.credit_code", gettext_lazy("统一社会信用代码")),
        ("case.district.name", gettext_lazy("区")), ("amount_wan", gettext_lazy("需求金额(万元)")),
        ("purpose", gettext_lazy("用途")), ("branch.name", gettext_lazy("承办网点")), ("state", gettext_lazy("状态")),
        ("pushed_at", gettext_lazy("推送时间")), ("due", gettext_lazy("到期")), ("received_at", gettext_lazy("接收时间")),
        ("contacted_at", gettext_lazy("对接时间")), ("outcome", gettext_lazy("决定")), ("line_wan", gettext_lazy("授信额度(万元)")),
        ("rate", gettext_lazy("年利率(%)")), ("reason", gettext_lazy("未授信原因")),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return queries.with_all_that_a_row_shows(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pushed_at", "-pk") if inbox.current(request) in inbox.DONE else self.ordering

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return InboxChangeList

    def get_list_display(self, request: HttpRequest) -> list:
        """The clock and the last column depend on who looks and when; the others are the same for everybody."""
        may_decide = may(request.user, Do.DECIDE)
        clock = column(partial(show_clock, timezone.now()), _("时限"), "clock", "deadline__due_at")
        deeds = column(
            partial(show_deeds, may_decide, request.GET.urlencode() or "tab=todo"), _("办理"), "deeds"
        )
        return [clock, *self.list_display, deeds]

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        feedback = self.url("feedback") if may(request.user, Do.DECIDE) else None
        extra = {"title": _("推荐办理"), "tabs": inbox.tabs(request), "feedback_url": feedback} | (
            extra_context or {}
        )
        return super().changelist_view(request, extra)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple:
        """Full-width letters and digits are what a Chinese keyboard types when nobody looks."""
        return super().get_search_results(request, queryset, unicodedata.normalize("NFKC", search_term))

    def get_actions(self, request: HttpRequest) -> dict:
        rights = {"receive_many": Do.DECIDE, "allot_many": Do.ALLOT}
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if name in rights and may(request.user, rights[name])
        }

    @admin.action(description=gettext_lazy("接收所选"))
    def receive_many(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Row by row, each in its own transaction: one that is refused does not undo the others."""
        now, done, refused = timezone.now(), 0, []
        for row in queryset:
            try:
                services.receive(recommendation=row, by=request.user, now=now)
                done += 1
            except Refusal as refusal:
                refused.append(f"{row.case.business.name}({row.case.number}):{refusal.sentence}")
        if done:
            said = ngettext("已接收 %(done)d 笔。", "已接收 %(done)d 笔。", done) % {"done": done}
            self.message_user(request, said, messages.SUCCESS)
        for sentence in refused:
            self.message_user(request, sentence, messages.WARNING)

    @admin.action(description=gettext_lazy("分派承办网点"))
    def allot_many(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self.choose_branch(request, queryset)

    @display(description=gettext_lazy("企业"), ordering="case__business__name")
    def firm(self, row: Recommendation) -> str:
        return render_to_string(f"{PART}firm.html", {"row": row, "url": self.url("change", row)})

    @display(description=gettext_lazy("金额(万元)"), ordering="case__amount_yuan")
    def amount(self, row: Recommendation) -> str:
        return render_to_string(
            f"{PART}amount.html",
            {"yuan": queries.requested_yuan(row), "decision": queries.decision_shown(row)},
        )

    @display(description=gettext_lazy("用途"))
    def purpose(self, row: Recommendation) -> str:
        return spoken((row.snapshot.get("need") or {}).get("purpose_name")) or "—"

    @display(description=gettext_lazy("区与网点"), ordering="case__district__code")
    def district(self, row: Recommendation) -> str:
        return render_to_string(f"{PART}place.html", {"row": row})

    @display(description=gettext_lazy("推送与清单"), ordering="pushed_at")
    def pushed(self, row: Recommendation) -> str:
        return render_to_string(f"{PART}pushed.html", {"row": row})

    # --- columns of the export ---
    def amount_wan(self, row: Recommendation):
        return in_wan(queries.requested_yuan(row))

    def due(self, row: Recommendation) -> Due:
        return Due.of(row.deadline.due_at)

    def outcome(self, row: Recommendation) -> str | None:
        decision = queries.decision_shown(row)
        return decision and decision.get_outcome_display()

    def line_wan(self, row: Recommendation):
        decision = queries.decision_shown(row)
        return decision and in_wan(decision.credit_line_yuan)

    def rate(self, row: Recommendation):
        decision = queries.decision_shown(row)
        return decision and decision.annual_rate_pct

    def reason(self, row: Recommendation) -> str | None:
        decision = queries.decision_shown(row)
        return decision and decision.reason and str(decision.reason)


def in_wan(yuan):
    """In English the column says yuan, as everywhere (`wan`)."""
    return yuan if yuan is None or is_english() else yuan / 10_000


def column(show, title: str, name: str, ordering: str | None = None):
    """A column whose content needs the request or the clock."""

    @display(description=title, ordering=ordering)
    def cell(row: Recommendation) -> str:
        return show(row)

    cell.__name__ = name
    return cell


def show_clock(now: datetime, row: Recommendation) -> str:
    context = {"chip": linked(row.deadline, now), "late_steps": inbox.late_words(row.late_steps)}
    return render_to_string(f"{PART}clock.html", context)


def show_deeds(may_decide: bool, query: str, row: Recommendation) -> str:
    decision = queries.decision_shown(row)
    context = {"row": row, "may_decide": may_decide, "query": query, "decision": decision}
    return render_to_string(f"{PART}deeds.html", context)


@admin.register(DeclineReason)
class DeclineReasonAdmin(ScopedAdmin):
    """未授信原因: the city keeps the table; a code once used is switched off, never deleted."""

    may_view = (*BANK_ROLES, Role.CITY, Role.AUDITOR)
    may_add = may_change = Do.EDIT_RULES
    list_display = ("code", "name", "department", "remedy", "is_repairable", "min_text_length", "is_active")
    list_filter = ("is_repairable", "is_active")
    search_fields = ("code", "name", "department")

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> tuple[str, ...]:
        return ("code",) if obj else ()
