"""Looking at a photo of a visit, and adding one from a page."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import get_visible
from visits.errors import PhotoGone
from visits.presence import images, uploads
from visits.presence.models import VisitPhoto


@never_cache  # no-store: a picture of somebody's shop does not stay on an office machine
@login_required
@require_GET
def photo(request: HttpRequest, visit: UUID, pk: UUID) -> HttpResponse:
    """The kept JPEG for whoever may see the visit; `?small=1` is its thumbnail."""
    found = get_visible(request.user, VisitPhoto, pk=pk, visit=visit)
    if found.jpeg is None:
        raise PhotoGone()
    jpeg = bytes(found.jpeg)
    return HttpResponse(images.small(jpeg) if request.GET.get("small") else jpeg, content_type="image/jpeg")


@login_required
@require_POST
def add_photos(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Photos chosen on the page of a visit, in a plain form."""
    kept = uploads.keep(request, visit_id=pk, now=timezone.now())
    if kept:
        messages.success(request, _("已收到%(n)s张照片。") % {"n": kept})
    return redirect("own-visit", pk=pk)
