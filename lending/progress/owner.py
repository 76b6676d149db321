"""The owner's page of a case, behind the tracking link: the case like a parcel, and what the owner may do about it."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.clock import day_of
from accounts.errors import Invalid, NotFound, Refusal
from accounts.language import in_chinese
from accounts.owner_pages import count_leaving, for_owners
from lending.models import FinancingCase
from lending.progress import amending, case_facts, owners_word, queries, withdrawing, words
from lending.progress.follow import story
from lending.progress.next_steps import for_owner, has_stopped, plain_reasons
from lending.progress.viewer import OWNER
from lending.recommendation_list.queries import banks_left
from lending.sla import suspensions
from lending.stages import CLOSED
from visits.consent.queries import consents_for_lookup, current_notice, live_consents
from visits.intake import declaring
from visits.intake.forms import MendForm, MoreConsentForm, ReportForm
from visits.intake.models import OwnerReport
from visits.intake.queries import banks, complaints_of
from visits.intake.rules import digest_of_form
from visits.protection.queries import do_not_disturb_until

TOKEN_LENGTHS = range(20, 33)  # of `new_track_token`, and room for a longer one


@require_safe
@for_owners
def track(request: HttpRequest, token: str) -> HttpResponse:
    """Public: the token is the key. No names of people, no phone numbers but the team's."""
    return _page(request, _owned(token))


@for_owners
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """The owner ends one consent (`consent`), all of them (`all=yes`) or the whole case (`case=yes`). Opened by hand it
    leads to the page."""
    return _deed(request, token, _withdraw)


def _withdraw(request: HttpRequest, case: FinancingCase, now: datetime) -> str:
    consent = request.POST.get("consent", "")
    if consent.isascii() and consent.isdigit() and len(consent) < 16:
        ended = withdrawing.withdraw_one_consent(case=case, consent_id=int(consent), now=now)
        return _("已撤回对%(bank)s的授权。") % {"bank": words.recipient_name(ended.recipient)}
    if request.POST.get("all") == "yes":
        withdrawing.withdraw_all_consents(case=case, now=now)
        return _("已撤回全部授权,不再查询,也不再推送。")
    if request.POST.get("case") == "yes":
        with in_chinese():
            reason = _("企业主在进度页撤回")
        withdrawing.withdraw_case(case=case, by=None, now=now, reason=reason)
        return _("申请已撤回,银行不会再就此联系您。")
    return ""


@for_owners
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """ "This need is mine", said on the owner's own phone."""

    def say(request: HttpRequest, case: FinancingCase, now: datetime) -> str:
        owners_word.confirm_need(case=case, now=now)
        return _("谢谢,已确认。工作专班审核时会看到。")

    return _deed(request, token, say)


@require_http_methods(["GET", "POST"])
@for_owners
def complain(request: HttpRequest, token: str) -> HttpResponse:
    return _report(request, token, OwnerReport.Kind.COMPLAINT, _("您要投诉什么?"))


@require_http_methods(["GET", "POST"])
@for_owners
def disown(request: HttpRequest, token: str) -> HttpResponse:
    """ "This need is not mine": the team is told and has to answer."""
    return _report(request, token, OwnerReport.Kind.DISOWNED, _("请说说情况:是谁、什么时候替您报的?"))


@require_http_methods(["GET", "POST"])
@for_owners
def quiet(request: HttpRequest, token: str) -> HttpResponse:
    case, now = _owned(token), timezone.now()
    form = declaring.quiet_form(request, case.business, now)
    if request.method == "POST" and (
        answer := declaring.keep_quiet(request, token, case.business, form, now)
    ):
        messages.success(request, answer)
        return _back(token)
    context = {
        "form": form, "name": case.business.name, "until": do_not_disturb_until(case.business, now),
        "back_url": reverse("track", args=[token]),
    }  # fmt: skip
    return render(request, "visits/intake/quiet.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@for_owners
def mend(request: HttpRequest, token: str) -> HttpResponse:
    """The need again, while the case waits for it."""
    case, now = _owned(token), timezone.now()
    form = MendForm(request.POST if request.method == "POST" else None, need=case.need)
    said = form.said(tuple(case.need.preferred_banks)) if form.is_bound and form.is_valid() else None
    sent = digest_of_form(form.cleaned_data["id"], said) if said else ""
    if not amending.may_mend_need(case) and not amending.was_said(case, sent):
        messages.warning(request, _("办件已在办理,现在不能修改需求。确需修改,请联系区级工作专班。"))
        return _back(token)
    if said:
        count_leaving(request, token)
        do = partial(amending.mend_need, case=case, said=said, now=now, form=sent)
        return _keep(request, form, do, token, case)
    return _form_page(request, "lending/progress/mend.html", form, case, token)


@require_http_methods(["GET", "POST"])
@for_owners
def add_consent(request: HttpRequest, token: str) -> HttpResponse:
    """Another bank, or the consent that is still missing."""
    case, now = _owned(token), timezone.now()
    notice = current_notice(day_of(now))
    if case.stage in CLOSED or notice is None:
        messages.warning(request, _("现在不能增加授权。"))
        return _back(token)
    facts = {"notice": notice, "team": case.district, "banks": list(banks().values_list("code", "name"))}
    if request.method == "GET":
        form = MoreConsentForm(initial={"id": uuid.uuid4(), "notice_version": notice.version}, **facts)
        return _form_page(request, "lending/progress/add_consent.html", form, case, token)
    form = MoreConsentForm(request.POST, **facts)
    if form.is_valid():
        count_leaving(request, token)
        said = form.said()
        sent = digest_of_form(form.cleaned_data["id"], said)
        do = partial(amending.add_consent, case=case, said=said, now=now, form=sent)
        return _keep(request, form, do, token, case)
    return _form_page(request, "lending/progress/add_consent.html", form, case, token)


def _keep(
    request: HttpRequest, form, do: Callable[[], None], token: str, case: FinancingCase
) -> HttpResponse:
    try:
        do()
    except Invalid as refusal:
        form.take_problems(refusal.fields or {"": refusal.sentence})
        template = "mend" if isinstance(form, MendForm) else "add_consent"
        return _form_page(request, f"lending/progress/{template}.html", form, case, token)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
        return _back(token)
    messages.success(request, _("已收到,办件会接着办理。"))
    return _back(token)


def _report(request: HttpRequest, token: str, kind: str, asked: str) -> HttpResponse:
    case = _owned(token)
    about = _("门牌码上另报的那项需求不是我申报的。") if request.GET.get("about") == "door" else ""
    begun = {"id": uuid.uuid4(), "text": about}
    form = ReportForm(request.POST if request.method == "POST" else None, initial=begun, asked=asked)
    if form.is_bound and form.is_valid():
        count_leaving(request, token)
        made = owners_word.report(case=case, kind=kind, said=form.said(), now=timezone.now())
        said = _("已收到,受理编号%(reference)s。区级工作专班的答复会显示在本页。") % {
            "reference": made.reference
        }
        messages.success(request, said)
        return _back(token)
    return _form_page(request, "lending/progress/complain.html", form, case, token, kind=kind)


def _form_page(
    request: HttpRequest, template: str, form, case: FinancingCase, token: str, **more
) -> HttpResponse:
    context = {"form": form, "case": case, "token": token, "back_url": reverse("track", args=[token])} | more
    return render(request, template, context, status=400 if form.errors else 200)


def _deed(
    request: HttpRequest, token: str, do: Callable[[HttpRequest, FinancingCase, datetime], str]
) -> HttpResponse:
    """One call, then back to the page with what became of it; a refusal is a sentence there. Opened by hand it leads to
    the page."""
    if request.method != "POST":
        return _back(token)
    case = _owned(token)
    try:
        if said := do(request, case, timezone.now()):
            messages.success(request, said)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return _back(token)


def _back(token: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("track", args=[token]))


def _owned(token: str) -> FinancingCase:
    """The case of this link; what cannot be a link is not asked for."""
    cases = FinancingCase.objects.select_related("business", "district", "need").annotate(
        seen_stage=F("stage")
    )
    is_one = (
        len(token) in TOKEN_LENGTHS and token.isascii() and token.replace("-", "").replace("_", "").isalnum()
    )
    case = queries.with_story(cases, OWNER).filter(track_token=token).first() if is_one else None
    if case is None:
        raise NotFound()
    return case


def _page(request: HttpRequest, case: FinancingCase) -> HttpResponse:
    now, is_open = timezone.now(), case.stage not in CLOSED
    consents = case_facts.consents_of_the_owner(case, now)
    has_bank_left = bool(banks_left(case, now))
    may_look_up = consents_for_lookup(case.business, now=now).exists()
    is_all_withdrawn = (
        any(row.is_taken_back for row in consents) and not live_consents(case.business, now=now).exists()
    )
    waiting = suspensions.running_of([push.deadline for push in case.pushes], now)
    said = for_owner(
        case,
        has_bank_left=has_bank_left,
        may_look_up=may_look_up,
        is_all_withdrawn=is_all_withdrawn,
        waiting=waiting,
    )
    told = story(case, OWNER)
    if has_stopped(case, may_look_up=may_look_up, is_all_withdrawn=is_all_withdrawn):
        for step in told["line"]:
            if (
                step["state"] == "current"
            ):  # no office is at work on it, and no clock of theirs is the owner's
                step |= {"detail": said.now, "organisation": "", "chip": None}
    context = told | {
        "next": said, "reasons": plain_reasons(case), "waiting": waiting, "consents": consents,
        "has_live_consent": any(row.state == "live" for row in consents),
        "may_mend": amending.may_mend_need(case), "may_add": is_open, "wants_bank": is_open and not (has_bank_left and may_look_up),
        # an owner who declared alone has said so already
        "asks_to_confirm": is_open and case.need.visit_id is not None and case.need.confirmed_at is None,
        "complaints": complaints_of(case.number), "quiet_until": do_not_disturb_until(case.business, now),
        "is_declared_elsewhere": is_open and any(event.kind == "need_declared" for event in case.story),
        "token": case.track_token,
    }  # fmt: skip
    return render(request, "lending/progress/track.html", context)
