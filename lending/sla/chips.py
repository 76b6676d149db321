"""The deadline chip (剩 9 天 · 今天到期 · 超期 2 天): what `templates/_partials/deadline_chip.html` shows. No ORM."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lending.sla.calendar import day_of, last_day
from lending.sla.receipts import words_of

DUE_SOON_DAYS = 3  # amber from here on


class Clock(Protocol):
    """What a chip needs of a `Deadline`; a `SimpleNamespace` does as well."""

    due_at: datetime
    state: str
    stopped_at: datetime | None
    is_provisional: bool
    receipt: dict
    suspended_until: datetime | None


@dataclass(frozen=True)
class Chip:
    state: str  # running, due_soon, today, overdue, paused, met, met_late, cancelled
    label: str
    is_provisional: bool
    receipt: str
    days_left: int | None  # None once the clock has stopped
    url: str = ""  # where it is explained, for whoever may read that


def days_left(due_at: datetime, now: datetime) -> int:
    """Whole days in Shanghai: 0 on the last day, −1 on the first day after it."""
    return (last_day(due_at) - day_of(now)).days


def chip(deadline: Clock | None, now: datetime) -> Chip | None:
    """The chip of a clock at `now`; None where there is no clock."""
    if deadline is None:
        return None
    words = words_of(deadline.receipt)
    if deadline.stopped_at is not None:
        return Chip(deadline.state, _stopped_label(deadline), False, words, None)
    left = days_left(deadline.due_at, now)
    if now >= deadline.due_at:
        # −1 at least: a due time that is no midnight would otherwise be late by nought days
        late = max(-left, 1)
        return Chip("overdue", label(-late), deadline.is_provisional, words, -late)
    if deadline.suspended_until and now < deadline.suspended_until:
        said = _("明日起暂停") if _begins_tomorrow(deadline.receipt, now) else _("暂停中")
        return Chip("paused", said, deadline.is_provisional, words, left)
    state = "today" if left == 0 else "due_soon" if left <= DUE_SOON_DAYS else "running"
    return Chip(state, label(left), deadline.is_provisional, words, left)


def linked(deadline: Clock | None, now: datetime) -> Chip | None:
    """The same, leading to its explanation: on pages of those who may see the clock (`explaining.clock_for`)."""
    shown = chip(deadline, now)
    return shown and replace(shown, url=reverse("deadline", args=[deadline.pk]))


def label(left: int) -> str:
    if left < 0:
        return ngettext("超期 %(days)d 天", "超期 %(days)d 天", -left) % {"days": -left}
    if left == 0:
        return _("今天到期")
    return ngettext("剩 %(days)d 天", "剩 %(days)d 天", left) % {"days": left}


def _begins_tomorrow(receipt: dict, now: datetime) -> bool:
    """On the day of the consent, which still counts."""
    return any(row["after"] == day_of(now).isoformat() for row in receipt.get("suspensions", ()))


def _stopped_label(deadline: Clock) -> str:
    if deadline.state == "met":
        return _("按期办结")
    if deadline.state == "met_late":
        late = max(-days_left(deadline.due_at, deadline.stopped_at), 1)
        return ngettext("超期 %(days)d 天办结", "超期 %(days)d 天办结", late) % {"days": late}
    return _("终止计时")
