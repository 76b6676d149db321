"""/district/lists/: the draft, what was issued, and one frozen list to print."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_visible, may, require, visible_to
from accounts.errors import Refusal
from accounts.roles import Do
from lending.models import FinancingCase
from lending.recommendation_list import rules
from lending.recommendation_list.draft import draft
from lending.recommendation_list.queries import active_banks, lists_seen_by
from lending.recommendation_list.services import issue_list

PAGE_SIZE = 20


@require_safe
@login_required
def lists(request: HttpRequest) -> HttpResponse:
    """The draft for the team that may issue; what was issued for the team and the city."""
    require(request.user, Do.SEE_DISTRICT)
    return _show(request)


@require_POST
@login_required
def issue(request: HttpRequest) -> HttpResponse:
    """Ticked cases (`case`) with their banks (`bank-<number>`, one or several). All of it or nothing."""
    require(request.user, Do.ISSUE_LIST)
    ticked = list(dict.fromkeys(request.POST.getlist("case")))[: rules.MAX_ITEMS + 1]
    chosen = {number: list(dict.fromkeys(request.POST.getlist(f"bank-{number}")))[:20] for number in ticked}
    known = visible_to(request.user, FinancingCase).filter(number__in=[n for n in ticked if "\0" not in n])
    cases = {case.number: case for case in known}
    banks = {bank.code: bank for bank in active_banks()}
    problems = {number: _("请选择银行。") for number in ticked if number in cases and not chosen[number]}
    items = [(cases[n], banks[code]) for n in ticked if n in cases for code in chosen[n] if code in banks]
    if problems:
        return _show(request, chosen, problems, _("有办件没有选银行,清单没有发布。"), 422)
    try:
        made = issue_list(district=request.user.district, items=items, by=request.user, now=timezone.now())
    except Refusal as refusal:
        problems = _by_case(refusal, items)
        return _show(request, chosen, problems, str(refusal.sentence), refusal.status)
    messages.success(request, _("清单 %(number)s 已发布并推送,银行时限开始计算。") % {"number": made.number})
    return HttpResponseRedirect(reverse("district-list", args=[made.number]))


@require_safe
@login_required
def one(request: HttpRequest, number: str) -> HttpResponse:
    require(request.user, Do.SEE_DISTRICT)
    made = get_visible(request.user, lists_seen_by(request.user), number=number)
    return render(request, "lending/recommendation_list/list.html", {"list": made})


def _by_case(refusal: Refusal, items: list[tuple]) -> dict[str, str]:
    """`items.<place>.…` as sentences by case number; what belongs to no item goes under ""."""
    said: dict[str, str] = {}
    for name, sentence in refusal.fields.items():
        place = name.split(".")[1] if name.startswith("items.") else ""
        number = items[int(place)][0].number if place.isdigit() and int(place) < len(items) else ""
        said[number] = f"{said[number]} {sentence}" if number in said else str(sentence)
    return said


def _show(
    request: HttpRequest,
    chosen: dict | None = None,
    problems: dict | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    """`chosen` keeps the ticks and banks of a list that was refused."""
    rows = draft(request.user, timezone.now()) if may(request.user, Do.ISSUE_LIST) else []
    issued = Paginator(lists_seen_by(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    shown = [
        {
            "row": row, "is_ticked": bool(chosen) and row.case.number in chosen,
            "banks": (chosen or {}).get(row.case.number) or row.suggested,
            "problem": (problems or {}).get(row.case.number, ""),
        }
        for row in rows
    ]  # fmt: skip
    context = {
        "rows": shown, "issued": issued, "sentence": sentence, "problem": (problems or {}).get("", ""),
        "may_issue": may(request.user, Do.ISSUE_LIST), "max_banks": rules.MAX_BANKS_PER_CASE, "pager": _pager(issued),
    }  # fmt: skip
    return render(request, "lending/recommendation_list/lists.html", context, status=status)


def _pager(page) -> dict:
    at = reverse("district-lists") + "?page="
    return {
        "previous_url": f"{at}{page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"{at}{page.next_page_number()}" if page.has_next() else "",
        "shown": len(page), "total": page.paginator.count,
    }  # fmt: skip
