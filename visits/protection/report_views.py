"""The report of visits against the protection, by bank: for the district team, the city, and each bank its own line."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from types import SimpleNamespace
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import may, require
from accounts.admin_export import Echo, log_export, spell
from accounts.clock import day_of
from accounts.errors import Invalid, NotAllowed, NotFound
from accounts.models import Organisation, User
from accounts.roles import BANK_ROLES, Do
from visits.field.models import Visit
from visits.protection import period, report
from visits.protection.marks import Mark
from visits.protection.report import Against, Line, Scope

LABELS = {
    "visits": gettext_lazy("走访户次"), "against": gettext_lazy("违反保护"),
    **{mark.value: mark.label for mark in Mark}, "duplicates": gettext_lazy("重复走访"),
}  # fmt: skip
MOST_CONFLICTS = 200
MOST_LINES = 100_000  # of a file
HOUSES = ("bank", "subdistrict", "district", "city")
KNOWN = ("period", "from", "to", "district", "bank", "format", "page", "conflicts")


@never_cache
@login_required
@require_safe
def by_bank(request: HttpRequest) -> HttpResponse:
    scope = read_scope(request)
    lines = report.by_bank(scope)
    if request.GET.get("format") == "csv":
        return _csv(request, _("走访保护"), _table(scope, lines))
    district = scope.district
    may_see = may(request.user, Do.SEE_DISTRICT) and district is not None
    shows_conflicts = (
        may_see and "conflicts" in request.GET
    )  # asked for: it looks at every assignment of the district
    today = day_of(timezone.now())
    found = report.conflicts(district, today, most=MOST_CONFLICTS + 1) if shows_conflicts else []
    context = {
        "scope": scope, "periods": _periods(scope), "columns": list(LABELS.values()), "lines": _lines(scope, lines),
        "total": _total(scope, lines),
        "csv_url": _url(scope, format="csv"), "is_bank": request.user.role in BANK_ROLES,
        "conflicts": found[:MOST_CONFLICTS], "is_more": len(found) > MOST_CONFLICTS,
        "shows_conflicts": shows_conflicts, "conflicts_url": _url(scope, conflicts=1) if may_see else "",
        "districts": Organisation.objects.filter(kind="district") if may(request.user, Do.SEE_CITY) else [],
    }  # fmt: skip
    return render(request, "visits/protection/report.html", context)


@never_cache
@login_required
@require_safe
def behind(request: HttpRequest, what: str) -> HttpResponse:
    if what not in report.NUMBERS:
        raise Http404
    scope = read_scope(request)
    if request.GET.get("format") == "csv":
        rows, _total = report.behind(scope, what)
        return _csv(request, str(LABELS[what]), _list(rows[:MOST_LINES]))
    page = _page(request)
    rows, total = report.behind(scope, what, page=page)
    context = {
        "scope": scope, "label": LABELS[what], "rows": [_row(row) for row in rows], "total": total, "back_url": _url(scope, bank=""),
        "csv_url": _url(scope, what, format="csv"), "pager": {
            "previous_url": _url(scope, what, page=page - 1) if page > 1 else "", "shown": len(rows), "total": total,
            "next_url": _url(scope, what, page=page + 1) if page * report.PAGE_SIZE < total else "",
        },
    }  # fmt: skip
    return render(request, "visits/protection/behind.html", context)


def read_scope(request: HttpRequest) -> Scope:
    """A panel sees its own district, the city any, a bank its own visits wherever they were made."""
    user, said = request.user, request.GET
    if strange := [name for name in said if name not in KNOWN]:
        raise Invalid(fields={strange[0][:40]: _("没有这个参数。")})
    asked = period.read(said.dict(), timezone.now())
    if user.role in BANK_ROLES and user.bank is not None:
        if said.get("bank", user.bank.code) not in ("", user.bank.code):
            raise NotFound()
        return Scope(asked, _organisation(said.get("district", ""), ("district",)), user.bank)
    if not may(user, Do.SEE_DISTRICT):
        raise NotAllowed()
    return Scope(
        asked, _district(user, said.get("district", "")), _organisation(said.get("bank", ""), HOUSES)
    )


def _district(user: User, code: str) -> Organisation | None:
    if may(user, Do.SEE_CITY):
        return _organisation(code, ("district",))
    require(user, Do.SEE_DISTRICT)
    if user.district is None or code not in ("", user.district.code):
        raise NotFound()
    return user.district


def _organisation(code: str, kinds: Iterable[str]) -> Organisation | None:
    if not code:
        return None
    found = (
        None if "\x00" in code else Organisation.objects.filter(code=code[:40], kind__in=tuple(kinds)).first()
    )
    if found is None:
        raise NotFound()
    return found


def _url(scope: Scope, what: str = "", **changes: object) -> str:
    said = scope.period.query() | {
        name: row.code for name in ("district", "bank") if (row := getattr(scope, name)) is not None
    }
    kept = {name: str(value) for name, value in (said | changes).items() if value != ""}
    address = reverse("visit-report-behind", args=[what]) if what else reverse("visit-report")
    return f"{address}?{urlencode(kept)}"


def _periods(scope: Scope) -> list[dict]:
    return [
        {"label": label, "is_on": scope.period.name == name, "url": _url(scope, **{"period": name, "from": "", "to": ""})}
        for name, label in period.NAMES.items()
    ]  # fmt: skip


def _lines(scope: Scope, lines: list[Line]) -> list[dict]:
    return [
        {
            "name": line.name, "firms": line.firms, "firms_twice": line.firms_twice,
            "cells": [
                {"value": line.counts[what], "url": _url(scope, what, bank=line.code) if line.counts[what] else "",
                 "is_bad": what != "visits" and line.counts[what]}
                for what in LABELS
            ],
        }
        for line in lines
    ]  # fmt: skip


def _total(scope: Scope, lines: list[Line]) -> list[dict]:
    """Visits add up over banks; firms do not, so they have no total."""
    if len(lines) < 2:
        return []
    sums = {what: sum(line.counts[what] for line in lines) for what in LABELS}
    return [{"value": number, "url": _url(scope, what) if number else ""} for what, number in sums.items()]


def _row(row: Against) -> dict:
    return {
        "it": row,
        "outcome": Visit.Outcome(row.outcome).label,
        "marks": [Mark(mark).label for mark in row.marks],
    }


def _table(scope: Scope, lines: list[Line]) -> Iterator[list]:
    """With the days on every line, so that files of several periods can be put together; firms have no total."""
    days = [scope.period.first.isoformat(), scope.period.last.isoformat()]
    yield [_("单位"), _("走访户数"), *LABELS.values(), _("重复走访户数"), _("起日"), _("止日")]
    for line in lines:
        yield [line.name, line.firms, *(line.counts[what] for what in LABELS), line.firms_twice, *days]
    if total := _total(scope, lines):
        yield [_("合计"), "", *(cell["value"] for cell in total), "", *days]


def _list(rows: list[Against]) -> Iterator[list]:
    yield [
        _("经营主体"), _("统一社会信用代码"), _("区"), _("走访单位"), _("走访人员"), _("走访时间"), _("结果"),
        _("违反的保护"), _("理由"), _("此前走访单位"), _("此前走访时间"),
    ]  # fmt: skip
    for row in rows:
        told = _row(row)
        yield [
            row.business, row.credit_code, row.district, row.organisation, row.officer, row.at, told["outcome"],
            ";".join(str(mark) for mark in told["marks"]), row.reason, row.before_by, row.before_at,
        ]  # fmt: skip


def _csv(request: HttpRequest, name: str, rows: Iterable[list]) -> StreamingHttpResponse:
    """UTF-8 with a byte order mark for Excel; who took it out stands in the log that the auditor reads."""
    now = timezone.now()
    told = _("导出,筛选条件:%(query)s") % {"query": request.GET.urlencode()[:500] or "—"}
    log_export(SimpleNamespace(model=Visit, opts=Visit._meta), request, told)
    response = StreamingHttpResponse(_written(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}-{_stamp(now)}.csv")
    return response


def _written(rows: Iterable[list]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([spell(cell) for cell in row])


def _stamp(now: datetime) -> str:
    return f"{timezone.localtime(now):%Y%m%d-%H%M}"


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
