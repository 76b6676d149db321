"""Report a visitor who seems wrong, and come back for the answer."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import NotFound
from accounts.owner_pages import count_leaving
from visits.codes.models import Code
from visits.codes.queries import report_to
from visits.intake import queries, reports
from visits.intake.code_pages import with_code
from visits.intake.forms import ReportForm


@require_http_methods(["GET", "POST"])
@with_code
def report(request: HttpRequest, code: Code, token: str) -> HttpResponse:
    asked = _("哪里不对劲?")
    context = {"code": code, "report_to": report_to(code), "back_url": reverse("open-code", args=[token])}
    if request.method == "GET":
        form = ReportForm(initial={"id": uuid.uuid4()}, asked=asked)
        return render(request, "visits/intake/report.html", context | {"form": form})
    form = ReportForm(request.POST, asked=asked)
    if not form.is_valid():
        return render(request, "visits/intake/report.html", context | {"form": form}, status=400)
    count_leaving(request, token)
    made = reports.report_visit(said=form.said(), code=code, now=timezone.now())
    return redirect("report-made", token=token, form_id=made.form_id)


@require_safe
@with_code
def reported(request: HttpRequest, code: Code, token: str, form_id: uuid.UUID) -> HttpResponse:
    """The reference number, what happens next and, once there is one, the answer. Never what was written."""
    made = queries.report_by_form(form_id)
    if made is None or made.code_id != code.pk:
        raise NotFound()
    context = {"report": made, "report_to": report_to(code), "back_url": reverse("open-code", args=[token])}
    return render(request, "visits/intake/reported.html", context)
