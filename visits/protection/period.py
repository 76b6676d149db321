"""The stretch of days of a report, read from the address. Days are Shanghai days, both ends included. Knows no ORM."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.clock import SHANGHAI, day_of
from accounts.errors import Invalid
from accounts.punctuation import listed

NAMES = {
    "week": gettext_lazy("本周"),
    "month": gettext_lazy("本月"),
    "last-month": gettext_lazy("上月"),
    "quarter": gettext_lazy("本季"),
}
LONGEST = timedelta(days=366)
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True)
class Period:
    """`name` is a key of NAMES, or "" for days of one's own choice."""

    first: date
    last: date
    name: str = ""

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time(), SHANGHAI)

    @property
    def ends_at(self) -> datetime:
        """Exclusive."""
        return datetime.combine(self.last + timedelta(days=1), time(), SHANGHAI)

    def query(self) -> dict[str, str]:
        if self.name:
            return {"period": self.name}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def read(params: dict[str, str], now: datetime) -> Period:
    """`period=` a name, or `from=` and `to=`; this month where nothing is said. Refuses what is no day, the wrong way
    round, or more than a year."""
    name, first, last = params.get("period", ""), _day(params, "from"), _day(params, "to")
    if name and name not in NAMES:
        raise Invalid(fields={"period": listed(NAMES)})
    if name or (first is None and last is None):
        return named(name or "month", now)
    today = day_of(now)
    last = last or max(today, first)
    first = first or last.replace(day=1)
    if first > last:
        raise Invalid(fields={"to": _("止日不能早于起日。")})
    if last - first > LONGEST:
        raise Invalid(fields={"to": _("一次最多查看一年。")})
    return Period(first, last)


def named(name: str, now: datetime) -> Period:
    today = day_of(now)
    month = today.replace(day=1)
    if name == "week":
        monday = today - timedelta(days=today.weekday())
        return Period(monday, monday + timedelta(days=6), name)
    if name == "last-month":
        last = month - timedelta(days=1)
        return Period(last.replace(day=1), last, name)
    if name == "quarter":
        first = today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1)
        return Period(first, _month_end(first + timedelta(days=63)), name)
    return Period(month, _month_end(month), "month")


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _day(params: dict[str, str], name: str) -> date | None:
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
