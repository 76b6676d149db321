"""A need declared at the door, without an officer: what is needed, from whom, read and signed; and "do not disturb"."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.clock import day_of
from accounts.errors import Conflict, Invalid, Refusal
from accounts.owner_pages import count_leaving
from visits.codes.images import qr_svg
from visits.codes.models import Code
from visits.codes.queries import report_to
from visits.consent.queries import current_notice
from visits.intake import drafts, queries, rules, services
from visits.intake.code_pages import with_code
from visits.intake.forms import BanksForm, ConsentForm, NeedForm, QuietForm
from visits.protection import services as protection
from visits.protection.queries import do_not_disturb_until, policy_in_force

STEPS = (gettext_lazy("需求"), gettext_lazy("银行"), gettext_lazy("授权"))
FORM_WRONG = 400


@require_http_methods(["GET", "POST"])
@with_code
def need(request: HttpRequest, code: Code, token: str) -> HttpResponse:
    if closed := _cannot(request, code):
        return closed
    draft = drafts.read(request, code)
    if request.method == "GET":
        return _step(request, code, 1, NeedForm(initial=draft.get("need")))
    form = NeedForm(request.POST)
    if not form.is_valid():
        return _step(request, code, 1, form, FORM_WRONG)
    drafts.keep(request, code, "need", form)
    return redirect("declare-banks", token=token)


@require_http_methods(["GET", "POST"])
@with_code
def banks(request: HttpRequest, code: Code, token: str) -> HttpResponse:
    draft, choices = drafts.read(request, code), _banks()
    if "need" not in draft:
        return redirect("declare", token=token)
    if request.method == "GET":
        return _step(request, code, 2, BanksForm(banks=choices, initial=draft.get("banks")))
    form = BanksForm(request.POST, banks=choices)
    if not form.is_valid():
        return _step(request, code, 2, form, FORM_WRONG)
    drafts.keep(request, code, "banks", form)
    return redirect("declare-consent", token=token)


@require_http_methods(["GET", "POST"])
@with_code
def consent(request: HttpRequest, code: Code, token: str) -> HttpResponse:
    """The last step; sent twice, it is answered twice alike."""
    draft, now = drafts.read(request, code), timezone.now()
    if not {"need", "banks"} <= draft.keys():
        return redirect("declare-done" if drafts.sent(request, code) else "declare", token=token)
    wanted, chosen = NeedForm(draft["need"]), BanksForm(draft["banks"], banks=_banks())
    notice = current_notice(day_of(now))
    if not (
        wanted.is_valid() and chosen.is_valid()
    ):  # a bank has gone since, or the draft is of an older form
        return redirect("declare" if not wanted.is_valid() else "declare-banks", token=token)
    if notice is None:
        return _cannot(request, code, _("还没有启用的授权告知书,暂时不能在线申报。"))
    named = [(bank, name) for bank, name in _banks() if bank in chosen.chosen()]
    facts = {"notice": notice, "team": code.business.district, "banks": named}
    if request.method == "GET":
        begun = {"notice_version": notice.version, "signed_name": wanted.cleaned_data["contact_name"]}
        return _step(request, code, 3, ConsentForm(initial=begun, **facts))
    form = ConsentForm(request.POST, **facts)
    if not form.is_valid():
        return _step(request, code, 3, form, FORM_WRONG)
    count_leaving(request, token)
    said = rules.DeclarationSaid(id=draft["id"], need=wanted.said(chosen.chosen()), consent=form.said())
    try:
        services.declare_need(said=said, code=code, now=now)
    except Invalid as refusal:
        form.take_problems(refusal.fields or {"": refusal.sentence})
        return _step(request, code, 3, form, refusal.status)
    except Conflict:  # this very form was sent before: what was sent then stands
        messages.warning(request, _("这份申报已经提交过,下面是当时的结果,没有改动。"))
    drafts.finish(request, code)
    return redirect("declare-done", token=token)


@require_safe
@with_code
def done(request: HttpRequest, code: Code, token: str) -> HttpResponse:
    """The link to follow the case, shown on the phone that declared and on no other."""
    sent = drafts.sent(request, code)
    made = queries.declaration_by_id(sent) if sent else None
    if made is None:
        return redirect("declare", token=token)
    link = settings.PUBLIC_BASE_URL + made.follow_path if made.follow_path else ""
    context = {
        "code": code, "made": made, "link": link, "qr": qr_svg(link) if link else "", "report_to": report_to(code),
        "back_url": reverse("open-code", args=[token]),
    }  # fmt: skip
    return render(request, "visits/intake/done.html", context)


@require_http_methods(["GET", "POST"])
@with_code
def quiet(request: HttpRequest, code: Code, token: str) -> HttpResponse:
    """Do not disturb, asked for or lengthened at the door. Anybody may stand there: what stands is not lifted here."""
    now = timezone.now()
    if code.business is None:
        return redirect("open-code", token=token)
    form = quiet_form(request, code.business, now)
    if request.method == "POST" and (
        answer := keep_quiet(request, token, code.business, form, now, is_at_door=True)
    ):
        messages.success(request, answer)
        return redirect("open-code", token=token)
    context = {
        "form": form, "name": code.business.name, "until": do_not_disturb_until(code.business, now),
        "is_at_door": True, "back_url": reverse("open-code", args=[token]),
    }  # fmt: skip
    return render(request, "visits/intake/quiet.html", context, status=FORM_WRONG if form.errors else 200)


def quiet_form(request: HttpRequest, business, now: datetime) -> QuietForm:
    policy = policy_in_force(business.district_id, day_of(now))
    return QuietForm(
        request.POST if request.method == "POST" else None,
        max_days=policy.do_not_disturb_max_days if policy else 0,
    )


def keep_quiet(
    request: HttpRequest, token: str, business, form: QuietForm, now: datetime, *, is_at_door: bool = False
) -> str:
    """What was done, in words; empty where the form has to be mended."""
    is_lifted = "lift" in request.POST and not is_at_door
    if not is_lifted and not form.is_valid():
        return ""
    count_leaving(request, token)
    if is_lifted:
        protection.lift_do_not_disturb(business=business, now=now)
        return _("勿扰已解除。")
    try:
        asked = protection.ask_do_not_disturb(
            business=business, until_on=form.until(day_of(now)), now=now, only_longer=is_at_door
        )
    except Invalid as refusal:
        form.take_problems(refusal.fields)
        return ""
    return _("已登记勿扰,到%(day)s为止。") % {"day": f"{asked.until_on:%Y-%m-%d}"}


def _banks() -> list[tuple[str, str]]:
    return list(queries.banks().values_list("code", "name"))


def _cannot(request: HttpRequest, code: Code, sentence: str = "") -> HttpResponse | None:
    """A page in words where nothing can be declared here; None where all is well."""
    if code.business is None:
        return HttpResponseRedirect(reverse("open-code", args=[request.resolver_match.kwargs["token"]]))
    try:
        services.check_business(code.business)
    except Refusal as refusal:
        sentence = refusal.sentence
    if not sentence:
        return None
    context = {"code": code, "sentence": sentence, "report_to": report_to(code)}
    return render(request, "visits/intake/cannot.html", context, status=422)


def _step(request: HttpRequest, code: Code, number: int, form, status: int = 200) -> HttpResponse:
    names = {1: "need", 2: "banks", 3: "consent"}
    back = {1: "open-code", 2: "declare", 3: "declare-banks"}[number]
    context = {
        "code": code, "form": form, "step": number, "steps": STEPS, "team": code.business.district,
        "back_url": reverse(back, args=[request.resolver_match.kwargs["token"]]),
    }  # fmt: skip
    return render(request, f"visits/intake/{names[number]}.html", context, status=status)
