"""Recording one visit on the phone: the form, what became of it, taking it back."""

import uuid
from datetime import date, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import get_visible, require
from accounts.clock import day_of
from accounts.errors import Invalid
from accounts.language import in_chinese
from accounts.models import User
from accounts.roles import Do
from accounts.templatetags.doorstep import shanghai
from visits.codes import rules as code_rules
from visits.codes import services as codes
from visits.consent.queries import current_notice
from visits.errors import CodeRefused, VisitIdReused
from visits.field import queries, rows, services
from visits.field.forms import VisitForm
from visits.field.models import Visit
from visits.field.scan_answers import refused_to_officer
from visits.presence import uploads
from visits.presence.queries import may_add, photos_of
from visits.presence.rules import MOST_PHOTOS
from visits.protection.queries import do_not_disturb_until
from visits.protection.services import ask_do_not_disturb
from visits.protection.words import warning
from visits.register.models import Business


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def visit(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The visit to a business found in one's list or by search."""
    require(request.user, Do.RECORD_VISIT)
    seen = Business.objects.select_related("district")
    business = get_visible(request.user, seen, credit_code=credit_code.replace("\x00", ""))
    return _visit(request, business, code="")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def visit_by_code(request: HttpRequest, token: str) -> HttpResponse:
    """The visit to the business whose door code was scanned."""
    require(request.user, Do.RECORD_VISIT)
    if request.method == "POST" and (first := queries.own_visit(request.user, request.POST.get("id", ""))):
        return _visit(
            request, first.business, code=token
        )  # a repeat is answered though the code was revoked since
    try:
        code = codes.scan(text=token, by=request.user, now=timezone.now())
    except CodeRefused as refusal:
        return refused_to_officer(request, refusal, text=token)
    if code.business is None:
        return redirect("open-code", token=token)
    return _visit(request, code.business, code=code_rules.token_for(code.secret))


def _visit(request: HttpRequest, business: Business, *, code: str) -> HttpResponse:
    now = timezone.now()
    (business,) = queries.with_what_a_row_shows(Business.objects.filter(pk=business.pk), request.user, now)
    parts = {
        "banks": list(queries.banks().values_list("code", "name")), "notice": current_notice(day_of(now)),
        "policy": business.facts.policy,
    }  # fmt: skip
    if request.method == "GET":
        initial = {
            "id": uuid.uuid4(), "started_at": now.strftime("%Y-%m-%dT%H:%M:%S%z"), "mode": Visit.Mode.ON_SITE,
            "notice_version": parts["notice"].version if parts["notice"] else "", "guarantee": "undecided", "urgency": "month",
            **_known(business, request.user, now),
        }  # fmt: skip
        return _page(request, VisitForm(**parts, initial=initial), business, code)
    form = VisitForm(request.POST, request.FILES, **parts)
    if not form.is_valid():
        return _page(request, form, business, code, status=400)
    if not request.POST.get("again"):
        first = queries.just_recorded(business, request.user, form.cleaned_data["id"], now)
        if first and not queries.own_visit(request.user, str(form.cleaned_data["id"])):
            return _page(request, form, business, code, status=409, first=first)
    try:
        place = {"code": code, "credit_code": "" if code else business.credit_code}
        said = form.said(**place, is_code_typed=_is_typed(request, code))
        recorded = services.record_visit(said=said, by=request.user, now=now)
    except VisitIdReused as refusal:
        form.add_error(None, refusal.sentence)
        return _page(request, form, business, code, status=refusal.status, is_reused=True)
    except Invalid as refusal:
        form.take_problems(refusal.fields or {"": refusal.sentence})
        return _page(request, form, business, code, status=refusal.status)
    uploads.keep(
        request, visit_id=recorded.visit.pk, now=now
    )  # after the visit: a bad photo takes nothing with it
    return redirect(reverse("own-visit", args=[recorded.visit.pk]) + "?done=1")


def _is_typed(request: HttpRequest, code: str) -> bool:
    """Whether the code under the door's QR was typed, as anyone could from a photo of the sheet; `/m/scan/` says so."""
    return bool(code) and "typed" in request.GET


def _known(business: Business, officer: User, now: datetime) -> dict:
    """Everything that was said before, filled in: whom to call, and the need where it was told at an earlier visit."""
    known = queries.contact_known(business, officer)
    need = queries.need_known(business, officer, now)
    if need is None:
        return known
    wished = dict(zip(("bank_1", "bank_2", "bank_3"), need.preferred_banks, strict=False))
    amount = None if need.amount_yuan is None else (need.amount_yuan / 10_000).normalize()
    return known | wished | {
        "amount_wan": None if amount is None else f"{amount:f}", "purpose": need.purpose, "purpose_text": need.purpose_text,
        "term_months": need.term_months, "guarantee": need.guarantee, "urgency": need.urgency,
    }  # fmt: skip


def _page(
    request: HttpRequest,
    form: VisitForm,
    business: Business,
    code: str,
    *,
    status: int = 200,
    is_reused: bool = False,
    first: Visit | None = None,
) -> HttpResponse:
    now = timezone.now()
    context = {
        "form": form, "business": business, "notice": form.notice, "code": code, "tab": "today",
        "back_url": reverse("today"), "marks": rows.marks(business, now), "protection": warning(business.facts),
        "attempt": rows.attempt(business, now), "is_reused": is_reused, "first": first,
        "submitted_id": form["id"].value(), "is_typed": _is_typed(request, code),
    }  # fmt: skip
    return render(request, "visits/field/visit.html", context, status=status)


@never_cache
@login_required
@require_GET
def own_visit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One visit of one's own; right after recording it, what comes next. The score of presence is not told here:
    whoever knows what it is made of plays for points (docs/decisions/0034-proof-of-presence.md)."""
    require(request.user, Do.RECORD_VISIT)
    now = timezone.now()
    found = get_visible(request.user, queries.own_visits(request.user), pk=pk)
    found.photos_taken = photos_of(found)
    context = {
        "tab": "visits", "visit": found, "back_url": reverse("own-visits"), "is_new": "done" in request.GET,
        "missing": rows.missing_words(found), "need": queries.need_of(found), "most_photos": MOST_PHOTOS,
        "photos_left": MOST_PHOTOS - len(found.photos_taken),
        "may_add_photos": may_add(found, now), "quiet_until": do_not_disturb_until(found.business, now),
        "quiet_choices": rows.quiet_choices(day_of(now)),
    }  # fmt: skip
    return render(request, "visits/field/own_visit.html", context)


@login_required
@require_POST
def annul(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    reason = request.POST.get("reason", "").replace("\x00", "")
    services.annul_visit(visit_id=pk, by=request.user, now=timezone.now(), reason=reason)
    messages.success(request, _("这次走访已作废,记录仍保留。"))
    return redirect("own-visit", pk=pk)


@login_required
@require_POST
def do_not_disturb(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The owner said at the door that nobody is to call for a while; the officer writes it down for them."""
    require(request.user, Do.RECORD_VISIT)
    found = get_visible(request.user, queries.own_visits(request.user), pk=pk)
    try:
        until = date.fromisoformat(request.POST.get("until_on", ""))
    except ValueError:
        raise Invalid(fields={"until_on": _("请选择日期。")}) from None
    with in_chinese():
        reason = _("走访时提出")
    wish = ask_do_not_disturb(
        business=found.business, until_on=until, now=timezone.now(), by=request.user, reason=reason
    )
    messages.success(
        request, _("已登记勿扰至%(day)s,各家银行都会看到。") % {"day": shanghai(wish.until_on, "day")}
    )
    return redirect("own-visit", pk=pk)
