"""How long ago the clocks were last looked at, in seconds and in words, and what waits in the ledger. Never writes."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lending.sla.models import Alert, Stall
from lending.sla.queries import last_sweep_at


class Pulse(NamedTuple):
    """`state`: never, ok or late (longer ago than SWEEP_LATE_SECONDS)."""

    at: datetime | None
    age_seconds: float | None
    state: str
    words: str


def pulse(now: datetime) -> Pulse:
    at = last_sweep_at(until=now)  # a pass in the future, by a clock that ran ahead, says nothing about now
    if at is None:
        return Pulse(None, None, "never", _("尚未巡检"))
    age = now - at
    state = "late" if age > timedelta(seconds=settings.SWEEP_LATE_SECONDS) else "ok"
    return Pulse(at, round(age.total_seconds(), 1), state, ago(age))


def ago(age: timedelta) -> str:
    """In the largest unit that is full: 刚刚, 3 分钟前, 2 小时前, 4 天前."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return _("刚刚")
    if minutes < 60:
        return ngettext("%(n)d 分钟前", "%(n)d 分钟前", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(n)d 小时前", "%(n)d 小时前", hours) % {"n": hours}
    return ngettext("%(n)d 天前", "%(n)d 天前", hours // 24) % {"n": hours // 24}


def waiting(now: datetime) -> dict[str, float]:
    """{"letters", "late_seconds", "stalls"}: letters that may leave and have not, for how long the oldest of them has
    waited, and standstills that are not over. Reads the partial index of what is pending."""
    due = Alert.objects.filter(state=Alert.State.PENDING, send_after__lte=now)
    counted = due.aggregate(letters=Count("pk"), oldest=Min("send_after"))
    late = (now - counted["oldest"]).total_seconds() if counted["oldest"] else 0
    return {
        "letters": counted["letters"],
        "late_seconds": round(late, 1),
        "stalls": Stall.objects.filter(ended_at=None).count(),
    }
