"""Figures in the shapes that templates/_partials take. No database."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.templatetags.doorstep import YUAN_PER_WAN, is_english
from lending.dashboard.clocks import Clocks
from lending.dashboard.declines import Reason
from lending.dashboard.facts import BANKS_CHANGE_AT, BY_CODE, STEPS, UNREACHABLE
from lending.dashboard.funnel import Steps, Tally
from lending.dashboard.period import NAMES, Period
from lending.dashboard.queries import Figures
from lending.dashboard.scope import Scope
from lending.dashboard.today import CONFIRM, DUE_TODAY, ON_THE_TABLE, OVERDUE, WITH_BANKS, Task
from lending.models import Recommendation
from lending.sla.chips import DUE_SOON_DAYS, linked
from lending.stages import Stage

THIN_SPACE, NO_BREAK, EM_SPACE = "\u202f", "\u00a0", "\u2003"
WHOLE = 100


def number(value: int) -> str:
    return f"{value:,}".replace(",", "," if is_english() else THIN_SPACE)


def whole_wan(yuan: Decimal) -> str:
    """Sums of many firms in whole 万元: decimals would only hide the size. "<1" for what would round to nothing.

    In English the same in yuan, as everywhere (`wan`)."""
    rounded = int((yuan / YUAN_PER_WAN).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if is_english():
        return "<10,000" if yuan and not rounded else f"{rounded * int(YUAN_PER_WAN):,}"
    return "<1" if yuan and not rounded else number(rounded)


def percent(part: int, whole: int) -> str:
    """ "27.9%"; "—" where there is nothing to divide by, or more came through than went in."""
    return f"{100 * part / whole:.1f}%" if whole and part <= whole else "—"


class Links:
    """Addresses of the lists behind the numbers of one page, under the filters that the page has on."""

    def __init__(self, scope: Scope, *, is_city: bool) -> None:
        self.scope, self.is_city = scope, is_city
        self.name = "city-figures" if is_city else "district-figures"

    def to(self, what: str, **changes: str | None) -> str:
        query = self.scope.query(**changes)
        return reverse(self.name, args=[what]) + (f"?{query}" if query else "")

    def district_page(self, code: str) -> str:
        return f"{reverse('district')}?{self.scope.query(district=code)}"


def headline(steps: Steps, links: Links) -> list[dict]:
    """The first row: five figures of the period, each with this week held against the same days of last week."""
    labels = {
        "visited": _("走访户数"), "need": _("有需求"), "recommended": _("推荐"), "granted": _("授信"),
        "disbursed": _("放款"),
    }  # fmt: skip
    row = []
    for code, label in labels.items():
        tally = steps[code]
        figure = {
            "label": label,
            "value": number(tally.firms),
            "unit": _("户"),
            "url": links.to(code),
        } | _change(tally)
        if BY_CODE[code].has_amount:
            figure["note"] = _("%(wan)s 万元") % {"wan": whole_wan(tally.amount_yuan)}
        elif tally.times > tally.firms:
            figure["note"] = _("%(times)s 户次") % {"times": number(tally.times)}
        row.append(figure)
    return row


def _change(tally: Tally) -> dict:
    """This week, and how it differs from the same days of last week. Unbreakable inside, so that it wraps between."""
    difference = tally.week - tally.last_week
    sign = "+" if difference > 0 else "−"
    against = f"{_('较上周')}{NO_BREAK}{sign}{number(abs(difference))}" if difference else _("与上周持平")
    trend = {1: "up", -1: "down", 0: "flat"}[(difference > 0) - (difference < 0)]
    change = f"{_('本周')}{NO_BREAK}{number(tally.week)}{EM_SPACE}{against}"
    return {"change": change, "trend": trend, "is_good": True if difference > 0 else None}


def funnel_bars(steps: Steps, scope: Scope, links: Links) -> list[dict]:
    """Six bars; the conversion is to the step before. With one bank chosen, who visited and who lends are counted by
    different banks, so there is no conversion across that seam."""
    widest = max(1, *(tally.firms for tally in steps.values()))
    bars, before = [], None
    for step in STEPS:
        firms = steps[step.code].firms
        is_seam = scope.bank is not None and step.code == BANKS_CHANGE_AT
        conversion = "" if before is None else "—" if is_seam else percent(firms, before)
        bars.append({
            "label": str(step.label), "value": number(firms), "width": round(WHOLE * firms / widest, 2),
            "conversion": conversion, "url": links.to(step.code), "state": "done" if step.code == "disbursed" else "",
        })  # fmt: skip
        before = firms
    return bars


def unreachable(steps: Steps, links: Links) -> dict | None:
    """Firms tried in vain on as many days as the policy asks; None where there are none."""
    firms = steps[UNREACHABLE.code].firms
    return {"firms": number(firms), "url": links.to(UNREACHABLE.code)} if firms else None


def provisional(clocks: Clocks, links: Links) -> dict | None:
    """Open clocks whose due time hangs on a year without a notice; None where there are none."""
    count = clocks.provisional
    return {"count": number(count), "url": links.to("provisional")} if count else None


def due_columns(figures: Figures, links: Links, today: date) -> list[dict]:
    """What is late already, then the fifteen days to come."""
    tallest = max(1, figures.overdue, *figures.due.values())
    late = _column(_("超"), figures.overdue, tallest, links.to("overdue"), "late", _("已超期"))
    days = []
    for position, (day, count) in enumerate(figures.due.items()):
        label = _("今") if position == 0 else str(day.day)
        title = _("%(month)s月%(day)s日到期") % {"month": day.month, "day": day.day}
        url = links.to("due-on", on=day.isoformat())
        days.append(
            _column(
                label, count, tallest, url, "soon" if (day - today).days <= DUE_SOON_DAYS else "rest", title
            )
        )
    return [late, *days]


def due_legend() -> list[dict]:
    labels = {"late": _("已超期"), "soon": _("三日内"), "rest": _("更晚")}
    return [{"state": state, "label": label} for state, label in labels.items()]


def _column(label: str, count: int, tallest: int, url: str, state: str, title: str) -> dict:
    title = _("%(title)s %(count)s 笔") % {"title": title, "count": count}
    height = round(WHOLE * count / tallest, 2)
    return {"label": label, "value": count, "height": height, "url": url, "state": state, "title": title}


def period_chips(path: str, scope: Scope) -> list[dict]:
    """Chips of the address bar: a link to a period can be shared."""
    chips = []
    for name, label in NAMES.items():
        query = scope.query(period=None if name == "all" else name)
        chips.append(
            {
                "label": str(label),
                "url": f"{path}?{query}" if query else path,
                "is_on": scope.period.name == name,
            }
        )
    return chips


def narrowing_chips(path: str, scope: Scope) -> list[dict]:
    """What is narrowed besides the period, each with the way back."""
    chips = []
    for name in ("bank", "list"):
        if chosen := getattr(scope, name):
            query = scope.query(**{name: None})
            chips.append({"label": chosen.name, "url": f"{path}?{query}" if query else path, "is_on": True})
    return chips


TALLIES = {
    Stage.UNDER_REVIEW.value: ON_THE_TABLE[Stage.UNDER_REVIEW], Stage.AUTHORISED.value: ON_THE_TABLE[Stage.AUTHORISED],
    Stage.RETURNED.value: ON_THE_TABLE[Stage.RETURNED], Stage.RECOMMENDED.value: ON_THE_TABLE[Stage.RECOMMENDED],
    **WITH_BANKS,
}  # fmt: skip


def tallies(counted: dict[str, int], links: Links, day: date) -> list[dict]:
    """What waits, by kind, each leading to where it is done."""
    everything = Links(Scope(Period(), links.scope.district), is_city=False)
    urls = {
        Stage.RECOMMENDED: reverse("district-lists"), CONFIRM: everything.to("confirming"),
        DUE_TODAY: everything.to("due-on", on=day.isoformat()), OVERDUE: everything.to("overdue"),
    }  # fmt: skip
    states = {OVERDUE: "late", DUE_TODAY: "soon"}
    return [
        {
            "label": label,
            "value": counted[what],
            "url": urls.get(what) or queue_url(links.scope, stage=what),
            "state": states.get(what, ""),
        }
        for what, label in TALLIES.items()
    ]


def task_rows(tasks: list[Task], now: datetime) -> list[dict]:
    """Rows of _partials/queue_row.html."""
    tones = {OVERDUE: "late", DUE_TODAY: "soon", Stage.RETURNED: "soon"}
    return [
        {
            "name": task.case.business.name, "number": task.case.number, "yuan": task.case.amount_yuan,
            "url": reverse("district-case", args=[task.case.number]), "chip": linked(task.deadline, now),
            "meta": [task.bank.name] if task.bank else [], "word": task.word, "tone": tones.get(task.what, "progress"),
        }
        for task in tasks
    ]  # fmt: skip


def recommendation_rows(rows: list[Recommendation], now: datetime) -> list[dict]:
    return [
        {
            "row": row, "chip": linked(row.deadline, now), "url": reverse("district-case", args=[row.case.number]),
            "state": row.get_state_display(),
        }
        for row in rows
    ]  # fmt: skip


def reason_rows(reasons: list[Reason], links: Links) -> list[dict]:
    return [
        {"reason": reason, "url": links.to("declined", reason=reason.code), "width": reason.share_pct}
        for reason in reasons
    ]


def pager(path: str, params: dict[str, str], page: int, size: int, shown: int, total: int) -> dict:
    def at(number: int) -> str:
        return f"{path}?{urlencode(params | {'page': number})}"

    more = (page - 1) * size + shown < total
    return {
        "previous_url": at(page - 1) if page > 1 else "", "next_url": at(page + 1) if more else "",
        "shown": shown, "total": total,
    }  # fmt: skip


def home_of(scope: Scope, *, is_city: bool) -> str:
    query = scope.query()
    return reverse("city" if is_city else "district") + (f"?{query}" if query else "")


def what_if_of(scope: Scope, *, is_city: bool) -> str:
    query = scope.query()
    return reverse("city-what-if" if is_city else "district-what-if") + (f"?{query}" if query else "")


def queue_url(scope: Scope, **filters: str) -> str:
    return reverse("district-queue") + f"?{urlencode({'district': scope.district.code} | filters)}"
