"""The comparison tables: which columns, what each links to, and in which order the rows stand. No database."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Invalid
from accounts.punctuation import listed
from accounts.templatetags.doorstep import NOTHING
from lending.dashboard.queries import Row
from lending.dashboard.shapes import Links, number, whole_wan

Value = int | float | Decimal | None


@dataclass(frozen=True)
class Column:
    """`behind` names the list a cell leads to; "" where there is none, as for a rate. `state` colours what is not nought."""

    name: str
    label: str
    value: Callable[[Row], Value]
    behind: str = ""
    kind: str = "count"  # count, wan, pct, days, rate
    state: str = ""
    hint: str = ""


def _firms(code: str, label: str) -> Column:
    return Column(code, label, lambda row: row.steps[code].firms, behind=code)


def _wan(name: str, code: str, label: str) -> Column:
    return Column(name, label, lambda row: row.steps[code].amount_yuan, behind=code, kind="wan")


OPEN = Column("open", gettext_lazy("在办"), lambda row: row.clocks.open, behind="open")
DUE_SOON = Column(
    "due_soon", gettext_lazy("三日内到期"), lambda row: row.clocks.due_soon, behind="due_soon", state="soon"
)
OVERDUE = Column(
    "overdue", gettext_lazy("超期"), lambda row: row.clocks.overdue, behind="overdue", state="late"
)
DUE = Column("due", gettext_lazy("期内应决定"), lambda row: row.clocks.due, behind="due")
ON_TIME = Column(
    "on_time_pct", gettext_lazy("按时率"), lambda row: row.clocks.on_time_pct, behind="late", kind="pct",
    hint=gettext_lazy("期限内作出决定 ÷ 期内到期;到期未决算超期"),
)  # fmt: skip
MEDIAN = Column(
    "median_days", gettext_lazy("用时"), lambda row: row.clocks.median_days, kind="days",
    hint=gettext_lazy("从推送到决定的自然日中位数,补件暂停的天数在内"),
)  # fmt: skip


def _days(name: str, label: str, hint: str) -> Column:
    return Column(name, label, lambda row: getattr(row.clocks, name), kind="days", hint=hint)


GROSS_HINT = gettext_lazy("从推送到答复的自然日,补件暂停的天数在内")
NET_HINT = gettext_lazy("从推送到答复的自然日,不含补件暂停的天数")
GRANTED_PCT = Column(
    "granted_pct", gettext_lazy("授信率"), lambda row: row.terms and row.terms.granted_pct, behind="granted", kind="pct",
    hint=gettext_lazy("同意和部分同意 ÷ 全部授信决定"),
)  # fmt: skip
FIRST_LOANS = Column(
    "first_loans",
    gettext_lazy("首贷户"),
    lambda row: row.terms and row.terms.first_loans,
    behind="first-loans",
)
RATE = Column(
    "rate", gettext_lazy("加权利率%"), lambda row: row.terms and row.terms.weighted_rate_pct, kind="rate",
    hint=gettext_lazy("按放款额加权的年利率;仅区、市可见"),
)  # fmt: skip

DISTRICTS = (
    _firms("visited", gettext_lazy("走访")), _firms("need", gettext_lazy("有需求")),
    _firms("recommended", gettext_lazy("推荐")), _firms("granted", gettext_lazy("授信")),
    _wan("granted_yuan", "granted", gettext_lazy("授信额")), _wan("disbursed_yuan", "disbursed", gettext_lazy("放款额")),
    OPEN, OVERDUE, ON_TIME,
)  # fmt: skip
BANKS = (
    _firms("recommended", gettext_lazy("推荐")), OPEN, DUE_SOON, OVERDUE, DUE, ON_TIME, MEDIAN, GRANTED_PCT, FIRST_LOANS,
    _wan("granted_yuan", "granted", gettext_lazy("授信额")), _wan("disbursed_yuan", "disbursed", gettext_lazy("放款额")),
    RATE,
)  # fmt: skip
# how the promise of 15 days was kept, and how long it took; for districts and for banks
TIMES = (
    Column("on_time", gettext_lazy("按期"), lambda row: row.clocks.on_time, behind="on_time"),
    Column("late", gettext_lazy("未按期"), lambda row: row.clocks.late, behind="late", state="late",
           hint=gettext_lazy("期内到期:到期后才决定的,加上到期仍未决定的")),
    ON_TIME,
    Column("last_day", gettext_lazy("末日决定"), lambda row: row.clocks.last_day, behind="last_day", state="soon",
           hint=gettext_lazy("按期的里面,到期那天才决定的")),
    OPEN,
    Column("paused", gettext_lazy("暂停中"), lambda row: row.clocks.paused, behind="paused",
           hint=gettext_lazy("在办的里面,补件暂停中的")),
    _days("gross_p50_days", gettext_lazy("用时 P50"), GROSS_HINT), _days("gross_p90_days", gettext_lazy("用时 P90"), GROSS_HINT),
    _days("net_p50_days", gettext_lazy("净用时 P50"), NET_HINT), _days("net_p90_days", gettext_lazy("净用时 P90"), NET_HINT),
)  # fmt: skip


def spelled(value: Value, kind: str) -> str:
    if value is None:
        return NOTHING
    if kind == "wan":
        return whole_wan(value)
    return {"pct": f"{value:.1f}%", "rate": f"{value:.2f}"}.get(kind) or number(int(value))


PRINTED = {"district": 20, "bank": 8}  # rows that fit on the one page with everything else
# the parameter that orders each table, by the id that it has on the page
SORTED_BY = {
    "districts": "sort", "banks": "banks", "district-times": "district_times", "bank-times": "bank_times",
}  # fmt: skip


def table(
    rows: list[Row], columns: tuple[Column, ...], *, place: str, links: Links, path: str, orders: dict[str, str],
    total: Row | None = None, name: str = "",
) -> dict:  # fmt: skip
    """What lending/dashboard/_table.html takes. `place` is the filter a row stands for: "district" or "bank"; `orders`
    holds a column's name per parameter of SORTED_BY, with "-" from the largest down; `name` is the id on the page."""
    name = name or f"{place}s"
    sorted_by = SORTED_BY[name]
    order = orders[sorted_by]

    def turned(to: str) -> str:
        query = links.scope.query(**orders | {sorted_by: to})
        return f"{path}?{query}#{name}" if query else f"{path}#{name}"

    return {
        "id": name,
        "place": _("区") if place == "district" else _("银行"),
        "place_url": turned(""),
        "columns": [_heading(column, order, turned) for column in columns],
        "rows": [_line(row, columns, place, links) for row in ordered(rows, columns, order, sorted_by)],
        "total": _cells(total, columns, {}, links) if total else None,
        "printed": PRINTED[place],
        "unprinted": max(0, len(rows) - PRINTED[place]),
    }


def ordered(rows: list[Row], columns: tuple[Column, ...], order: str, parameter: str = "sort") -> list[Row]:
    """By one column, rows without a figure last; "" leaves them as they are. Refuses a name that is no column."""
    if not order:
        return rows
    column = next((column for column in columns if column.name == order.removeprefix("-")), None)
    if column is None:
        raise Invalid(fields={parameter: listed(column.name for column in columns)})
    known = [row for row in rows if column.value(row) is not None]
    rest = [row for row in rows if column.value(row) is None]
    return sorted(known, key=column.value, reverse=order.startswith("-")) + rest


def _heading(column: Column, order: str, turned: Callable[[str], str]) -> dict:
    arrow = {f"-{column.name}": "down", column.name: "up"}.get(order, "")
    return {
        "label": column.label,
        "unit": {"wan": _("万元"), "days": _("天")}.get(column.kind, ""),
        "hint": column.hint,
        "url": turned(column.name if arrow == "down" else f"-{column.name}"),
        "arrow": arrow,
        "sort": {"down": "descending", "up": "ascending"}.get(arrow, ""),
    }


def _line(row: Row, columns: tuple[Column, ...], place: str, links: Links) -> dict:
    place_url = links.district_page(row.place.code) if place == "district" else ""
    narrowed = {place: row.place.code}
    return {"name": row.place.name, "url": place_url, "cells": _cells(row, columns, narrowed, links)}


def _cells(row: Row, columns: tuple[Column, ...], narrowed: dict[str, str], links: Links) -> list[dict]:
    cells = []
    for column in columns:
        value = column.value(row)
        url = links.to(column.behind, **narrowed) if column.behind and value is not None else ""
        text = spelled(value, column.kind)
        state = column.state if value else ""
        cells.append({"text": text, "url": url, "kind": column.kind, "state": state, "is_none": not value})
    return cells
