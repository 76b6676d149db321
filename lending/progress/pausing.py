"""补件暂停 on the desk: what banks ask for, what runs, what was answered; the team's word is given here or on the case."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_visible, may, require
from accounts.errors import Invalid, Refusal
from accounts.models import User
from accounts.roles import Do
from lending.models import FinancingCase, Suspension
from lending.sla import suspending, suspensions
from lending.sla.chips import linked

PER_PAGE = 30
TABS = {
    "asked": (gettext_lazy("待答复"), suspensions.to_answer),
    "running": (gettext_lazy("暂停中"), suspensions.running),
    "answered": (gettext_lazy("已结束"), suspensions.answered),
}


@require_safe
@login_required
def pauses(request: HttpRequest) -> HttpResponse:
    """`?show=asked|running|answered&page=`; for the team and, reading only, the city."""
    require(request.user, Do.SEE_DISTRICT)
    now, wanted = timezone.now(), request.GET.get("show", "asked")
    here = wanted if wanted in TABS else "asked"
    found = Paginator(TABS[here][1](request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": _tabs(request.user, here), "rows": [row_of(one, request.user, now) for one in found], "here": here,
        "pager": _pager(found, here),
    }  # fmt: skip
    return render(request, "lending/progress/pauses.html", context)


@require_POST
@login_required
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """`granted` yes or no, `days`, `note`; back to where it was pressed (`back`)."""
    one = get_visible(request.user, suspensions.seen_by(request.user), pk=pk)
    require(request.user, Do.CONFIRM_OUTCOME)
    is_granted, note = request.POST.get("granted") == "yes", request.POST.get("note", "").replace("\0", "")

    def deed(now: datetime) -> str:
        days = _days(request.POST.get("days", "")) if is_granted else None
        suspending.answer(
            suspension=one, is_granted=is_granted, days=days, note=note, by=request.user, now=now
        )
        if is_granted:
            return _("已同意补件暂停,银行在办件页可见。")
        return _("未同意补件暂停,银行在办件页可见。")

    return _deed(request, one, deed)


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_visible(request.user, suspensions.seen_by(request.user), pk=pk)
    require(request.user, Do.CONFIRM_OUTCOME)

    def deed(now: datetime) -> str:
        why = request.POST.get("why", "").replace("\0", "")
        suspending.end(suspension=one, why=why, by=request.user, now=now)
        return _("已恢复计时。")

    return _deed(request, one, deed)


def of_case(case: FinancingCase, user: User, now: datetime) -> list[dict]:
    """What stands open on a case, for its page."""
    rows = suspensions.seen_by(user).filter(deadline__case=case, state__in=suspensions.OPEN).order_by("pk")
    return [row_of(one, user, now) for one in suspensions.with_days_left(rows)]


def row_of(one: Suspension, user: User, now: datetime) -> dict:
    """`left` are the days that may still be granted."""
    is_asked = one.state == Suspension.State.ASKED
    may_answer = may(user, Do.CONFIRM_OUTCOME)
    left = min(one.asked_days, suspending.days_left(one.deadline)) if is_asked else 0
    return {
        "one": one, "chip": linked(one.deadline, now), "case": one.deadline.case, "bank": one.deadline.bound,
        "url": _case_url(one), "left": left,
        "may_answer": may_answer and is_asked and now < one.deadline.due_at,
        "may_end": may_answer and one.state == Suspension.State.GRANTED,
    }  # fmt: skip


def _case_url(one: Suspension) -> str:
    return reverse("district-case", args=[one.deadline.case.number])


def _days(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise Invalid(fields={"days": _("请填写天数。")})
    return int(text)


def _deed(request: HttpRequest, one: Suspension, do) -> HttpResponse:
    try:
        messages.success(request, do(timezone.now()))
    except Refusal as refusal:
        parts = [str(refusal.sentence), *(str(part) for part in refusal.fields.values())]
        messages.error(request, " ".join(dict.fromkeys(parts)))
    is_list = request.POST.get("back") == "list"
    return HttpResponseRedirect(reverse("district-suspensions") if is_list else _case_url(one))


def _tabs(user: User, here: str) -> list[dict]:
    def count(name: str, rows: QuerySet) -> int | str:
        return rows.count() if name != "answered" else ""

    return [
        {
            "label": str(label), "url": f"?show={name}", "count": count(name, rows(user)), "is_current": name == here,
            "state": "soon" if name == "asked" else "",
        }
        for name, (label, rows) in TABS.items()
    ]  # fmt: skip


def _pager(found, here: str) -> dict:
    def url(is_there: bool, step: int) -> str:
        return f"?show={here}&page={found.number + step}" if is_there else ""

    return {
        "previous_url": url(found.has_previous(), -1), "next_url": url(found.has_next(), 1),
        "shown": len(found), "total": found.paginator.count,
    }  # fmt: skip
