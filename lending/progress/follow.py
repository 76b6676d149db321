"""What became of it: the officer's page of a case, and the story that the owner's page tells too."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import get_visible, require
from accounts.punctuation import listed
from accounts.roles import Do
from lending.models import FinancingCase
from lending.opening import missing_for
from lending.progress import queries
from lending.progress.annulling import is_own, may_be_annulled
from lending.progress.case_page import entry_row
from lending.progress.line import line, running_clock
from lending.progress.next_steps import Next, for_officer
from lending.progress.returned import WORDS
from lending.progress.timeline import timeline
from lending.progress.viewer import Viewer, viewer_of
from lending.sla import suspensions
from lending.sla.chips import chip
from lending.stages import CLOSED, Stage
from visits.codes.images import qr_svg


@require_safe
@login_required
def officer_case(request: HttpRequest, number: str) -> HttpResponse:
    """The officer's view of a case of their own visits; what banks did among themselves is left out."""
    require(request.user, Do.RECORD_VISIT)
    viewer = viewer_of(request.user)
    cases = queries.with_story(queries.cases_seen_by(request.user), viewer).select_related(
        "need", "origin_visit"
    )
    case = get_visible(request.user, cases, number=number)
    returned = next((event for event in reversed(case.story) if event.kind == "returned"), None)
    context = story(case, viewer) | {
        "next": _next(case, viewer), "is_own": is_own(case, request.user), "may_annul": may_be_annulled(case, timezone.now()),
        "returned_because": returned.detail.get("reason", "") if returned and case.stage == Stage.RETURNED else "",
        "qr": link_for_the_owner(case),
        "back_url": reverse("own-visits"), "tab": "visits",
    }  # fmt: skip
    return render(request, "lending/progress/officer_case.html", context)


def _next(case: FinancingCase, viewer: Viewer) -> Next:
    """What to do now; where something is missing, what."""
    own = [push.deadline for push in case.pushes if not viewer.is_other_bank(push.bank_id)]
    said = for_officer(case, suspensions.running_of(own, timezone.now()))
    if case.stage != Stage.INTAKE:
        return said
    lacking = listed(str(WORDS[name]) for name in missing_for(case.need, timezone.now()))
    return (
        Next(said.now, _("请再次走访,补齐:%(what)s。") % {"what": lacking}, said.state) if lacking else said
    )


def link_for_the_owner(case: FinancingCase) -> str:
    """The tracking link as a code to be handed over at the door; after the push it would show a bank's answer to the
    officer of another bank."""
    if case.pushes or case.stage in CLOSED:
        return ""
    return qr_svg(settings.PUBLIC_BASE_URL + reverse("track", args=[case.track_token]))


def story(case: FinancingCase, viewer: Viewer) -> dict:
    now = timezone.now()
    return {
        "case": case,
        "stage": Stage(case.seen_stage),
        "is_closed": case.seen_stage in CLOSED,
        "chip": chip(running_clock(case), now),
        "line": line(case, viewer, now),
        "events": [entry_row(entry) for entry in reversed(timeline(case, viewer))],
    }
