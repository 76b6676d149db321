"""The ledger of letters, what became of each, the reports of mail systems, and the passes of the sweep. Nothing is
edited here; a letter is sent again with a reason."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.admin_scope import ScopedAdmin, is_allowed
from accounts.errors import Refusal
from accounts.roles import BANK_ROLES, Do, Role
from accounts.templatetags.doorstep import shanghai
from lending.sla import resending
from lending.sla.models import Alert, DeliveryReport, Stall, Sweep
from lending.sla.outcomes import become, moment_of

OFFICE = (Role.CITY, Role.AUDITOR)
STATE_COLOURS = {
    Alert.State.PENDING: "info",
    Alert.State.SENT: "success",
    Alert.State.DELIVERED: "success",
    Alert.State.BOUNCED: "danger",
    Alert.State.GIVEN_UP: "danger",
    Alert.State.DROPPED: "default",
}


def _is_bank(request: HttpRequest) -> bool:
    return request.user.role in BANK_ROLES


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("重发理由"),
        max_length=resending.REASON,
        help_text=_("会记入提醒台账,例如:收件人称未收到。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@admin.register(Alert)
class AlertAdmin(ScopedAdmin):
    may_view = (*OFFICE, *BANK_ROLES)
    list_display = (
        "case_number", "kind", "step_name", "recipient", "organisation", "shown_state", "became", "sent_at",
    )  # fmt: skip
    list_filter = ("state", "step", "deadline__kind", "organisation")
    list_select_related = ("deadline__case", "organisation")
    search_fields = ("recipient", "organisation__name", "deadline__case__number", "=message_id")
    search_help_text = _("收件人、机构、办件编号、邮件标识")
    # Who knows a Message-ID can write a report about that letter (delivery.py): banks neither read it nor search by it.
    hidden_from_banks = ("mail_number", "=message_id")
    fields = (
        "case_number", "kind", "step", "due", "recipient", "organisation", "instead_of", "why", "state", "became", "created_at",
        "send_after", "attempts", "last_error", "sent_at", "reported_at", "report", "mail_number", "sent_again",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("send_again",)

    def get_fields(self, request: HttpRequest, obj: Alert | None = None) -> list[str]:
        return self._without_hidden(request, self.fields)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return self._without_hidden(request, self.search_fields)

    def _without_hidden(self, request: HttpRequest, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if not (_is_bank(request) and name in self.hidden_from_banks)]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        if _is_bank(request):
            page.search_help_text = " / ".join((gettext("收件人"), gettext("机构"), gettext("办件编号")))
        return page

    @display(description=_("办件编号"))
    def case_number(self, row: Alert) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.deadline.case.number)

    @display(description=_("时限"), ordering="deadline__kind")
    def kind(self, row: Alert) -> str:
        """Which clock of the case: it may have three at once."""
        return format_html('<span class="whitespace-nowrap">{}</span>', row.deadline.get_kind_display())

    @display(description=_("级别"), ordering="step")
    def step_name(self, row: Alert) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.get_step_display())

    @display(description=_("到期"))
    def due(self, row: Alert) -> str:
        return shanghai(row.due_at, "due")

    @display(description=_("状态"), label=STATE_COLOURS)
    def shown_state(self, row: Alert) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("进展"))
    def became(self, row: Alert) -> str:
        return become(row, timezone.now())

    @display(description=_("邮件标识"), empty_value="—")
    def mail_number(self, row: Alert) -> str:
        return row.message_id

    @display(description=_("重发记录"), empty_value="—")
    def sent_again(self, row: Alert) -> str:
        lines = [
            (
                shanghai(moment_of(one["at"]), "full"), one["by"]["name"], one["reason"],
                Alert.State(one["state"]).label, shanghai(moment_of(one["sent_at"]), "full"), one["error"] or "—",
            )
            for one in row.history
        ]  # fmt: skip
        said = gettext("{} {} 重发,理由:{};此前:{},发出 {},说明 {}")
        return format_html_join("", "<p>{}</p>", ((format_html(said, *line),) for line in lines))

    @action(description=_("重新发送(须写理由)"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """First the page that asks for the reason; that page posts the same action again."""
        form = ReasonForm(request.POST if "apply" in request.POST else None)
        if form.is_bound and form.is_valid():
            self._send_again(request, queryset, form.cleaned_data["reason"])
            return None
        context = {
            **self.admin_site.each_context(request), "title": _("重新发送提醒"), "form": form,
            "rows": resending.resendable(queryset).select_related("deadline__case").order_by("pk")[: resending.MOST], "asked": queryset.count(),
            "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME), "tick": ACTION_CHECKBOX_NAME,
            "across": request.POST.get("select_across", "0"), "list_url": reverse("admin:lending_alert_changelist"),
        }  # fmt: skip
        return TemplateResponse(request, "lending/sla/send_again.html", context)

    def _send_again(self, request: HttpRequest, alerts: QuerySet[Alert], reason: str) -> None:
        try:
            again = resending.send_again(alerts=alerts, reason=reason, by=request.user, now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal.sentence), messages.WARNING)
            return
        if again.count:
            said = gettext("%(n)d 封提醒重新进入待发。") % {"n": again.count}
            self.message_user(request, said, messages.SUCCESS)
        if again.skipped:
            said = gettext("%(n)d 封没有重发:仍在待发,或时限已办结、到期时间已变。") % {"n": again.skipped}
            self.message_user(request, said, messages.WARNING)

    def has_send_again_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return is_allowed(request.user, Do.EDIT_RULES)


@admin.register(DeliveryReport)
class DeliveryReportAdmin(ScopedAdmin):
    """What mail systems told; 涉及提醒 0 is a report about no letter of the ledger."""

    may_view = OFFICE
    list_display = fields = readonly_fields = (
        "received_at", "recipient", "result", "status", "diagnostic", "alerts_count", "message_id",
    )  # fmt: skip
    list_filter = ("action",)
    search_fields = ("recipient", "=message_id")
    search_help_text = _("收件人、邮件标识")

    @display(description=_("结果"), ordering="action", label={"delivered": "success", "failed": "danger"})
    def result(self, row: DeliveryReport) -> tuple[str, str]:
        words = {
            "delivered": _("已送达"),
            "failed": _("退信"),
            "delayed": _("暂缓"),
            "relayed": _("已转交"),
            "expanded": _("已分发"),
        }
        return row.action, words.get(row.action, row.action or "—")


@admin.register(Stall)
class StallAdmin(ScopedAdmin):
    may_view = (*OFFICE, Role.SYSTEM_ADMIN)
    list_display = fields = readonly_fields = ("since", "noticed_at", "ended_at", "told_to", "last_error")

    @display(description=_("已通知"), empty_value="—")
    def told_to(self, row: Stall) -> str:
        return ", ".join(row.told)


def counted(name: str, heading: str):
    """A column of numbers under a heading that people read."""

    @display(description=heading, ordering=name)
    def column(self, row: Sweep) -> int:
        return getattr(row, name)

    return column


@admin.register(Sweep)
class SweepAdmin(ScopedAdmin):
    may_view = (*OFFICE, Role.SYSTEM_ADMIN)
    due_soon, late = counted("warned", _("临期")), counted("breached", _("超期"))
    passed_up, owed = counted("escalated", _("逐级上报")), counted("queued", _("待发提醒"))
    in_vain = counted("failed", _("出错"))
    list_display = fields = readonly_fields = (
        "at", "took_ms", "due_soon", "late", "passed_up", "owed", "in_vain",
    )  # fmt: skip
