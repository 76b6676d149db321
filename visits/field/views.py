"""The officer's phone: scan, me. The first page is in `today`, the visit itself in `visit_views`."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import require, visible_to
from accounts.language import in_chinese
from accounts.roles import Do
from visits.codes import images, rules, services
from visits.codes.queries import live_code_of
from visits.errors import CodeRefused
from visits.field import rules_typed
from visits.field.scan_answers import refused_to_officer
from visits.register import rules_code
from visits.register.models import Business


@never_cache
@login_required
@require_GET
def scan(request: HttpRequest) -> HttpResponse:
    """Type what stands under the code, or a credit code; what the camera reads arrives here the same way."""
    require(request.user, Do.RECORD_VISIT)
    text = request.GET.get("text", "").replace("\x00", "")[:500].strip()
    context = {"tab": "scan", "text": text}
    if not text:
        return render(request, "visits/field/scan.html", context)
    token = rules.read_token(text)
    credit_code = rules_code.normalise(text)
    if token is None and len(credit_code) in (15, 18) and credit_code.isalnum():
        if visible_to(request.user, Business).filter(credit_code=credit_code).exists():
            return redirect("visit", credit_code=credit_code)
        unknown = _("没有找到这个信用代码,或不在您的走访范围。请核对,或扫它的门牌码。")
        context["problem"] = rules_typed.problem(text) or unknown
        return render(request, "visits/field/scan.html", context, status=404)
    try:
        services.scan(text=text, by=request.user, now=timezone.now())
    except CodeRefused as refusal:
        return refused_to_officer(request, refusal, text=text, is_typed="/q/" not in text)
    said = "" if "/q/" in text else "?typed=1"  # a whole address was scanned by something; the rest was typed
    return redirect(reverse("open-code", args=[token]) + said)


@never_cache
@login_required
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Who I am, and the code that owners scan to check it."""
    require(request.user, Do.RECORD_VISIT)
    code = live_code_of(request.user, timezone.now())
    context = {"tab": "me", "code": code}
    if code:
        address = rules.url_for(code.secret)
        context |= {"svg": images.qr_svg(address), "short": rules.short_code(rules.token_for(code.secret))}
    return render(request, "visits/field/me.html", context)


@login_required
def own_code(request: HttpRequest) -> HttpResponse:
    """Make my work code, or put a new one in place of one that was photographed. Opened by hand it leads to the page."""
    require(request.user, Do.RECORD_VISIT)
    if request.method != "POST":
        return redirect("me")
    now = timezone.now()
    code = live_code_of(request.user, now)
    if code and request.POST.get("renew"):
        with in_chinese():
            reason = _("本人换发")
        services.reissue(code=code, by=request.user, now=now, reason=reason)
        messages.success(request, _("已换发,旧码即刻作废。"))
    else:
        services.issue_code(subject=request.user, by=request.user, now=now)
    return redirect("me")
