"""Policies and the calendar, edited by the city; clocks, read by whoever may see them. Letters are in `admin_ledger`."""

from collections.abc import Iterator

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.forms import ChoiceField, ModelForm
from django.forms import Field as FormField
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin_scope import ScopedAdmin
from accounts.models import Organisation
from accounts.roles import BANK_ROLES, Do
from accounts.templatetags.doorstep import shanghai
from lending.sla import calendars, chips
from lending.sla.admin_ledger import OFFICE, STATE_COLOURS
from lending.sla.admin_steps import StepsInline, is_in_use, ladder_in_words
from lending.sla.errors import YearUnknown
from lending.sla.explaining import MAY_READ
from lending.sla.kinds import DeadlineKind
from lending.sla.models import CalendarDay, CalendarYear, Deadline, DeadlinePolicy
from lending.sla.receipts import words_of
from lending.sla.wording import starts
from visits.models import BusinessList

__all__ = ["CHIP_COLOURS", "STATE_COLOURS"]  # what is named here or in admin_ledger
CHIP_COLOURS = {
    "running": "info",
    "due_soon": "warning",
    "today": "warning",
    "overdue": "danger",
    "paused": "default",
    "met": "success",
    "met_late": "danger",
    "cancelled": "default",
}


LONGEST = {DeadlinePolicy.Unit.DAYS: 366, DeadlinePolicy.Unit.MONTHS: 24}
MOST_SUSPENDED = 90


class PolicyForm(ModelForm):
    """What only the bank's decision clock knows is refused for the others: it would stand there and never happen.
    Constraints are said in words here; a field with an error of its own is left out of Django's check of them."""

    class Meta:
        help_texts = {
            "length": _("最长366日或24个月。"),
            "starts_at": _("仅银行授信决定可选;其他时限自推送、送审、退回补正或授信起算,保持“推送”即可。"),
            "effective_from": _("可早于今天;只用于此后起算的时限,已在计时的仍按原规则。"),
        }

    def clean(self) -> dict:
        facts = super().clean()
        for name, says in _out_of_bounds(facts):
            self.add_error(name, says)
        return self._clean_kind(facts)

    def _clean_kind(self, facts: dict) -> dict:
        if facts.get("kind", DeadlineKind.BANK_DECISION) == DeadlineKind.BANK_DECISION:
            return facts
        if facts.get("starts_at", DeadlinePolicy.Start.PUSH) != DeadlinePolicy.Start.PUSH:
            self.add_error("starts_at", _("只有银行授信决定可以自接收或材料齐全起算。"))
        if facts.get("max_suspension_days"):
            self.add_error("max_suspension_days", _("只有银行授信决定可以补件暂停,此处填0。"))
        return facts


def _out_of_bounds(facts: dict) -> Iterator[tuple[str, str]]:
    """(field, what is wrong). Fields that may not be changed any more are not among `facts`."""
    unit, since, until = (facts.get(name) for name in ("unit", "effective_from", "effective_until"))
    if unit and (facts.get("length") or 0) > LONGEST[unit]:
        yield "length", _("最长366日或24个月。")
    if unit == DeadlinePolicy.Unit.MONTHS and facts.get("is_working_days"):
        yield "is_working_days", _("按月计算的时限不能按工作日,请改按日或取消勾选。")
    if (facts.get("max_suspension_days") or 0) > MOST_SUSPENDED:
        yield "max_suspension_days", _("最多90天。")
    if since and until and until < since:
        yield "effective_until", _("不能早于施行日期。")


@admin.register(DeadlinePolicy)
class DeadlinePolicyAdmin(ScopedAdmin):
    """Once a clock runs by a policy, only its last day of force may be set: a changed rule is a new row."""

    may_view = (*OFFICE, *BANK_ROLES)
    may_add = may_change = may_delete = Do.EDIT_RULES
    list_display = (
        "kind", "district", "programme", "length", "unit", "is_working_days", "is_rolled_forward", "starts",
        "effective_from", "effective_until",
    )  # fmt: skip
    list_filter = ("kind", "district")
    ordering = ("kind", "-effective_from")
    inlines = (StepsInline,)
    form = PolicyForm

    def formfield_for_foreignkey(self, db_field: Field, request: HttpRequest, **kwargs) -> FormField:
        if db_field.name == "district":
            kwargs["queryset"] = Organisation.objects.filter(kind=Organisation.Kind.DISTRICT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs) -> FormField:
        """A list's code is chosen, not typed: a policy with a slip in it would never apply and nobody would notice."""
        if db_field.name != "programme":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        lists = BusinessList.objects.filter(is_active=True).values_list("code", "name")
        choices = [("", _("全部")), *lists]
        return ChoiceField(
            label=db_field.verbose_name,
            choices=choices,
            required=False,
            widget=UnfoldAdminSelectWidget(choices=choices),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> tuple:
        if obj is None:
            return ()
        fixed = [f.name for f in self.opts.fields if f.name not in ("id", "effective_until")]
        return (*(fixed if is_in_use(obj) else ()), "starts", "letters")

    def get_fields(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> list[str]:
        """The choice of a start where there is one to make, and what starts the clock where not."""
        names = [name for name in super().get_fields(request, obj) if name != "starts"]
        if obj is None or (obj.kind == DeadlineKind.BANK_DECISION and not is_in_use(obj)):
            return names
        return ["starts" if name == "starts_at" else name for name in names]

    @display(description=_("起算点"))
    def starts(self, row: DeadlinePolicy) -> str:
        return starts(row)

    @display(description=_("提醒"))
    def letters(self, row: DeadlinePolicy) -> str:
        return format_html_join("", "<div>{}</div>", ((words,) for words in ladder_in_words(row)))

    def has_delete_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not is_in_use(obj))

    def get_actions(self, request: HttpRequest) -> dict:
        """No deletion in bulk: a policy in use must stay."""
        return {
            name: item for name, item in super().get_actions(request).items() if name != "delete_selected"
        }


@admin.register(CalendarYear)
class CalendarYearAdmin(ScopedAdmin):
    may_view = (*OFFICE, *BANK_ROLES)
    list_display = ("year", "version", "source", "imported_at", "changed_by", "recomputed_version")
    list_select_related = ("changed_by",)


class CalendarDayForm(ModelForm):
    def clean_day(self):
        day = self.cleaned_data["day"]
        if not CalendarYear.objects.filter(year=day.year).exists():
            raise ValidationError(YearUnknown.sentence)
        return day


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    """Single days; a whole year comes by `import_calendar`. The clocks a change touches follow after the commit: the
    admin saves inside a transaction, and nobody who holds the lock of the calendar may wait for cases."""

    may_view = (*OFFICE, *BANK_ROLES)
    may_add = may_change = may_delete = Do.EDIT_RULES
    form = CalendarDayForm
    list_display = ("day", "is_workday", "name")
    list_filter = ("is_workday",)
    date_hierarchy = "day"
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarDay | None = None) -> tuple:
        return ("day",) if obj else ()

    def save_model(self, request: HttpRequest, obj: CalendarDay, form, change: bool) -> None:
        calendars.set_day(
            day=obj.day, is_workday=obj.is_workday, name=obj.name, by=request.user, now=timezone.now()
        )

    def delete_model(self, request: HttpRequest, obj: CalendarDay) -> None:
        calendars.unset_day(day=obj.day, by=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset) -> None:
        for row in queryset:
            self.delete_model(request, row)


@admin.register(Deadline)
class DeadlineAdmin(ScopedAdmin):
    may_view = (*OFFICE, *BANK_ROLES)
    list_display = ("case_number", "kind", "bound", "chip", "due", "receipt_words")
    list_filter = ("kind", "state", "is_provisional", "bound")
    list_select_related = ("case", "bound")
    search_fields = ("case__number",)
    ordering = ("-pk",)  # an index; closed clocks are never deleted, and not sorted for one page
    fields = (
        "case_number", "kind", "bound", "policy", "started_at", "due", "is_provisional", "state", "breached_at",
        "stopped_at", "receipt_words", "receipt",
    )  # fmt: skip
    readonly_fields = fields

    @display(description=_("办件编号"))
    def case_number(self, row: Deadline) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.case.number)

    @display(description=_("到期"), ordering="due_at")
    def due(self, row: Deadline) -> str:
        return shanghai(row.due_at, "due")

    @display(description=_("剩余"), label=CHIP_COLOURS)
    def chip(self, row: Deadline) -> tuple[str, str]:
        shown = chips.chip(row, timezone.now())
        return shown.state, shown.label

    @display(description=_("计算过程"))
    def receipt_words(self, row: Deadline) -> str:
        return words_of(row.receipt)

    @display(description=_("依据"))
    def why(self, row: Deadline) -> str:
        """The same step by step."""
        where = reverse("deadline", args=[row.pk])
        link = '<a class="text-primary-600 whitespace-nowrap" href="{}">{}</a>'
        return format_html(link, where, _("怎么算的"))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.list_display, "why") if request.user.role in MAY_READ else self.list_display
