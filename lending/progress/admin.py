"""Cases and their events in the admin, and the bank's page of a recommendation with its case line and timeline."""

import json
from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin_scope import ScopedAdmin
from accounts.models import User
from accounts.roles import Role
from accounts.templatetags.doorstep import shanghai, wan
from lending.bank_decision.admin import RecommendationInbox
from lending.models import Event, FinancingCase, Recommendation
from lending.progress import queries, words
from lending.progress.line import interim, line
from lending.progress.timeline import timeline
from lending.progress.viewer import viewer_of


@admin.register(Recommendation)
class RecommendationAdmin(RecommendationInbox):
    def story(self, row: Recommendation, user: User, now: datetime) -> dict:
        viewer = viewer_of(user)
        case = queries.with_story(queries.cases_seen_by(user), viewer).get(pk=row.case_id)
        events = [
            {"at": entry.at, "event": entry.name, "by": entry.by, "organisation": entry.organisation,
             "detail": entry.detail, "state": entry.state}
            for entry in reversed(timeline(case, viewer))
        ]  # fmt: skip
        steps = interim(case, now, row.bank_id)
        return {"line": line(case, viewer, now), "events": events, "interim": steps}


class ReadOnly(ScopedAdmin):
    """Written by services alone."""

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


@admin.register(FinancingCase)
class FinancingCaseAdmin(ReadOnly):
    """For the city; teams and banks have pages of their own."""

    may_view = Role.CITY
    list_display = ("number", "business", "district", "amount", "stage", "since")
    list_filter = ("district", "stage")
    list_select_related = ("business", "district")
    search_fields = ("number", "business__credit_code", "business__name")
    search_help_text = _("办件编号、信用代码、企业名称")
    ordering = ("-opened_at",)
    fields = (
        "number", "business", "district", "amount", "stage", "stage_since", "opened_at", "closed_at",
    )  # fmt: skip
    exports = (
        ("number", _("办件编号")), ("business.name", _("企业名称")), ("business.credit_code", _("统一社会信用代码")),
        ("district.name", _("区")), ("amount", _("需求金额(万元)")), ("stage", _("环节")), ("stage_since", _("进入环节时间")),
        ("opened_at", _("立件时间")), ("closed_at", _("办结时间")),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> tuple[str, ...]:
        return self.fields

    @display(description=_("需求金额(万元)"), ordering="amount_yuan")
    def amount(self, row: FinancingCase) -> str:
        return wan(row.amount_yuan)

    @display(description=_("进入环节"), ordering="stage_since")
    def since(self, row: FinancingCase) -> str:
        return shanghai(row.stage_since)


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The chain of events, for the auditor and the city. `manage.py verify_audit` checks that it holds. The auditor
    reads who did what and when and the digests, and neither the detail nor the stage a case came to
    (docs/decisions/0015-what-the-auditor-reads.md)."""

    may_view = (Role.AUDITOR, Role.CITY)
    list_display = ("at_shanghai", "case_number", "place", "name", "to_stage", "by", "office", "short_digest")
    list_filter = ("to_stage", "case__district")
    list_select_related = ("case", "by", "organisation")
    search_fields = ("case__number", "by__username", "by__name")
    search_help_text = _("办件编号、经办人")
    ordering = ("-id",)
    fields = (
        "at_shanghai", "case_number", "place", "name", "stages", "by", "office", "bound_bank", "told", "link",
    )  # fmt: skip
    exports = (
        ("at", _("时间")), ("case.number", _("办件编号")), ("seq", _("序号")), ("name", _("事件")), ("kind", _("事件代码")), ("from_stage", _("原环节")),
        ("to_stage", _("环节")), ("by.username", _("经办账号")), ("by.name", _("经办人")), ("organisation.name", _("机构")),
        ("digest", _("摘要")),
    )  # fmt: skip
    # what the auditor is not shown; `name` says what a bank decided, so the kind alone stands in its place
    business_data = ("to_stage", "from_stage", "stages", "bound_bank", "told")

    def _columns(self, request: HttpRequest, names: tuple) -> tuple:
        if request.user.role != Role.AUDITOR:
            return names
        return tuple(
            "kind_name" if name == "name" else name for name in names if name not in self.business_data
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self._columns(request, self.list_display)

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return self._columns(request, self.list_filter)

    def get_fields(self, request: HttpRequest, obj=None) -> tuple[str, ...]:
        return self._columns(request, self.fields)

    def exports_for(self, request: HttpRequest) -> tuple[tuple[str, str], ...]:
        headings = dict(self.exports) | {"kind_name": _("事件")}
        return tuple((name, headings[name]) for name in self._columns(request, tuple(dict(self.exports))))

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> tuple[str, ...]:
        return self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case", "by", "organisation", "bank")

    @display(description=_("时间"), ordering="at")
    def at_shanghai(self, row: Event) -> str:
        return shanghai(row.at, "full")

    @display(description=_("事件"), ordering="kind")
    def name(self, row: Event) -> str:
        return words.name_of(row.kind, row.detail)

    @display(description=_("事件"), ordering="kind")
    def kind_name(self, row: Event) -> str:
        """The kind alone: what a bank decided stands in the detail."""
        return words.name_of(row.kind, {})

    @display(description=_("办件编号"), ordering="case__number")
    def case_number(self, row: Event) -> str:
        return row.case.number

    @display(description=_("序号"))
    def place(self, row: Event) -> int:
        return row.seq

    @display(description=_("环节变化"))
    def stages(self, row: Event) -> str:
        left = row.get_from_stage_display()
        return f"{left} → {row.get_to_stage_display()}" if left else row.get_to_stage_display()

    @display(description=_("机构"), ordering="organisation__name", empty_value="—")
    def office(self, row: Event) -> str | None:
        return row.organisation and row.organisation.name

    @display(description=_("相关银行"), empty_value="—")
    def bound_bank(self, row: Event) -> str | None:
        return row.bank and row.bank.name

    @display(description=_("内容"))
    def told(self, row: Event) -> str:
        return json.dumps(row.detail, ensure_ascii=False, indent=1, sort_keys=True)

    @display(description=_("链上摘要(前 → 本)"))
    def link(self, row: Event) -> str:
        return f"{row.previous_digest or '—'} → {row.digest}"

    @display(description=_("摘要"))
    def short_digest(self, row: Event) -> str:
        return row.digest[:12]
