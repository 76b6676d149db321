"""What became of it: the officer's page of a case, and the owner's behind the tracking link."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import get_visible, require
from accounts.errors import NotFound, Refusal
from accounts.roles import Do
from lending.models import FinancingCase
from lending.progress import case_facts, queries
from lending.progress.case_page import entry_row
from lending.progress.line import line, running_clock
from lending.progress.next_steps import for_officer, for_owner, plain_reasons
from lending.progress.timeline import timeline
from lending.progress.viewer import OWNER, Viewer, viewer_of
from lending.progress.withdrawing import withdraw_case, withdraw_one_consent
from lending.recommendation_list.queries import banks_left
from lending.sla.chips import chip
from lending.stages import CLOSED, Stage
from visits.codes.images import qr_svg


@require_safe
@login_required
def officer_case(request: HttpRequest, number: str) -> HttpResponse:
    """The officer's view of a case of their own visits; what banks did among themselves is left out."""
    require(request.user, Do.RECORD_VISIT)
    viewer = viewer_of(request.user)
    cases = queries.with_story(queries.cases_seen_by(request.user), viewer).select_related("need")
    case = get_visible(request.user, cases, number=number)
    returned = next((event for event in reversed(case.story) if event.kind == "returned"), None)
    context = _story(case, viewer) | {
        "next": for_officer(case),
        "returned_because": returned.detail.get("reason", "") if returned and case.stage == Stage.RETURNED else "",
        "qr": _link_for_the_owner(case),
        "back_url": reverse("own-visits"), "tab": "visits",
    }  # fmt: skip
    return render(request, "lending/progress/officer_case.html", context)


def _link_for_the_owner(case: FinancingCase) -> str:
    """The tracking link as a code to be handed over at the door; after the push it would show a bank's answer to the
    officer of another bank."""
    if case.pushes or case.stage in CLOSED:
        return ""
    return qr_svg(settings.PUBLIC_BASE_URL + reverse("track", args=[case.track_token]))


@require_safe
def track(request: HttpRequest, token: str) -> HttpResponse:
    """Public: the token is the key. No names of people, no phone numbers but the team's."""
    case, now = _owned(token), timezone.now()
    consents = case_facts.consents_of(case, now)
    context = _story(case, OWNER) | {
        "next": for_owner(case, has_bank_left=bool(banks_left(case, now))), "reasons": plain_reasons(case), "consents": consents, "token": token,
    }  # fmt: skip
    response = render(request, "lending/progress/track.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response


def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """The owner ends one consent (`consent`) or the whole case (`case=yes`). Opened by hand it leads to the page."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("track", args=[token]))
    case, now, consent = _owned(token), timezone.now(), request.POST.get("consent", "")
    try:
        if consent.isascii() and consent.isdigit() and len(consent) < 16:
            ended = withdraw_one_consent(case=case, consent_id=int(consent), now=now)
            messages.success(request, _("已撤回对%(bank)s的授权。") % {"bank": ended.recipient.name})
        elif request.POST.get("case") == "yes":
            withdraw_case(case=case, by=None, now=now, reason=_("企业主在进度页撤回"))
            messages.success(request, _("申请已撤回,银行不会再就此联系您。"))
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return HttpResponseRedirect(reverse("track", args=[token]))


def _owned(token: str) -> FinancingCase:
    cases = FinancingCase.objects.select_related("business", "district", "need").annotate(
        seen_stage=F("stage")
    )
    case = None if "\0" in token else queries.with_story(cases, OWNER).filter(track_token=token).first()
    if case is None:
        raise NotFound()
    return case


def _story(case: FinancingCase, viewer: Viewer) -> dict:
    now = timezone.now()
    return {
        "case": case,
        "stage": Stage(case.seen_stage),
        "is_closed": case.seen_stage in CLOSED,
        "chip": chip(running_clock(case), now),
        "line": line(case, viewer, now),
        "events": [entry_row(entry) for entry in reversed(timeline(case, viewer))],
    }
