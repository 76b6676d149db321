"""Looking at the signature under a consent."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import get_visible
from visits.consent.models import Consent


@never_cache  # no-store: somebody's hand does not stay on an office machine
@login_required
@require_GET
def signature(request: HttpRequest, pk: int) -> HttpResponse:
    """The PNG that was drawn, for whoever may see the consent; 404 where only a name was given."""
    consent = get_visible(request.user, Consent.objects.select_related("signing"), pk=pk)
    if consent.signing.signature_png is None:
        raise Http404(_("这次签署没有手写签名。"))
    return HttpResponse(bytes(consent.signing.signature_png), content_type="image/png")
