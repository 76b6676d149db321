"""The pages where a team prints, renews and revokes codes."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import get_visible, require, visible_to
from accounts.roles import Do
from visits.codes import queries, rules, services, sheet
from visits.codes.models import Code
from visits.register.models import BusinessList, Grid


@login_required
@require_http_methods(["GET", "POST"])
def print_sheet(request: HttpRequest) -> HttpResponse:
    """GET shows the sheet of a selection; POST issues codes to those of it that have none, and comes back."""
    require(request.user, Do.PRINT_CODES)
    picked, now = sheet.read_selection(request.GET, request.user), timezone.now()
    chosen = sheet.businesses(picked, request.user)
    if request.method == "POST":
        made = _issue(picked, chosen, request.user, now)
        messages.success(request, _("已制发 %(made)s 个新码。") % {"made": made})
        return redirect(request.get_full_path())
    page = Paginator(sheet.codes(picked, request.user, now), sheet.PER_VIEW).get_page(request.GET.get("page"))
    context = {
        "picked": picked, "page": page, "labels": [sheet.label(code) for code in page],
        **_bare_summary(picked, chosen, request.user, now),
        "lists": BusinessList.objects.filter(is_active=True), "grids": visible_to(request.user, Grid)[:500],
        "query": _query_without_page(request),
    }  # fmt: skip
    return render(request, "visits/codes/print.html", context)


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The codes a team looks after: find one, renew it, revoke it, see how often it was refused."""
    require(request.user, Do.PRINT_CODES)
    asked = {
        name: request.GET.get(name, "").replace("\x00", "")[:100] for name in ("kind", "state", "search")
    }
    now = timezone.now()
    rows = queries.find_codes(request.user, now=now, **asked)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {
        "page": page, "asked": asked, "now": now, "query": _query_without_page(request),
        "kinds": Code.Kind.choices, "states": queries.STATES,
    }  # fmt: skip
    return render(request, "visits/codes/index.html", context)


@login_required
@require_POST
def change(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Renew or revoke one code, then back to the list."""
    code = get_visible(request.user, Code, pk=pk)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    services.DEEDS[deed](code=code, by=request.user, now=timezone.now(), reason=reason or _("未写明"))
    done = _("已换发新码,旧码即刻作废。") if deed == "reissue" else _("已作废,再扫此码会被拒绝并留痕。")
    messages.success(request, done)
    return redirect(reverse("codes") + f"?search={rules.token_for(code.secret)}")


def _bare(picked: sheet.Selection, chosen, user, now):
    """Of the selection, what has no live code yet."""
    if picked.officers:
        return queries.without_live_code(queries.officers_seen_by(user), now)
    if picked.grids:
        return queries.without_live_code(visible_to(user, Grid), now)
    return queries.without_live_code(chosen, now)


def _bare_summary(picked: sheet.Selection, chosen, user, now) -> dict:
    """How many are still without a code, and the first few by name."""
    if picked.is_empty:
        return {"bare": 0, "bare_names": []}
    bare = _bare(picked, chosen, user, now)
    return {"bare": bare.count(), "bare_names": [str(one) for one in bare[: sheet.NAMED]]}


def _issue(picked: sheet.Selection, chosen, user, now) -> int:
    bare = _bare(picked, chosen, user, now)
    if picked.officers or picked.grids:
        return len(
            [services.issue_code(subject=subject, by=user, now=now) for subject in bare[: sheet.MAX_ISSUED]]
        )
    return services.issue_missing(businesses=bare[: sheet.MAX_ISSUED], by=user, now=now)


def _query_without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
