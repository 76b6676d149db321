"""The page 假设测算: which rule is supposed, read from the address, and its outcome in tables and as CSV."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.csv_safety import defused
from accounts.errors import Invalid
from accounts.models import Organisation
from accounts.punctuation import listed
from lending.dashboard.scope import Scope
from lending.dashboard.shapes import Links, number
from lending.dashboard.tables import Column, Value, spelled
from lending.dashboard.what_if import Outcome, Supposed
from lending.sla.calendar import Rule

RULE = ("length", "unit", "roll")
UNITS = {"days": gettext_lazy("自然日"), "workdays": gettext_lazy("工作日"), "months": gettext_lazy("个月")}
LONGEST = {"days": 366, "workdays": 250, "months": 24}
USUAL = "10"  # what the page supposes before anybody has said anything
SORTS = ("sort", "banks")

BEHIND = {
    "counted": gettext_lazy("纳入测算"), "was_late": gettext_lazy("实际未按期"), "is_late": gettext_lazy("假设未按期"),
    "newly_late": gettext_lazy("按假设新增未按期"), "no_longer_late": gettext_lazy("按假设不再未按期"),
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One district or bank; None stands for all of them."""

    place: Organisation | None
    outcome: Outcome


def _of(name: str) -> Callable[[Judged], Value]:
    return lambda row: getattr(row.outcome, name)


COLUMNS = (
    Column("counted", gettext_lazy("笔数"), _of("counted"), behind="counted"),
    Column("was_late", gettext_lazy("实际未按期"), _of("was_late"), behind="was_late"),
    Column("is_late", gettext_lazy("假设未按期"), _of("is_late"), behind="is_late", state="late"),
    Column("newly_late", gettext_lazy("新增"), _of("newly_late"), behind="newly_late", state="late"),
    Column("no_longer_late", gettext_lazy("减少"), _of("no_longer_late"), behind="no_longer_late"),
    Column("was_on_time_pct", gettext_lazy("实际按时率"), _of("was_on_time_pct"), kind="pct"),
    Column("is_on_time_pct", gettext_lazy("假设按时率"), _of("is_on_time_pct"), kind="pct"),
)


def read_rule(params: dict[str, str]) -> Rule:
    """Refuses what is no rule (400), and lengths that nobody will ever promise."""
    unit, roll, text = params.get("unit", "days"), params.get("roll", ""), params.get("length", USUAL).strip()
    if unit not in UNITS:
        raise Invalid(fields={"unit": listed(UNITS)})
    if roll not in ("", "1"):
        raise Invalid(fields={"roll": "1"})
    is_number = len(text) < 5 and text.isascii() and text.isdigit()
    if not is_number or not 1 <= int(text) <= LONGEST[unit]:
        raise Invalid(fields={"length": _("请填1至%(most)s之间的整数。") % {"most": LONGEST[unit]}})
    length = int(text)
    return Rule(length, "months" if unit == "months" else "days", unit == "workdays", roll == "1")


def unit_of(rule: Rule) -> str:
    return "workdays" if rule.is_working_days else rule.unit


def said(rule: Rule) -> dict[str, str]:
    """The part of an address that leads to this rule."""
    return {"length": str(rule.length), "unit": unit_of(rule), "roll": "1" if rule.is_rolled_forward else ""}


def in_words(rule: Rule) -> str:
    """10个工作日,末日遇休息日顺延."""
    told = {
        "days": ngettext("%(n)d 个自然日", "%(n)d 个自然日", rule.length),
        "workdays": ngettext("%(n)d 个工作日", "%(n)d 个工作日", rule.length),
        "months": ngettext("%(n)d 个月", "%(n)d 个月", rule.length),
    }[unit_of(rule)] % {"n": rule.length}
    return _("%(length)s,末日遇休息日顺延") % {"length": told} if rule.is_rolled_forward else told


class RuleLinks(Links):
    """Addresses under the filters and the rule of the page."""

    def __init__(self, scope: Scope, rule: Rule, *, is_city: bool) -> None:
        super().__init__(scope, is_city=is_city)
        self.rule, self.home = rule, "city-what-if" if is_city else "district-what-if"

    def to(self, what: str, **changes: str | None) -> str:
        return f"{reverse(self.home)}{what}/?{self.scope.query(**said(self.rule), **changes)}"

    def district_page(self, code: str) -> str:
        return f"{reverse('district-what-if')}?{self.scope.query(**said(self.rule), district=code)}"

    def page(self, **changes: str | None) -> str:
        return f"{reverse(self.home)}?{self.scope.query(**said(self.rule), **changes)}"


def figures(outcome: Outcome, links: RuleLinks) -> list[dict]:
    """The first row: what was, what would have been."""

    def figure(what: str, label: str, pct: float | None, state: str = "") -> dict:
        value = getattr(outcome, what)
        told = _("按时率 %(pct)s") % {"pct": spelled(pct, "pct")} if what in ("was_late", "is_late") else ""
        return {
            "label": label, "value": number(value), "unit": _("笔"), "url": links.to(what),
            "note": told, "state": state if value else "",
        }  # fmt: skip

    return [
        figure("counted", str(BEHIND["counted"]), None),
        figure("was_late", str(BEHIND["was_late"]), outcome.was_on_time_pct),
        figure("is_late", str(BEHIND["is_late"]), outcome.is_on_time_pct, "late"),
        figure("newly_late", str(BEHIND["newly_late"]), None, "late"),
        figure("no_longer_late", str(BEHIND["no_longer_late"]), None),
    ]


def rows(found: dict[int, Outcome], places: dict[int, Organisation]) -> list[Judged]:
    """Most newly late first."""
    judged = [Judged(places[pk], outcome) for pk, outcome in found.items()]
    return sorted(judged, key=lambda row: (-row.outcome.newly_late, -row.outcome.is_late, row.place.name))


def csv_rows(found: Supposed, places: dict[int, Organisation]) -> Iterator[list[str]]:
    """A heading, then one line for each district and bank, those of one district together."""
    yield [str(word) for word in (_("区"), _("银行"), *(column.label for column in COLUMNS))]
    pairs = [(places[district], places[bank], outcome) for (district, bank), outcome in found.by_pair.items()]
    for district, bank, outcome in sorted(pairs, key=lambda pair: (pair[0].code, pair[1].name)):
        values = (column.value(Judged(None, outcome)) for column in COLUMNS)
        figures = ["" if value is None else str(value) for value in values]
        yield [defused(district.name), defused(bank.name), *figures]


def form(scope: Scope, rule: Rule) -> dict:
    """What the form holds: the rule, and the period as days."""
    units = [
        {"value": value, "label": label, "is_on": value == unit_of(rule)} for value, label in UNITS.items()
    ]
    return {
        "length": rule.length, "most": max(LONGEST.values()), "units": units, "is_rolled": rule.is_rolled_forward,
        "first": scope.period.first, "last": scope.period.last,
    }  # fmt: skip
