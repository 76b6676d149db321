"""Where the district's team and the city answer what owners report."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_visible, may, require
from accounts.errors import Refusal
from accounts.roles import Do
from visits.intake import queries, reports
from visits.intake.models import OwnerReport

PAGE_SIZE = 30


@require_safe
@login_required
def reports_list(request: HttpRequest) -> HttpResponse:
    """`?state=answered&kind=&page=`; what waits comes first."""
    require(request.user, Do.ANSWER_REPORTS)
    return _show(request)


@require_POST
@login_required
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answered is answered. What could not be kept is shown again with what was typed."""
    require(request.user, Do.ANSWER_REPORTS)
    report = get_visible(request.user, OwnerReport, pk=pk)
    text = request.POST.get("answer", "").replace("\0", "")
    try:
        reports.answer_report(report=report, by=request.user, now=timezone.now(), answer=text)
    except Refusal as refusal:
        sentence = " ".join(str(part) for part in refusal.fields.values()) or str(refusal.sentence)
        return _show(request, {"pk": pk, "text": text, "sentence": sentence}, refusal.status)
    messages.success(request, _("已答复%(reference)s。") % {"reference": report.reference})
    return HttpResponseRedirect(reverse("owner-reports"))


def _show(request: HttpRequest, typed: dict | None = None, status: int = 200) -> HttpResponse:
    is_answered, kind = request.GET.get("state") == "answered", request.GET.get("kind", "")[:20]
    rows = queries.reports_seen_by(request.user, is_open=not is_answered, kind=kind)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    tabs = [
        {"label": _("待答复"), "url": _url(kind=kind), "count": queries.waiting_for_an_answer(request.user),
         "is_current": not is_answered},
        {"label": _("已答复"), "url": _url(kind=kind, state="answered"), "count": None, "is_current": is_answered},
    ]  # fmt: skip
    state = {"state": "answered"} if is_answered else {}
    chips = [
        {
            "label": str(label),
            "url": _url(kind="" if kind == value else value, **state),
            "is_on": kind == value,
        }
        for value, label in OwnerReport.Kind.choices
    ]
    query = _url(kind=kind, **state)
    join = "&" if "?" in query else "?"
    pager = {
        "previous_url": f"{query}{join}page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"{query}{join}page={page.next_page_number()}" if page.has_next() else "",
        "shown": len(page.object_list), "total": page.paginator.count,
    }  # fmt: skip
    context = {
        "rows": page.object_list, "tabs": tabs, "chips": chips, "pager": pager, "typed": typed or {},
        "is_answered": is_answered, "has_case_page": may(request.user, Do.SEE_DISTRICT),
    }  # fmt: skip
    return render(request, "visits/intake/reports.html", context, status=status)


def _url(**asked: str) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("owner-reports") + (f"?{query}" if query else "")
