"""The tracking link as a code on the officer's screen, right after the visit: a part that their page fetches."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import get_visible, require
from accounts.roles import Do
from lending.progress import queries
from lending.progress.follow import link_for_the_owner
from lending.progress.viewer import viewer_of


@never_cache  # the link is the owner's key
@require_safe
@login_required
def share(request: HttpRequest, number: str) -> HttpResponse:
    """The code with what it is for; nothing once the case has gone to a bank."""
    require(request.user, Do.RECORD_VISIT)
    cases = queries.with_story(queries.cases_seen_by(request.user), viewer_of(request.user)).select_related(
        "need"
    )
    case = get_visible(request.user, cases, number=number)
    return render(request, "lending/progress/_share.html", {"case": case, "qr": link_for_the_owner(case)})
