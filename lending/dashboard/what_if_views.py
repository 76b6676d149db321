"""/city/what-if/ and /district/what-if/: had the banks been given another time, who would have been late."""

import csv
import io

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.errors import Invalid, NotFound
from accounts.models import Organisation
from accounts.roles import Do
from lending.dashboard import behind, queries, shapes, tables, what_if, what_if_page
from lending.dashboard.scope import Scope, read_scope
from lending.dashboard.views import page_number
from lending.dashboard.what_if_page import RULE, SORTS, Judged, RuleLinks

CSV = "csv"


@require_safe
@login_required
def what_if_there(request: HttpRequest, is_city: bool = False) -> HttpResponse:
    """The outcome by bank (and by district for the city); ?format=csv gives a line for each pair."""
    params = request.GET.dict()
    scope = _scope(request, params, is_city, extra=(*SORTS, "format"))
    if scope.district is None and not is_city:
        return redirect("city-what-if")
    rule = what_if_page.read_rule(params)
    if params.get("format", "") not in ("", CSV):
        raise Invalid(fields={"format": CSV})
    now, links = timezone.now(), RuleLinks(scope, rule, is_city=is_city)
    as_of, found = queries.kept(
        f"what-if:{rule}", scope, lambda: (now, what_if.supposed(rule, scope, now=now))
    )
    places = Organisation.objects.in_bulk({*found.by_district, *found.by_bank})
    if params.get("format"):
        return _csv(what_if_page.csv_rows(found, places))

    def table(outcomes: dict, place: str) -> dict:
        orders = what_if_page.said(rule) | {name: params.get(name, "") for name in SORTS}
        judged, total = what_if_page.rows(outcomes, places), Judged(None, found.total)
        return tables.table(
            judged,
            what_if_page.COLUMNS,
            place=place,
            links=links,
            path=request.path,
            orders=orders,
            total=total,
        )

    context = {
        "scope": scope, "as_of": as_of, "is_city": is_city, "rule": what_if_page.in_words(rule),
        "form": what_if_page.form(scope, rule), "choices": queries.choices(),
        "figures": what_if_page.figures(found.total, links), "banks": table(found.by_bank, "bank"),
        "districts": table(found.by_district, "district") if is_city else None,
        "unknown_years": found.unknown_years, "csv_url": links.page(format=CSV),
        "narrowing": shapes.narrowing_chips(request.path, scope), "back_url": shapes.home_of(scope, is_city=is_city),
    }  # fmt: skip
    return render(request, "lending/dashboard/what_if.html", context)


@require_safe
@login_required
def what_if_rows(request: HttpRequest, what: str, is_city: bool = False) -> HttpResponse:
    """The recommendations that one number of the page counted."""
    params = request.GET.dict()
    scope = _scope(request, params, is_city, extra=("page",))
    if what not in what_if.CONDITIONS or (not is_city and scope.district is None):
        raise NotFound()
    rule, page, now = what_if_page.read_rule(params), page_number(params.get("page", "1")), timezone.now()
    rows, total = what_if.rows_of(what, rule, scope, now=now, page=page)
    context = {
        "recommendations": shapes.recommendation_rows(rows, now), "label": what_if_page.BEHIND[what],
        "scope": scope, "total": total, "as_of": now, "is_city": is_city,
        "pager": shapes.pager(request.path, params, page, behind.PAGE_SIZE, len(rows), total),
        "back_url": RuleLinks(scope, rule, is_city=is_city).page(), "back_label": _("返回测算"),
        "sub": what_if_page.in_words(rule),
    }  # fmt: skip
    return render(request, "lending/dashboard/behind.html", context)


def _scope(request: HttpRequest, params: dict, is_city: bool, *, extra: tuple[str, ...]) -> Scope:
    if is_city:
        require(request.user, Do.SEE_CITY)
    return read_scope(request.user, params, now=timezone.now(), extra=(*RULE, *extra))


def _csv(rows) -> HttpResponse:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    # the byte order mark is for Excel
    response = HttpResponse(f"\ufeff{text.getvalue()}", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{_('假设测算')}.csv")
    return response
