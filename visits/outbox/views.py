"""What the phone needs to work without network: the worker, the manifest, the day, and the pages it keeps."""

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.access import require
from accounts.clock import day_of
from accounts.roles import Do
from visits.consent.queries import current_notice
from visits.field.forms import NOBODY, VisitForm
from visits.field.models import Visit
from visits.field.queries import banks as all_banks
from visits.outbox import queries, shell
from visits.protection.queries import policy_in_force
from visits.register.models import Business


@never_cache
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that its scope is the site; it leaves alone whatever is not the officer's."""
    context = {"site_json": json.dumps(shell.site())}
    return render(request, "visits/outbox/sw.js", context, content_type="text/javascript")


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    icons = [("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any"),
             ("icon-maskable-192.png", "192x192", "maskable"), ("icon-maskable-512.png", "512x512", "maskable")]  # fmt: skip
    body = {
        "id": "/m/", "name": _("走访通"), "short_name": _("走访通"), "description": _("从上门走访到银行答复"),
        "start_url": "/m/", "scope": "/", "display": "standalone", "orientation": "portrait",
        "lang": request.LANGUAGE_CODE if hasattr(request, "LANGUAGE_CODE") else "zh-hans",
        "background_color": "#f4f5f7", "theme_color": "#1a5bc7",
        "icons": [
            {"src": static(f"icons/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in icons
        ],
        "shortcuts": [{"name": _("扫一扫"), "url": "/m/scan/"}, {"name": _("待传"), "url": "/m/outbox/"}],
    }  # fmt: skip
    return JsonResponse(body, content_type="application/manifest+json")


@gzip_page
@never_cache
@ensure_csrf_cookie
@require_GET
def day(request: HttpRequest) -> JsonResponse:
    """What the phone keeps for the day. 401 instead of the sign-in page: a module asks, not a person."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "not_signed_in", "detail": _("请先登录。"), "fields": {}}, status=401)
    require(request.user, Do.RECORD_VISIT)
    have = request.GET.get("have", "")
    return JsonResponse(queries.day_list(request.user, timezone.now(), have=have))


@never_cache
@login_required
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """What waits on this phone. The page is a frame; what stands in it never leaves the phone."""
    require(request.user, Do.RECORD_VISIT)
    context = {"tab": "outbox", "back_url": "/m/", "outcomes": Visit.Outcome.choices}
    return render(request, "visits/outbox/outbox.html", context)


@never_cache
@login_required
@require_GET
def today_offline(request: HttpRequest) -> HttpResponse:
    """The frame of today's list, filled from what the phone kept."""
    require(request.user, Do.RECORD_VISIT)
    return render(request, "visits/outbox/today_offline.html", {"tab": "today"})


@never_cache
@ensure_csrf_cookie
@login_required
@require_GET
def visit_offline(request: HttpRequest) -> HttpResponse:
    """The visit form with nobody in it; the phone fills in the business and the id."""
    require(request.user, Do.RECORD_VISIT)
    now = timezone.now()
    notice, banks = current_notice(day_of(now)), list(all_banks().values_list("code", "name"))
    policy = policy_in_force(request.user.district and request.user.district.pk, day_of(now))
    initial = {
        "id": NOBODY, "started_at": now.strftime("%Y-%m-%dT%H:%M:%S%z"), "mode": Visit.Mode.ON_SITE,
        "notice_version": notice.version if notice else "", "guarantee": "undecided", "urgency": "month",
    }  # fmt: skip
    context = {
        "form": VisitForm(banks=banks, notice=notice, policy=policy, initial=initial), "business": Business(),
        "notice": notice, "policy": policy, "code": "", "tab": "today", "back_url": "/m/", "marks": [],
    }  # fmt: skip
    return render(request, "visits/outbox/visit_offline.html", context)
