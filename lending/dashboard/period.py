"""The stretch of days that figures are taken over. Knows no ORM.

Days are Shanghai days, both ends included; moments are half-open, so that two neighbouring periods share no moment.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext_lazy as _

from lending.sla.calendar import SHANGHAI, day_of

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
NAMES = {"week": _("本周"), "month": _("本月"), "quarter": _("本季"), "all": _("全部")}


@dataclass(frozen=True)
class Period:
    """`first` and `last` are days, None where open; `name` is a key of NAMES, or "" for days of one's own choice."""

    first: date | None = None
    last: date | None = None
    name: str = "all"

    @property
    def starts_at(self) -> datetime:
        return midnight(self.first or EARLIEST)

    @property
    def ends_at(self) -> datetime:
        """Exclusive."""
        return midnight((self.last or LATEST) + timedelta(days=1))

    @property
    def label(self) -> str:
        if self.name:
            return str(NAMES[self.name])
        return f"{self.first or '…'} — {self.last or '…'}"


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


def named(name: str, now: datetime) -> Period:
    """This week (from Monday), month or quarter up to its last day, or everything; the name is a key of NAMES."""
    today = day_of(now)
    if name == "week":
        first = today - timedelta(days=today.weekday())
        return Period(first, first + timedelta(days=6), name)
    if name == "month":
        return Period(today.replace(day=1), _month_end(today), name)
    if name == "quarter":
        first = today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1)
        return Period(first, _month_end(first + timedelta(days=63)), name)
    return Period()


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True)
class Weeks:
    """This week so far, and the same stretch of last week: a Monday morning is held against a Monday morning."""

    now: datetime

    @property
    def this_from(self) -> datetime:
        today = day_of(self.now)
        return midnight(today - timedelta(days=today.weekday()))

    @property
    def last_from(self) -> datetime:
        return self.this_from - timedelta(days=7)

    @property
    def last_to(self) -> datetime:
        return self.now - timedelta(days=7)
