"""The desk where a phone's file is brought in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import require
from accounts.errors import Refusal
from accounts.roles import HOME, Do
from visits.errors import FileTooBig, FileUnreadable
from visits.outbox import rules, services


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Choose the file; then what became of each visit in it."""
    require(request.user, Do.IMPORT_OUTBOX)
    context = {"home": HOME[request.user.role]}
    if request.method == "GET":
        return render(request, "visits/outbox/import.html", context)
    try:
        done = services.import_file(raw=_bytes_of(request), by=request.user, now=timezone.now())
    except Refusal as refusal:
        context["refusal"] = refusal.sentence
        return render(request, "visits/outbox/import.html", context, status=refusal.status)
    context |= {"done": done, "counts": done.counts()}
    return render(request, "visits/outbox/import.html", context)


def _bytes_of(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if file is None:
        raise FileUnreadable()
    if file.size > rules.MAX_BYTES:
        raise FileTooBig()
    return file.read()
