"""The pages where a team prints, renews and revokes codes."""

from urllib.parse import urlencode

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
from accounts.language import in_chinese
from accounts.roles import Do
from visits.codes import bulk, queries, rules, services, sheet
from visits.codes.batches.queries import recent
from visits.codes.batches.services import MOST
from visits.codes.labels import label_of
from visits.codes.models import Code
from visits.register.models import BusinessList, Grid


@login_required
@require_http_methods(["GET", "POST"])
def print_sheet(request: HttpRequest) -> HttpResponse:
    """GET shows the sheet of a selection; POST issues codes to those of it that have none, and comes back."""
    user, now = request.user, timezone.now()
    require(user, Do.PRINT_CODES)
    picked = sheet.read_selection(request.GET, user)
    if request.method == "POST":
        pks = sheet.without_code(picked, user, now).values_list("pk", flat=True)[: sheet.MAX_ISSUED]
        made = bulk.issue(kind=picked.kind, subjects=list(pks), by=user, now=now)
        messages.success(request, _("已制发 %(made)s 个新码。") % {"made": made})
        return redirect(request.get_full_path())
    codes = sheet.codes(picked, user).filter(queries.live(now))
    page = Paginator(codes, sheet.PER_VIEW).get_page(request.GET.get("page"))
    bare = sheet.without_code(picked, user, now)
    context = {
        "picked": picked, "page": page, "labels": [label_of(code) for code in page],
        "bare": bare.count(), "bare_names": [str(one) for one in bare[: sheet.NAMED]],
        "due": codes.filter(queries.soon(now)).count(), "most": MOST,
        "lists": BusinessList.objects.filter(is_active=True), "grids": visible_to(user, Grid)[:500],
        "query": _query_without_page(request),
    }  # fmt: skip
    return render(request, "visits/codes/print.html", context)


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The codes a team looks after: find one, renew it, revoke it, see how often it was refused; and its batches."""
    user, now = request.user, timezone.now()
    require(user, Do.PRINT_CODES)
    asked = {
        name: request.GET.get(name, "").replace("\x00", "")[:100] for name in ("kind", "state", "search")
    }
    page = Paginator(queries.find_codes(user, now=now, **asked), 50).get_page(request.GET.get("page"))
    counts = queries.count_codes(user, now=now, search=asked["search"])
    context = {
        "page": page, "asked": asked, "now": now, "query": _query_without_page(request),
        "kinds": _chips("kind", Code.Kind.choices, asked, counts),
        "states": _chips("state", queries.STATES, asked, counts),
        "due": queries.count_codes(user, now=now)["", "soon"] if asked["search"] else counts["", "soon"],
        **recent(user),
    }  # fmt: skip
    return render(request, "visits/codes/index.html", context)


def _chips(name: str, choices, asked: dict, counts: dict) -> list[dict]:
    """Filters of one field, each with what it would show beside the other field as it is."""
    chips = []
    for value, label in choices:
        both = {**asked, name: value}
        is_on = asked[name] == value
        url = "?" + urlencode({k: v for k, v in {**both, name: "" if is_on else value}.items() if v})
        chips.append(
            {
                "label": label,
                "url": url,
                "count": counts.get((both["kind"], both["state"]), 0),
                "is_on": is_on,
            }
        )
    return chips


@login_required
@require_POST
def change(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Renew or revoke one code, then back to the list."""
    code = get_visible(request.user, Code, pk=pk)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    with in_chinese():
        reason = reason or _("未写明")
    services.DEEDS[deed](code=code, by=request.user, now=timezone.now(), reason=reason)
    done = _("已换发新码,旧码即刻作废。") if deed == "reissue" else _("已作废,再扫此码会被拒绝并留痕。")
    messages.success(request, done)
    return redirect(reverse("codes") + f"?search={rules.token_for(code.secret)}")


def _query_without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
