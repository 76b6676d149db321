"""批量回填: take the open work away as a workbook, bring it back filled in."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.admin_export import log_export
from accounts.roles import Do
from accounts.templatetags.doorstep import SHANGHAI
from lending.bank_decision import feedback, feedback_sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FeedbackPages:
    def get_urls(self) -> list:
        page, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path("feedback/", page(self.feedback), name=f"{name}_feedback"),
            path("feedback/sheet/", page(self.feedback_sheet), name=f"{name}_feedback_sheet"),
        ]
        return own + super().get_urls()

    def feedback(self, request: HttpRequest) -> HttpResponse:
        """The page; a sheet that cannot be read says why, a row that was refused stands in the list with its reason."""
        self._let_in(request)
        taken, problem, status = None, "", 200
        if request.method == "POST":
            file = request.FILES.get("sheet")
            try:
                if file is None:
                    raise feedback_sheet.SheetUnusable(_("请选择填好的表格。"))
                lines = feedback_sheet.read(file, file.size)
                taken = feedback.take(lines=lines, by=request.user, now=timezone.now())
            except feedback_sheet.SheetUnusable as refusal:
                problem, status = str(refusal.sentence), refusal.status
        context = {
            **self.admin_site.each_context(request), "title": _("批量回填"), "taken": taken, "problem": problem,
            "counts": {state: sum(one.state == state for one in taken or ()) for state in ("done", "rest", "late")},
            "inbox_url": self.url("changelist"), "sheet_url": self.url("feedback_sheet"),
            "most_rows": feedback_sheet.MAX_ROWS,
        }  # fmt: skip
        return TemplateResponse(request, "lending/bank_decision/feedback.html", context, status=status)

    def feedback_sheet(self, request: HttpRequest) -> HttpResponse:
        self._let_in(request)
        log_export(self, request, _("办理反馈表"))
        response = HttpResponse(feedback.sheet_of(request.user), content_type=XLSX)
        name = f"{_('办理反馈表')}-{timezone.now().astimezone(SHANGHAI):%Y%m%d-%H%M}.xlsx"
        response["Content-Disposition"] = content_disposition_header(True, name)
        return response

    def _let_in(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied()
        require(request.user, Do.DECIDE)
