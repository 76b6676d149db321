"""Batches of codes: ask for one, watch it, fetch it; renew and revoke many at once."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import get_visible, require, visible_to
from accounts.clock import end_of_day
from accounts.errors import Invalid
from accounts.language import in_chinese
from accounts.roles import Do
from visits.codes import bulk, queries, sheet
from visits.codes.batches import queries as files
from visits.codes.batches import services
from visits.codes.batches.models import CodeBatch

MOST_DAYS = 365
USUAL_DAYS = queries.SOON.days
DEEDS = {"cancel": services.cancel, "resume": services.resume}
TOLD = {
    "cancel": gettext_lazy("已取消。已制发的码仍然有效。"),
    "resume": gettext_lazy("已排队,接着上次停下的地方继续。"),
}


@login_required
@require_http_methods(["GET", "POST"])
def batches(request: HttpRequest) -> HttpResponse:
    """GET lists them, newest first; POST asks for one of the selection in the address."""
    require(request.user, Do.PRINT_CODES)
    if request.method == "POST":
        picked = sheet.read_selection(request.GET, request.user)
        batch = services.start(picked=picked, by=request.user, now=timezone.now())
        return redirect("code-batch", pk=batch.pk)
    rows = visible_to(request.user, CodeBatch).select_related("started_by")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    return render(request, "visits/codes/batches.html", {"page": page})


@never_cache
@login_required
@require_GET
def recent(request: HttpRequest) -> HttpResponse:
    """What the list of codes shows above itself, for it to refresh while a batch is being made."""
    require(request.user, Do.PRINT_CODES)
    return render(request, "visits/codes/_recent.html", files.recent(request.user))


@never_cache
@login_required
@require_GET
def batch(request: HttpRequest, pk: int, part: str = "") -> HttpResponse:
    """One batch; with `part` only what changes while it is being made, for the page to refresh itself."""
    found = _visible(request, pk)
    template = "visits/codes/_batch.html" if part else "visits/codes/batch.html"
    return render(request, template, {"batch": found})


@login_required
@require_POST
def change(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    DEEDS[deed](batch=_visible(request, pk), by=request.user, now=timezone.now())
    messages.success(request, TOLD[deed])
    return redirect("code-batch", pk=pk)


@never_cache
@login_required
@require_GET
def file(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    found = _visible(request, pk)
    answer = StreamingHttpResponse(files.content_of(found), content_type="application/pdf")
    answer["Content-Length"] = found.file_bytes
    name = _("走访码-第%(number)s批-%(count)s个.pdf") % {"number": found.pk, "count": found.printed}
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest) -> HttpResponse:
    """GET says how many expire within `days` and what renewing them means; POST starts the batch."""
    require(request.user, Do.PRINT_CODES)
    picked, days, now = sheet.read_selection(request.GET, request.user), _days(request), timezone.now()
    before = end_of_day(now + timedelta(days=days))
    if request.method == "POST":
        with in_chinese():
            reason = _reason(request) or _("%(days)s天内到期,批量换发") % {"days": days}
        made = services.start(picked=picked, by=request.user, now=now, renew_before=before, reason=reason)
        return redirect("code-batch", pk=made.pk)
    due = sheet.codes(picked, request.user).filter(expires_at__lte=before)
    context = _asked(picked, due) | {"days": days, "choices": (7, 30, 60, 90)}
    return render(request, "visits/codes/renew.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest) -> HttpResponse:
    """GET says how many would go; POST revokes exactly those, or none where their number has changed."""
    require(request.user, Do.PRINT_CODES)
    picked, now = sheet.read_selection(request.GET, request.user), timezone.now()
    live = sheet.codes(picked, request.user).filter(queries.live(now))
    if request.method == "GET":
        return render(request, "visits/codes/revoke.html", _asked(picked, live))
    reason, expected = _reason(request), request.POST.get("expected", "")
    if not reason:
        raise Invalid(fields={"reason": _("请写明作废原因,它会记在每一个码上。")})
    if not (expected.isascii() and expected.isdecimal() and len(expected) < 9):
        raise Invalid(fields={"expected": _("请从核对页面提交。")})
    gone = bulk.revoke(codes=live, by=request.user, now=now, reason=reason, expected=int(expected))
    messages.success(request, _("已作废 %(count)s 个码,再扫会被拒绝并留痕。") % {"count": gone})
    return redirect("codes")


def _asked(picked: sheet.Selection, codes) -> dict:
    names = [str(code.business or code.officer or code.grid) for code in codes[: sheet.NAMED]]
    return {"picked": picked, "count": codes.count(), "names": names}


def _visible(request: HttpRequest, pk: int) -> CodeBatch:
    found = get_visible(request.user, CodeBatch.objects.select_related("started_by"), pk=pk)
    require(request.user, Do.PRINT_CODES)
    return found


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", str(USUAL_DAYS))
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 4 and int(asked) <= MOST_DAYS):
        raise Invalid(fields={"days": _("天数请填 0 到 %(most)s。") % {"most": MOST_DAYS}})
    return int(asked)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "").strip()[:200]
