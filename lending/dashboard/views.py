"""The pages /district/ and /city/, and the lists behind their numbers."""

from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.errors import Invalid, NotFound
from accounts.roles import Do
from lending.dashboard import behind, queries, shapes, tables, today
from lending.dashboard.city_map import city_map
from lending.dashboard.facts import BY_CODE
from lending.dashboard.queries import Figures, Row
from lending.dashboard.scope import for_everywhere, read_day, read_scope
from lending.dashboard.shapes import Links
from lending.sla.calendar import day_of

SORTS = tuple(tables.SORTED_BY.values())
SHOWN_REASONS = {True: 5, False: 8}  # by is_city: the city's page has more else to hold


@require_safe
@login_required
def district(request: HttpRequest) -> HttpResponse:
    """The district's page: what to do today, the funnel, the banks' clocks. The city opens it with ?district=CODE."""
    user, now = request.user, timezone.now()
    scope = read_scope(user, request.GET.dict(), now=now, extra=(*SORTS, "reasons"))
    if scope.district is None:
        return redirect("city")
    figures, links = queries.figures(scope, now=now), Links(scope, is_city=False)
    counted = today.counts(user, scope.district, now=now)
    context = _page(request, figures, links, now) | {
        "tallies": shapes.tallies(counted, links, day_of(now)),
        "tasks": shapes.task_rows(today.tasks(user, scope.district, now=now), now),
        "waiting": sum(counted.values()),
        "banks": _table(request, figures.banks, tables.BANKS, links, place="bank", total=_total(figures)),
        "district": scope.district,
    }
    return render(request, "lending/dashboard/district.html", context)


@require_safe
@login_required
def city(request: HttpRequest) -> HttpResponse:
    """The city's page: the same over districts, and the banks side by side."""
    require(request.user, Do.SEE_CITY)
    now = timezone.now()
    scope = for_everywhere(read_scope(request.user, request.GET.dict(), now=now, extra=(*SORTS, "reasons")))
    figures, links = queries.figures(scope, now=now), Links(scope, is_city=True)
    compared, banks = tables.DISTRICTS, tables.BANKS
    context = _page(request, figures, links, now) | {
        "districts": _table(
            request, figures.districts, compared, links, place="district", total=_total(figures)
        ),
        "banks": _table(request, figures.banks, banks, links, place="bank", total=_total(figures)),
        "district_times": _table(
            request,
            figures.districts,
            tables.TIMES,
            links,
            place="district",
            total=_total(figures),
            name="district-times",
        ),
        "map": city_map(figures.districts, links),
    }
    return render(request, "lending/dashboard/city.html", context)


@require_safe
@login_required
def rows_behind(request: HttpRequest, what: str, is_city: bool = False) -> HttpResponse:
    """The firms, or the recommendations, that one number counted."""
    user, now, params = request.user, timezone.now(), request.GET.dict()
    if is_city:
        require(user, Do.SEE_CITY)
    own = {"due-on": ("on",), "declined": ("reason",)}.get(what, ())
    scope = read_scope(user, params, now=now, extra=("page", *own))
    if (what not in BY_CODE and what not in behind.CLOCKS) or (not is_city and scope.district is None):
        raise NotFound()
    page = page_number(params.get("page", "1"))
    if what in BY_CODE:
        rows, total = behind.firms(what, scope, page=page)
        context = {"firms": rows, "has_amount": BY_CODE[what].has_amount, "label": BY_CODE[what].label}
    else:
        day, reason = _day_of(params, what), params.get("reason", "")[:8].replace("\x00", "")
        rows, total = behind.recommendations(what, scope, now=now, page=page, day=day, reason=reason)
        context = {
            "recommendations": shapes.recommendation_rows(rows, now),
            "label": behind.CLOCKS[what],
            "day": day,
        }
    context |= {
        "scope": scope, "total": total, "as_of": now, "is_city": is_city,
        "pager": shapes.pager(request.path, params, page, behind.PAGE_SIZE, len(rows), total),
        "narrowing": shapes.narrowing_chips(request.path, scope), "back_url": shapes.home_of(scope, is_city=is_city),
    }  # fmt: skip
    return render(request, "lending/dashboard/behind.html", context)


def _page(request: HttpRequest, figures: Figures, links: Links, now: datetime) -> dict:
    """What both dashboards show."""
    scope = links.scope
    return {
        "scope": scope,
        "as_of": figures.as_of,
        "periods": shapes.period_chips(request.path, scope),
        "narrowing": shapes.narrowing_chips(request.path, scope),
        "choices": queries.choices(),
        "figures": shapes.headline(figures.steps, links),
        "funnel": shapes.funnel_bars(figures.steps, scope, links),
        "unreachable": shapes.unreachable(figures.steps, links),
        "columns": shapes.due_columns(figures, links, day_of(now)),
        "legend": shapes.due_legend(),
        "bank_times": _table(
            request,
            figures.banks,
            tables.TIMES,
            links,
            place="bank",
            total=_total(figures),
            name="bank-times",
        ),
        "provisional": shapes.provisional(figures.clocks, links),
        "what_if_url": shapes.what_if_of(scope, is_city=links.is_city),
        **_reasons(request, figures, links),
    }


def _reasons(request: HttpRequest, figures: Figures, links: Links) -> dict:
    """The most frequent reasons; ?reasons=all shows every one."""
    most, everything = SHOWN_REASONS[links.is_city], request.GET.get("reasons") == "all"
    shown, rest = figures.reasons if everything else figures.reasons[:most], figures.reasons[most:]
    more = (
        {"kinds": len(rest), "count": sum(reason.count for reason in rest)}
        if rest and not everything
        else None
    )
    return {
        "reasons": shapes.reason_rows(shown, links),
        "more_reasons": more,
        "all_reasons_url": f"?{links.scope.query(reasons='all')}#reasons",
    }


def _table(
    request: HttpRequest,
    rows: list[Row],
    columns: tuple,
    links: Links,
    *,
    place: str,
    total: Row | None = None,
    name: str = "",
) -> dict:
    orders = {name: request.GET.get(name, "") for name in SORTS}
    return tables.table(
        rows, columns, place=place, links=links, path=request.path, orders=orders, total=total, name=name
    )


def _total(figures: Figures) -> Row:
    return Row(None, figures.steps, figures.clocks, figures.terms)


def page_number(text: str) -> int:
    if len(text) < 9 and text.isascii() and text.isdigit() and 1 <= int(text) <= behind.LAST_PAGE:
        return int(text)
    raise Invalid(fields={"page": _("页码是从 1 开始的整数。")})


def _day_of(params: dict[str, str], what: str) -> date | None:
    day = read_day(params, "on") if what == "due-on" else None
    if what == "due-on" and day is None:
        raise Invalid(fields={"on": _("请给出日期。")})
    return day
