"""The officer's first page: whom to visit, narrowed and ordered by the address, and how far the assignment has come."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require, visible_to
from accounts.roles import Do
from visits.field import assigned, queries, rows
from visits.field.rules_today import (
    LEFT_FOR_TODAY,
    SHOWS,
    Asked,
    Assigned,
    chosen,
    counts,
    distance_m,
    progress,
)
from visits.register import browse
from visits.register.models import Business, BusinessList, Grid

PAGE_SIZE = 30
NEAR_FOR = timedelta(minutes=30)  # then the officer has walked on
NEAR = (
    "near"  # in the session and not in the address: what stands there ends up in logs, and would be a track
)
LABELS = {
    "open": gettext_lazy("待走访"), "again": gettext_lazy("再次联系"), "peace": gettext_lazy("勿扰中"),
    "gone": gettext_lazy("联系不上"), "done": gettext_lazy("已走访"), "closed": gettext_lazy("已注销"),
}  # fmt: skip


@never_cache
@login_required
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """`?show=` a key of SHOWS, `grid=` and `list=` codes, `order=near`, `page=`; `?search=` looks through everything
    one may see."""
    require(request.user, Do.RECORD_VISIT)
    now = timezone.now()
    if search := request.GET.get("search", "").replace("\x00", "").strip()[: browse.MAX_SEARCH]:
        return _search(request, search, now)
    by_place = request.GET.get("order") == NEAR
    mine = assigned.assigned_to(request.user, now, by_place=by_place)
    done = queries.done_today(request.user, now)
    places = Places(mine)
    asked = places.read(request, now)
    found = chosen(mine, asked)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = assigned.businesses(list(page), request.user, now)
    waiting = sum(one.state in LEFT_FOR_TODAY for one in mine)
    met = [one for one in done if not rows.is_in_vain(one)]
    context = {
        "tab": "today", "page": page, "pager": _pager(request, page), "has_assignment": bool(mine),
        "plan": queries.plan_of_the_day(done=len(done), waiting=waiting), "whole": progress(mine),
        "rows": [rows.business_row(one, now, metres=_metres(row, asked)) for row, one in zip(page, shown, strict=True)],
        "done": [rows.business_row(one, now) for one in met] if _is_plain(request) else [], "tried_today": len(done) - len(met) if _is_plain(request) else 0,
        "title": LABELS[asked.show], "is_near": asked.near is not None,
        "is_nowhere": asked.near is not None and bool(mine) and all(one.lat is None for one in mine), **places.chips(request, asked),
    }  # fmt: skip
    return render(request, "visits/field/today.html", context)


@login_required
@require_POST
def near(request: HttpRequest) -> HttpResponse:
    """Where the officer stands, to about 100 m, for half an hour; the list then comes nearest first."""
    require(request.user, Do.RECORD_VISIT)
    try:
        lat, lon = (round(float(request.POST.get(name, "")), 3) for name in ("lat", "lon"))
        is_place = abs(lat) <= 90 and abs(lon) <= 180
    except (ValueError, OverflowError):
        is_place = False
    if is_place:
        request.session[NEAR] = [lat, lon, timezone.now().timestamp()]
    query = request.POST.get("query", "").replace("\x00", "")[:200]
    kept = {name: text for name, text in QueryDict(query).items() if name in ("show", "grid", "list")}
    return redirect(f"{reverse('today')}?{urlencode(kept | ({'order': 'near'} if is_place else {}))}")


class Places:
    """The grids and lists of an assignment, by code and by id."""

    def __init__(self, mine: list[Assigned]) -> None:
        self.mine = mine
        self.grids = {
            row.pk: row for row in Grid.objects.filter(pk__in={one.grid for one in mine}).order_by("code")
        }
        lists = BusinessList.objects.filter(pk__in={pk for one in mine for pk in one.lists})
        self.lists = {row.pk: row for row in lists.order_by("position", "code")}

    def read(self, request: HttpRequest, now: datetime) -> Asked:
        """What is not known is not asked for: an old link shows everything rather than nothing."""
        said = request.GET
        show = said.get("show", "")
        return Asked(
            show=show if show in SHOWS else "open",
            grid=_by_code(self.grids, said.get("grid")), list=_by_code(self.lists, said.get("list")),
            near=_near(request, now) if said.get("order") == NEAR else None,
        )  # fmt: skip

    def chips(self, request: HttpRequest, asked: Asked) -> dict[str, list[dict]]:
        counted = counts(self.mine, asked)
        shows = [
            _chip(
                request,
                "show",
                "" if name == "open" else name,
                label,
                counted.shows[name],
                asked.show == name,
            )
            for name, label in LABELS.items()
            if counted.shows[name] or name in ("open", asked.show)
        ]
        grids = [
            _chip(request, "grid", row.code, row.name, counted.grids[pk], asked.grid == pk, may_clear=True)
            for pk, row in self.grids.items()
        ]
        lists = [
            _chip(request, "list", row.code, row.name, counted.lists[pk], asked.list == pk, may_clear=True)
            for pk, row in self.lists.items()
        ]
        named = [row.name for row in (self.grids.get(asked.grid), self.lists.get(asked.list)) if row]
        return {
            "shows": shows, "grids": grids if len(grids) > 1 else [], "lists": lists if len(lists) > 1 else [],
            "narrowed_to": named, "query": request.GET.urlencode(),
            "by_age": _chip(request, "order", "", _("最久未访"), "", asked.near is None),
            "by_distance": _chip(request, "order", NEAR, _("离我最近"), "", asked.near is not None),
        }  # fmt: skip


def _search(request: HttpRequest, search: str, now: datetime) -> HttpResponse:
    found = browse.matching(visible_to(request.user, Business), search)
    shown = queries.with_what_a_row_shows(found[: PAGE_SIZE + 1], request.user, now)
    context = {
        "tab": "today", "search": search, "found": [rows.business_row(one, now) for one in shown[:PAGE_SIZE]],
        "is_more": len(shown) > PAGE_SIZE,
    }  # fmt: skip
    return render(request, "visits/field/search.html", context)


def _near(request: HttpRequest, now: datetime) -> tuple[float, float] | None:
    lat, lon, at = request.session.get(NEAR, (None, None, 0))
    return (lat, lon) if now.timestamp() - at < NEAR_FOR.total_seconds() else None


def _metres(row: Assigned, asked: Asked) -> float | None:
    return distance_m(row, asked.near) if asked.near else None


def _chip(
    request: HttpRequest,
    name: str,
    value: str,
    label: str,
    count: int | str,
    is_on: bool,
    *,
    may_clear: bool = False,
) -> dict:
    """A link that changes one thing of the address and starts at the first page again."""
    query = request.GET.copy()
    query.pop("page", None)
    query[name] = "" if is_on and may_clear else value
    kept = {key: text for key, text in query.items() if text}
    url = f"?{urlencode(kept)}" if kept else reverse("today")
    return {"label": label, "count": count, "is_on": is_on, "url": url}


def _pager(request: HttpRequest, page: Page) -> dict:
    def at(number: int) -> str:
        query = request.GET.copy()
        query["page"] = number
        return f"?{query.urlencode()}"

    return {
        "previous_url": at(page.previous_page_number()) if page.has_previous() else "",
        "next_url": at(page.next_page_number()) if page.has_next() else "",
        "shown": len(page), "total": page.paginator.count,
    }  # fmt: skip


def _is_plain(request: HttpRequest) -> bool:
    """The first page as it comes; a narrowed or later one does not repeat what was done today."""
    return not {"show", "page", "grid", "list"} & set(request.GET)


def _by_code(rows_by_pk: dict, code: str | None) -> int | None:
    return next((pk for pk, row in rows_by_pk.items() if row.code == code), None)
