"""The register in the admin: imports with their progress and rejected rows, businesses, lists, grids, assignments."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldBooleanWidget,
)

from accounts.admin_scope import ScopedAdmin
from accounts.errors import Refusal
from accounts.roles import Do, Role
from visits.register.columns import TITLES
from visits.register.models import (
    Assignment,
    Business,
    BusinessList,
    Grid,
    ImportRejection,
    ImportRun,
    ListMembership,
)
from visits.register.queries import search_businesses
from visits.register.services import uploading

MAX_UPLOAD_BYTES = 2 << 30
REFRESH_SECONDS = "4"
STATE_COLOURS = {
    "waiting": "info", "running": "info", "done": "success", "refused": "danger", "interrupted": "warning",
}  # fmt: skip
COUNTERS = (
    "read", "created", "updated", "unchanged", "rejected", "headers", "duplicates", "conflicts", "listed",
)  # fmt: skip


REJECTED = {
    "code_missing": _("缺代码"), "code_spreadsheet": _("代码变成了数字"), "code_length": _("代码位数不对"),
    "code_alphabet": _("代码字符不对"), "code_check": _("代码校验位不对"), "missing": _("缺名称"), "encoding": _("编码不对"),
    "name": _("名称不对"), "date": _("日期不对"), "too_long": _("过长"), "displaced": _("各列错位"),
    "quotes": _("引号不配对"), "columns": _("列数不符"), "null_byte": _("含空字节"), "workbook": _("工作簿不可读"),
    "duplicate": _("代码重复"),
}  # fmt: skip


class UploadForm(forms.ModelForm):
    upload = forms.FileField(
        label=_("名录文件"),
        help_text=_("CSV（UTF-8 或 GB18030）或 XLSX；第一行为表头"),
        widget=UnfoldAdminFileFieldWidget,
    )

    class Meta:
        model = ImportRun
        fields = ("list", "as_of", "is_dry_run")
        widgets = {
            "list": UnfoldAdminSelectWidget,
            "as_of": UnfoldAdminSingleDateWidget,
            "is_dry_run": UnfoldBooleanWidget,
        }

    def clean_upload(self):
        upload = self.cleaned_data["upload"]
        if upload.size > MAX_UPLOAD_BYTES:
            raise ValidationError(_("文件超过 2 GB；请拆开，或请管理员用命令行导入。"))
        return upload


@admin.register(ImportRun)
class ImportRunAdmin(ScopedAdmin):
    """Uploading a file makes a run; a worker carries it out and the page shows how far it is."""

    may_view = may_add = Do.IMPORT_REGISTER
    list_display = (
        "file_name", "mode", "state_chip", "progress", "tally", "rejected_link", "conflicts", "started_at", "finished_at",
    )  # fmt: skip
    list_filter = ("state", "list", "is_dry_run")
    actions = ("start_again",)
    fields = (
        "file_name", "state", "progress", "problem", "list", "as_of", "is_dry_run", *COUNTERS, "rejected_link",
        "started_by", "started_at", "finished_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("list", "started_by")

    def get_form(self, request: HttpRequest, obj: ImportRun | None = None, change: bool = False, **kwargs):
        return UploadForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ImportRun | None = None) -> tuple:
        return ("upload", "list", "as_of", "is_dry_run") if obj is None else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: ImportRun | None = None) -> tuple:
        return () if obj is None else self.fields

    def save_form(self, request: HttpRequest, form: UploadForm, change: bool) -> ImportRun:
        facts = form.cleaned_data
        return uploading.receive(
            upload=facts["upload"], list=facts["list"], as_of=facts["as_of"], is_dry_run=facts["is_dry_run"],
            by=request.user, now=timezone.now(),
        )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: ImportRun, form: forms.ModelForm, change: bool) -> None:
        """Saved already: the service has stored the file and made the run."""

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: list, change: bool) -> None:
        """A run has nothing related to type in."""

    @action(description=_("重新开始（中断或等待中的导入）"))
    def start_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        for run in queryset:
            try:
                uploading.start_again(run=run, by=request.user, now=timezone.now())
            except Refusal as refusal:
                self.message_user(request, f"{run}: {refusal.sentence}", messages.ERROR)

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_chip(self, run: ImportRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=_("方式"), ordering="is_dry_run", label={"check": "warning", "import": "default"})
    def mode(self, run: ImportRun) -> tuple[str, str]:
        return ("check", _("仅检查")) if run.is_dry_run else ("import", _("导入"))

    @display(description=_("进度"), ordering="progress_pct")
    def progress(self, run: ImportRun) -> str:
        return format_html('<progress max="100" value="{0}">{0}%</progress> {0}%', run.progress_pct)

    @display(description=_("结果"))
    def tally(self, run: ImportRun) -> str:
        if run.problem:
            return run.problem
        parts = (
            (_("读入"), run.read),
            (_("新增"), run.created),
            (_("更新"), run.updated),
            (_("未变"), run.unchanged),
            (_("拒收"), run.rejected),
            (_("表头行"), run.headers),
        )
        return " · ".join(f"{name} {count:,}" for name, count in parts)

    @display(description=_("拒收"), ordering="rejected")
    def rejected_link(self, run: ImportRun) -> str:
        if not run.rejected:
            return "0"
        url = reverse("admin:visits_importrejection_changelist")
        return format_html('<a href="{}?run__id__exact={}">{}</a>', url, run.pk, run.rejected)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
        return refreshing(super().changelist_view(request, extra_context))

    def change_view(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        return refreshing(super().change_view(request, *args, **kwargs))


def refreshing(response: HttpResponseBase) -> HttpResponseBase:
    """While an import runs the page asks again by itself; no script needed."""
    if ImportRun.objects.filter(state__in=(ImportRun.State.WAITING, ImportRun.State.RUNNING)).exists():
        response["Refresh"] = REFRESH_SECONDS
    return response


@admin.register(ImportRejection)
class ImportRejectionAdmin(ScopedAdmin):
    may_view = Do.IMPORT_REGISTER
    list_display = ("line", "field_words", "kind", "sentence", "excerpt", "file")
    list_filter = ("run",)
    list_select_related = ("run",)
    fields = readonly_fields = ("file", "line", "field_words", "kind", "sentence", "excerpt")
    exports = (
        ("run.file_name", _("文件")), ("run.pk", _("导入编号")), ("run.started_at", _("导入时间")), ("line", _("行号")),
        ("field_words", _("字段")), ("code_words", _("原因类别")), ("code", _("原因代码")), ("sentence", _("原因")),
        ("excerpt", _("原文摘录")),
    )  # fmt: skip

    @display(description=_("字段"), ordering="field")
    def field_words(self, row: ImportRejection) -> str:
        return TITLES.get(row.field, row.field) or _("整行")

    @display(description=_("原因类别"), ordering="code")
    def kind(self, row: ImportRejection) -> str:
        return format_html("{} <small>{}</small>", self.code_words(row), row.code)

    def code_words(self, row: ImportRejection) -> str:
        return str(REJECTED.get(row.code, row.code))

    @display(description=_("文件"), ordering="run")
    def file(self, row: ImportRejection) -> str:
        return f"{row.run.file_name} · {row.run.pk}"


@admin.register(Business)
class BusinessAdmin(ScopedAdmin):
    """Read only: the register is what its sources say."""

    may_view = (Role.CITY, Role.PANEL)
    list_display = (
        "name",
        "credit_code",
        "kind",
        "status",
        "district",
        "district_source",
        "conflict",
        "registered_on",
    )
    list_filter = ("kind", "status", "district", "district_source")
    list_select_related = ("district",)
    ordering = ("-pk",)  # an index; a million names are not sorted for one page
    search_fields = ("name",)
    search_help_text = _("名称的任一部分，或统一社会信用代码的一段")
    exclude = ("name_search", "search_grams", "source_digest")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return search_businesses(queryset, search_term), False

    def get_paginator(self, request: HttpRequest, *args, **kwargs) -> Paginator:
        """Hits are few and counted; the whole register is paged through without counting a million rows."""
        return (Paginator if request.GET.get("q") else InfinitePaginator)(*args, **kwargs)

    @display(description=_("所在区有冲突"))
    def conflict(self, business: Business) -> str:
        return business.district_conflict


@admin.register(BusinessList)
class BusinessListAdmin(ScopedAdmin):
    may_view = (Role.CITY, Role.PANEL)
    may_add = may_change = Do.EDIT_RULES
    list_display = ("position", "code", "name", "as_of", "is_active")
    list_display_links = ("code", "name")


@admin.register(ListMembership)
class ListMembershipAdmin(ScopedAdmin):
    may_view = (Role.CITY, Role.PANEL)
    list_display = fields = readonly_fields = ("firm", "list", "as_of")
    list_filter = ("list",)
    list_select_related = ("business", "list")
    ordering = ("-pk",)
    paginator = InfinitePaginator

    @display(description=_("经营主体"))
    def firm(self, row: ListMembership) -> str:
        return str(row.business)


@admin.register(Grid)
class GridAdmin(ScopedAdmin):
    may_view = (Role.CITY, Role.PANEL)
    may_add = may_change = Do.EDIT_RULES
    list_display = ("code", "name", "district", "subdistrict")
    list_filter = ("district",)
    list_select_related = ("district", "subdistrict")
    search_fields = ("code", "name")


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    may_view = (Role.CITY, Role.PANEL)
    may_add = may_change = Do.EDIT_RULES
    list_display = ("list", "grid", "bank", "officer", "starts_on", "ends_on")
    list_filter = ("list", "bank")
    list_select_related = ("list", "grid", "bank", "officer")
    autocomplete_fields = ("grid",)
