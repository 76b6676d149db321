"""Whose figures, over which days: read from the address, checked against what the person may see."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from accounts.access import may, require
from accounts.errors import Invalid, NotFound
from accounts.models import Organisation, User
from accounts.punctuation import listed
from accounts.roles import Do
from lending.dashboard.period import EARLIEST, LATEST, NAMES, Period, named
from visits.models import BusinessList

PLACE = ("district", "bank", "list")
DAYS = ("from", "to")
LONGEST = 40  # characters of a code; nothing longer is looked up


@dataclass(frozen=True)
class Scope:
    """None means not narrowed: every district, every bank, whatever list."""

    period: Period
    district: Organisation | None = None
    bank: Organisation | None = None
    list: BusinessList | None = None

    def query(self, **changes: str | None) -> str:
        """The part of an address after "?" that leads to this very scope, with `changes` on top; None drops one."""
        said = {name: chosen.code for name in PLACE if (chosen := getattr(self, name))}
        if self.period.name and self.period.name != "all":
            said["period"] = self.period.name
        elif not self.period.name:
            days = {"from": self.period.first, "to": self.period.last}
            said |= {name: day.isoformat() for name, day in days.items() if day}
        if {"period", "from", "to"} & set(changes):
            said = {name: text for name, text in said.items() if name not in ("period", "from", "to")}
        said |= changes
        return urlencode({name: text for name, text in said.items() if text})


def read_scope(user: User, params: dict[str, str], *, now: datetime, extra: tuple[str, ...] = ()) -> Scope:
    """The scope that `params` ask for. Refuses a role without dashboards (403), an unknown name or value (400), and a
    district that is not there or not the person's own (404). `extra` names parameters that the caller reads itself."""
    require(user, Do.SEE_DISTRICT)
    refuse_unknown(params, (*PLACE, *DAYS, "period", *extra))
    return Scope(
        period=read_period(params, now),
        district=_district(user, params.get("district", "")),
        bank=_bank(params.get("bank", "")),
        list=_list(params.get("list", "")),
    )


def scope_of_a_bank(user: User, params: dict[str, str], *, now: datetime) -> Scope:
    """What a bank may compare itself over: any district, list and period. Asking for another bank by name is 404; its
    own is implied and does not narrow, because the peers are counted over the same ground."""
    refuse_unknown(params, (*PLACE, *DAYS, "period"))
    if params.get("bank", "") not in ("", user.bank.code):
        raise NotFound()
    code = params.get("district", "")
    district = (_organisation(code, Organisation.Kind.DISTRICT) or _missing()) if code else None
    return Scope(read_period(params, now), district=district, list=_list(params.get("list", "")))


def for_everywhere(scope: Scope) -> Scope:
    return replace(scope, district=None)


def refuse_unknown(params: dict[str, str], known: tuple[str, ...]) -> None:
    """A misspelt filter must not answer with the figures of everything."""
    if strange := [name for name in params if name not in known]:
        sentence = _("没有这个参数,可用:%(names)s") % {"names": listed(known)}
        raise Invalid(fields={name[:LONGEST]: sentence for name in strange[:5]})


def read_period(params: dict[str, str], now: datetime) -> Period:
    name = params.get("period", "")
    if name and name not in NAMES:
        raise Invalid(fields={"period": listed(NAMES)})
    first, last = read_day(params, "from"), read_day(params, "to")
    if first is None and last is None:
        return named(name or "all", now)
    if first and last and first > last:
        raise Invalid(fields={"to": _("止日不能早于起日。")})
    return Period(first, last, name="")


def read_day(params: dict[str, str], name: str) -> date | None:
    """None where nothing is said."""
    text = params.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields={name: _("日期写作 2026-11-20。")}) from None
    if not EARLIEST <= day <= LATEST:
        raise Invalid(fields={name: _("日期须在 2000 年至 2099 年之间。")})
    return day


def _district(user: User, code: str) -> Organisation | None:
    own = None if may(user, Do.SEE_CITY) else user.district
    if own is None and not may(user, Do.SEE_CITY):
        raise NotFound()  # a panel member without a district sees none
    if not code:
        return own
    if own is not None and code != own.code:
        raise NotFound()
    return own or _organisation(code, Organisation.Kind.DISTRICT) or _missing()


def _missing() -> None:
    raise NotFound()


def _bank(code: str) -> Organisation | None:
    bank = _organisation(code, Organisation.Kind.BANK) if code else None
    if code and bank is None:
        raise Invalid(fields={"bank": _("没有这家银行。")})
    return bank


def _list(code: str) -> BusinessList | None:
    chosen = BusinessList.objects.filter(code=code).first() if code and _is_plain(code) else None
    if code and chosen is None:
        raise Invalid(fields={"list": _("没有这份清单。")})
    return chosen


def _organisation(code: str, kind: str) -> Organisation | None:
    return Organisation.objects.filter(code=code, kind=kind).first() if _is_plain(code) else None


def _is_plain(code: str) -> bool:
    return len(code) <= LONGEST and code.isprintable()
