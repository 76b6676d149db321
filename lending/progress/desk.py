"""The district's pages: the queue, one case, and what is done to it there."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_visible, may, require
from accounts.errors import Refusal
from accounts.models import Organisation
from accounts.roles import Do
from lending.bank_decision.repairing import finish_repair, open_repair
from lending.bank_decision.services import confirm_outcome
from lending.credit_lookup.services import look_up
from lending.credit_lookup.verifying import verify_need
from lending.district_review.forms import ReviewForm
from lending.district_review.services import resume, review
from lending.models import BankDecision, FinancingCase
from lending.progress import case_facts
from lending.progress import queue as queues
from lending.progress.case_page import case_url, page
from lending.progress.ending import end_case
from lending.recommendation_list.queries import active_banks
from lending.recommendation_list.services import reopen_for_another_bank

SAID = {
    "recommend": gettext_lazy("已推荐,办件进入待推送。"),
    "return": gettext_lazy("已退回补正,走访人员会在手机上看到原因。"),
    "not_recommended": gettext_lazy("已作出不予推荐的结论,办件办结。"),
}


@require_safe
@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """`?stage=&overdue=1&bank=&district=&q=&page=`; for the team and, reading only, the city."""
    require(request.user, Do.SEE_DISTRICT)
    asked = queues.read(request.GET)
    if asked.has_unknown_stage:
        messages.warning(request, _("没有这个环节,下面显示的是全部在办办件。"))
    found = queues.queue(request.user, asked, timezone.now())
    is_city = may(request.user, Do.SEE_CITY)
    districts = (
        Organisation.objects.filter(kind="district", is_active=True).order_by("code") if is_city else ()
    )
    shown = found | {"banks": active_banks(), "districts": districts}
    return render(request, "lending/progress/queue.html", shown)


@require_safe
@login_required
def case(request: HttpRequest, number: str) -> HttpResponse:
    require(request.user, Do.SEE_DISTRICT)
    found = get_visible(request.user, case_facts.case_for_the_desk(request.user), number=number)
    return _show(request, found)


@require_POST
@login_required
def review_case(request: HttpRequest, number: str) -> HttpResponse:
    """What could not be recorded is shown again with what was typed and a sentence; a success leads back to the case."""
    require(request.user, Do.REVIEW)
    now = timezone.now()
    found = get_visible(request.user, case_facts.case_for_the_desk(request.user), number=number)
    form = ReviewForm(request.POST, banks=case_facts.facts_of(found, request.user, now).banks_named)
    if not form.is_valid():
        return _show(request, found, form, 422)
    said = form.cleaned_data
    try:
        review(
            case=found, by=request.user, now=now, outcome=said["outcome"], criteria=form.criteria(),
            reason=said["reason"], banks=form.proposed(), seen=said["seen"],
        )  # fmt: skip
    except Refusal as refusal:
        found = get_visible(request.user, case_facts.case_for_the_desk(request.user), number=number)
        _tell(form, refusal, found)
        return _show(request, found, form, refusal.status)
    messages.success(request, str(SAID[said["outcome"]]))
    return HttpResponseRedirect(case_url(found))


@require_POST
@login_required
def look_up_case(request: HttpRequest, number: str) -> HttpResponse:
    """`seen` is the number of events the page showed, as the review form carries it."""
    require(request.user, Do.LOOK_UP_CREDIT)
    said = request.POST.get("seen", "")
    seen = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
    return _deed(
        request,
        number,
        lambda found, now: look_up(case=found, by=request.user, now=now, seen=seen),
        _("已取得信用查询结果。"),
    )


@require_POST
@login_required
def verify_case(request: HttpRequest, number: str) -> HttpResponse:
    require(request.user, Do.LOOK_UP_CREDIT)
    note = _said(request, "note")
    return _deed(
        request,
        number,
        lambda found, now: verify_need(case=found, note=note, by=request.user, now=now),
        _("已登记核实情况,可以查询信用信息了。"),
    )


@require_POST
@login_required
def resume_case(request: HttpRequest, number: str) -> HttpResponse:
    require(request.user, Do.REVIEW)
    reason = _said(request, "reason")
    return _deed(
        request,
        number,
        lambda found, now: resume(case=found, by=request.user, now=now, reason=reason),
        _("已恢复审核。"),
    )


@require_POST
@login_required
def reopen_case(request: HttpRequest, number: str) -> HttpResponse:
    require(request.user, Do.ISSUE_LIST)
    reason = _said(request, "reason")

    def reopen(found: FinancingCase, now) -> None:
        reopen_for_another_bank(case=found, by=request.user, now=now, reason=reason)

    return _deed(request, number, reopen, _("已转为待推送,可在推荐清单中改推其他银行。"))


@require_POST
@login_required
def repair_case(request: HttpRequest, number: str) -> HttpResponse:
    """Open a repair (`plan`, `department`), or end it (`mended` yes or no, `result`)."""
    require(request.user, Do.REVIEW)
    said, by = request.POST, request.user

    def start(found: FinancingCase, now) -> None:
        open_repair(
            case=found, plan=said.get("plan", ""), department=said.get("department", ""), by=by, now=now
        )

    def end(found: FinancingCase, now) -> None:
        finish_repair(
            case=found, is_mended=said["mended"] == "yes", result=said.get("result", ""), by=by, now=now
        )

    if "mended" not in said:
        return _deed(request, number, start, _("已转入会诊修复。"))
    done = _("修复完成,办件进入待推送。") if said["mended"] == "yes" else _("未能修复,办件办结。")
    return _deed(request, number, end, done)


@require_POST
@login_required
def close_case(request: HttpRequest, number: str) -> HttpResponse:
    """终止办件: nothing more to be tried, or a firm that will not come back."""
    require(request.user, Do.REVIEW)
    reason = _said(request, "reason")
    return _deed(
        request,
        number,
        lambda found, now: end_case(case=found, reason=reason, by=request.user, now=now),
        _("办件已终止。"),
    )


@require_POST
@login_required
def confirm_report(request: HttpRequest, number: str, decision: int) -> HttpResponse:
    """The team's word on a bank's report that is no decision."""
    require(request.user, Do.CONFIRM_OUTCOME)
    is_confirmed, reason = request.POST.get("confirmed") == "yes", _said(request, "reason")

    def confirm(found: FinancingCase, now) -> None:
        reported = get_visible(request.user, BankDecision, pk=decision, recommendation__case=found)
        confirm_outcome(decision=reported, is_confirmed=is_confirmed, reason=reason, by=request.user, now=now)

    said = _("已确认银行反馈,该行时限停止。") if is_confirmed else _("未予确认,已退回银行继续办理。")
    return _deed(request, number, confirm, said)


def _said(request: HttpRequest, name: str) -> str:
    """What was typed, without the NUL that PostgreSQL does not take."""
    return request.POST.get(name, "").replace("\0", "")


def _deed(request: HttpRequest, number: str, do, said: str) -> HttpResponse:
    """One call, then back to the case with what became of it; a refusal is a sentence there, not a page of its own."""
    found = get_visible(request.user, FinancingCase.objects.select_related("business"), number=number)
    try:
        do(found, timezone.now())
    except Refusal as refusal:
        parts = [str(refusal.sentence), *(str(part) for part in refusal.fields.values())]
        messages.error(request, " ".join(dict.fromkeys(parts)))
    else:
        messages.success(request, said)
    return HttpResponseRedirect(case_url(found))


def _tell(form: ReviewForm, refusal: Refusal, found: FinancingCase) -> None:
    """The service's words on the fields of the form, the rest above it; what is sent next has seen the case as shown."""
    form.add_error(None, str(refusal.sentence))
    for name, sentence in refusal.fields.items():
        field = f"{name.removeprefix('criteria.')}_met" if name.startswith("criteria.") else name
        form.add_error(field if field in form.fields else None, str(sentence))
    form.data = form.data.copy()
    form.data["seen"] = found.events_count


def _show(
    request: HttpRequest, found: FinancingCase, form: ReviewForm | None = None, status: int = 200
) -> HttpResponse:
    context = page(found, request.user, timezone.now(), form)
    return render(request, "lending/district_review/case.html", context, status=status)
