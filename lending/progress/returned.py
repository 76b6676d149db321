"""What waits for the officer: cases of their own visits that the panel returned or that still lack something."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.punctuation import listed
from accounts.roles import Do
from lending.models import FinancingCase
from lending.opening import missing_of
from lending.progress import queries
from lending.progress.line import running_clock
from lending.progress.viewer import viewer_of
from lending.sla.chips import chip
from lending.stages import Stage
from visits.consent.queries import consents_for_lookup

MOST = 20
WORDS = {
    "need.amount_yuan": gettext_lazy("需求金额"),
    "need.purpose": gettext_lazy("用途"),
    "consent": gettext_lazy("企业授权"),
}


@never_cache
@require_safe
@login_required
def returned(request: HttpRequest) -> HttpResponse:
    """A part of a page, without layout: the officer's first page and the form of a visit (`?business=<credit code>`)
    fetch it by its address. Empty when nothing waits."""
    require(request.user, Do.RECORD_VISIT)
    now, viewer = timezone.now(), viewer_of(request.user)
    waiting = queries.cases_seen_by(request.user).filter(stage__in=(Stage.RETURNED, Stage.INTAKE))
    if one := request.GET.get("business", "").replace("\0", ""):
        waiting = waiting.filter(business__credit_code=one)
    cases = (
        queries.with_story(waiting, viewer)
        .select_related("need")
        .annotate(may_look_up=Exists(consents_for_lookup(OuterRef("business"), now=now)))
        .order_by("-stage", "stage_since", "pk")
    )
    rows = [_row(case, now) for case in cases[:MOST]]
    return render(request, "lending/progress/_returned.html", {"rows": rows, "is_open": bool(one)})


def _row(case: FinancingCase, now: datetime) -> dict:
    if case.stage == Stage.RETURNED:
        said = next((event for event in reversed(case.story) if event.kind == "returned"), None)
        what, mark = said.detail.get("reason", "") if said else "", _("退回补正")
    else:
        lacking = listed(str(WORDS[name]) for name in missing_of(case.need, case.may_look_up))
        what, mark = _("还差:%(what)s") % {"what": lacking}, _("待补")
    due = chip(running_clock(case), now)
    return {
        "name": case.business.name, "url": reverse("officer-case", args=[case.number]), "address": what,
        "note": case.number, "marks": [
            {"label": mark, "state": "soon", "icon": "return"},
            *([{"label": due.label, "state": "late" if due.state == "overdue" else "", "icon": "clock"}] if due else []),
        ],
    }  # fmt: skip
