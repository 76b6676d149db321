"""补件暂停: the bank asks, the panel answers, and the days in between do not count.

Every verb locks the case, then the clock, then the suspension, as everybody who changes a clock does; so of two at once
the second sees what the first has done. Doors look the row up through `get_visible` first.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import may, require
from accounts.errors import Invalid, NotAllowed
from accounts.language import in_chinese
from accounts.models import User
from accounts.roles import Do
from lending import audit
from lending.case import FinancingCase
from lending.errors import ReasonMissing
from lending.sla import calendars, recompute
from lending.sla.calendar import day_of, end_of
from lending.sla.errors import (
    ClockRanOut,
    NotSuspendable,
    SuspensionAnswered,
    SuspensionNotRunning,
    SuspensionOpen,
    SuspensionTooLong,
)
from lending.sla.kinds import DeadlineKind
from lending.sla.models import Deadline, Suspension

State = Suspension.State
OPEN = (State.ASKED, State.GRANTED)
LENGTHS = {"papers": 300, "reason": 300, "note": 300, "why": 60}
AT_ONCE = 500  # a sweep has more urgent things to do than to note ends; the next one notes the others
logger = logging.getLogger(__name__)


@transaction.atomic
def ask(*, deadline: Deadline, papers: str, reason: str, days: int, by: User, now: datetime) -> Suspension:
    """The bank asks for `days` calendar days. Refuses with Invalid, ClockRanOut, NotSuspendable, SuspensionOpen,
    SuspensionTooLong."""
    require(by, Do.DECIDE)
    papers, reason = _said("papers", papers), _said("reason", reason)
    clock = _lock(deadline.pk)
    if clock.kind != DeadlineKind.BANK_DECISION or not clock.policy.max_suspension_days:
        raise NotSuspendable()
    _check_runs(clock, now)
    if clock.suspensions.filter(state__in=OPEN).exists():
        raise SuspensionOpen()
    _check_days(days, days_left(clock))
    asked = Suspension.objects.create(
        deadline=clock, papers=papers, reason=reason, asked_days=days, asked_at=now, asked_by=by
    )
    _record(clock, asked, "suspension_asked", by=by, now=now, papers=papers, reason=reason, days=days)
    return asked


@transaction.atomic
def take_back(*, suspension: Suspension, by: User, now: datetime) -> Suspension:
    """The bank does not need it any more, before anybody has answered."""
    require(by, Do.DECIDE)
    clock = _lock(suspension.deadline_id)
    asked = _asked(suspension)
    _cancel(clock, asked, "suspension_taken_back", by=by, now=now)
    return asked


@transaction.atomic
def answer(
    *,
    suspension: Suspension,
    is_granted: bool,
    days: int | None = None,
    note: str = "",
    by: User,
    now: datetime,
) -> Suspension:
    """The panel's word: granted for what was asked for, or fewer `days`, from tomorrow on; or refused with a note.

    Refuses with SuspensionAnswered where somebody was faster, and does not grant what has run out meanwhile."""
    require(by, Do.CONFIRM_OUTCOME)
    clock = _lock(suspension.deadline_id)
    asked = _asked(suspension)
    if not is_granted and not note.strip():
        raise ReasonMissing(fields={"note": ReasonMissing.sentence})
    note = _said("note", note) if note.strip() else ""
    asked.decided_at, asked.decided_by, asked.decided_note = now, by, note
    if not is_granted:
        asked.state = State.REFUSED
        asked.save()
        _record(clock, asked, "suspension_refused", by=by, now=now, reason=note)
        return asked
    _check_runs(clock, now)
    days = asked.asked_days if days is None else days
    _check_days(days, min(asked.asked_days, days_left(clock)))
    asked.state, asked.from_on = State.GRANTED, day_of(now)
    asked.until_on = asked.from_on + timedelta(days=days)
    asked.save()
    clock.suspended_until = end_of(asked.until_on)
    with in_chinese():
        because = _("补件暂停%(days)s天:%(papers)s") % {"days": days, "papers": asked.papers}
    _count_again(clock, because, by=by, now=now)
    _record(clock, asked, "suspension_granted", by=by, now=now, papers=asked.papers, days=days, reason=note)
    return asked


@transaction.atomic
def end(*, suspension: Suspension, why: str, by: User, now: datetime) -> Suspension:
    """Before its time, by the bank or the panel: from tomorrow on the days count again."""
    if not (may(by, Do.DECIDE) or may(by, Do.CONFIRM_OUTCOME)):
        raise NotAllowed()
    why = _said("why", why)
    clock = _lock(suspension.deadline_id)
    running = _again(suspension)
    if running.state != State.GRANTED or now >= end_of(running.until_on):
        raise SuspensionNotRunning()
    _finish(clock, running, why, by=by, now=now)
    return running


def end_those_over(*, now: datetime) -> int:
    """Suspensions that have come to their end, and requests whose clock ran out unanswered. Returns how many.

    Each in a transaction of its own; a case that somebody is working on is left to the next sweep. Nothing hangs on
    the minute: the due time has the length in it, and a clock counts as suspended until `suspended_until` alone."""
    over = Suspension.objects.filter(
        Q(state=State.GRANTED, until_on__lt=day_of(now)) | Q(state=State.ASKED, deadline__due_at__lte=now),
        state__in=OPEN,  # says the index
    )
    done = 0
    for pk in list(over.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            done += _end_if_over(over.filter(pk=pk), now)
        except Exception:
            logger.exception("suspension %s could not be ended; the next sweep tries again", pk)
    return done


def take_ends_back(*, since: datetime, now: datetime) -> int:
    """What sweeps ended, or let lapse, by a time after `since` that has not come yet runs, or waits, again; what people
    did by that time stays. Returns how many."""
    rows = Suspension.objects.filter(
        Q(state=State.ENDED, until_on__gte=day_of(now)) | Q(state=State.CANCELLED, deadline__due_at__gt=now),
        deadline__stopped_at__isnull=True,
    )
    done = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        try:
            done += _go_on(rows.filter(pk=pk), since, now)
        except Exception:
            logger.exception("suspension %s, ended by a wrong time, could not be taken back", pk)
    return done


@transaction.atomic
def let_go(*, clocks: QuerySet[Deadline], now: datetime, because: str = "", by: User | None = None) -> int:
    """The clocks stop, or nothing is missing any more: what runs ends today, what nobody has answered is cancelled.
    Call with the case locked. Returns how many."""
    rows = list(Suspension.objects.filter(deadline__in=clocks, state__in=OPEN).order_by("deadline_id"))
    with in_chinese():
        because = because or _("时限停止")
    for row in rows:
        clock = _lock(row.deadline_id)
        if row.state == State.GRANTED:
            _finish(clock, row, because, by=by, now=now)
        else:
            _cancel(clock, row, "suspension_lapsed", by=by, now=now, why=because)
    return len(rows)


def days_left(deadline: Deadline) -> int:
    """Of the policy's cap; a running suspension takes what it was granted, an ended one what it lasted."""
    return max(0, deadline.policy.max_suspension_days - _days_of(deadline.suspensions.all()))


def _days_of(rows: Iterable[Suspension]) -> int:
    return sum((row.until_on - row.from_on).days for row in rows if row.from_on)


def _lock(pk: int) -> Deadline:
    """The clock under its lock, and its case before it."""
    case = FinancingCase.objects.select_for_update(no_key=True, of=("self",)).get(deadlines=pk)
    clocks = Deadline.objects.select_for_update(no_key=True, of=("self",)).select_related("policy", "bound")
    clock = clocks.get(pk=pk)
    clock.case = case
    return clock


def _again(suspension: Suspension) -> Suspension:
    """As it stands now; the lock of its clock is held, so nobody else is writing it."""
    return Suspension.objects.get(pk=suspension.pk)


def _asked(suspension: Suspension) -> Suspension:
    found = _again(suspension)
    if found.state != State.ASKED:
        raise SuspensionAnswered()
    return found


def _check_runs(clock: Deadline, now: datetime) -> None:
    if (
        clock.stopped_at or clock.breached_at or now >= clock.due_at
    ):  # a sweeper's clock may be a moment ahead
        raise ClockRanOut()


def _check_days(days: int, most: int) -> None:
    if most < 1:
        raise SuspensionTooLong(fields={"days": _("可暂停的天数已用完。")})
    if days < 1:
        raise Invalid(fields={"days": _("至少 1 天。")})
    if days > most:
        said = ngettext("最多还可暂停 %(days)d 天。", "最多还可暂停 %(days)d 天。", most)
        raise SuspensionTooLong(fields={"days": said % {"days": most}})


def _said(name: str, words: str) -> str:
    words = words.strip()
    if not words:
        raise Invalid(fields={name: _("此项必填。")})
    if len(words) > LENGTHS[name]:
        raise Invalid(fields={name: _("最多 %(n)s 字。") % {"n": LENGTHS[name]}})
    return words


@transaction.atomic
def _end_if_over(over: QuerySet[Suspension], now: datetime) -> bool:
    """`over` is of one at most; it is passed over where somebody else holds its case."""
    cases = FinancingCase.objects.filter(deadlines__suspensions__in=over)
    is_free = list(cases.select_for_update(no_key=True, skip_locked=True, of=("self",)))
    row = over.first() if is_free else None
    if row is None:
        return False
    clock = _lock(row.deadline_id)
    with in_chinese():
        ended, lapsed = _("暂停期满"), _("到期前没有答复")
    if row.state == State.GRANTED:
        _finish(clock, row, ended, by=None, now=now)
    else:
        _cancel(clock, row, "suspension_lapsed", by=None, now=now, why=lapsed)
    return True


@transaction.atomic
def _go_on(rows: QuerySet[Suspension], since: datetime, now: datetime) -> bool:
    """`rows` is of one at most. Who ended it, and when, is known by the last event about it."""
    clock = _lock(rows.get().deadline_id)
    row = rows.first()
    if row is None or clock.suspensions.filter(state__in=OPEN).exists():
        return False
    told = audit.Event.objects.filter(case=clock.case, detail__suspension=row.pk).order_by("-seq").first()
    if told is None or told.by_id or told.at <= since:
        return False
    if row.state == State.ENDED:
        row.state, row.ended_at, kind = State.GRANTED, None, "suspension_granted"
        days = (row.until_on - row.from_on).days
        clock.suspended_until = end_of(row.until_on)
        clock.next_look_at = clock.next_look_at and max(clock.next_look_at, clock.suspended_until)
        clock.save(update_fields=["suspended_until", "next_look_at"])
    else:
        row.state, days, kind = State.ASKED, row.asked_days, "suspension_asked"
    row.ended_why = ""
    row.save(update_fields=["state", "ended_at", "ended_why"])
    with in_chinese():
        because = _("系统时间曾有误,现予恢复")
    _record(clock, row, kind, by=None, now=now, papers=row.papers, days=days, reason=because)
    return True


def _cancel(
    clock: Deadline, row: Suspension, kind: str, *, by: User | None, now: datetime, why: str = ""
) -> None:
    row.state, row.ended_why = State.CANCELLED, why
    row.save(update_fields=["state", "ended_why"])
    _record(clock, row, kind, by=by, now=now, reason=why)


def _finish(clock: Deadline, row: Suspension, why: str, *, by: User | None, now: datetime) -> None:
    """The day on which it ends does not count; a due time moves only where that is earlier than was granted."""
    planned, today = row.until_on, max(row.from_on, day_of(now))
    row.until_on = min(planned, today)
    is_over = now >= end_of(planned)
    row.state, row.ended_at, row.ended_why = State.ENDED, end_of(planned) if is_over else now, why
    row.save()
    clock.suspended_until = None
    if clock.next_look_at and not is_over:
        clock.next_look_at = now  # it waited for the planned end
    if row.until_on == planned:
        clock.save(update_fields=["suspended_until", "next_look_at"])
    else:
        lasted = {"days": (row.until_on - row.from_on).days, "why": why}
        with in_chinese():
            because = _("补件暂停提前结束,实际%(days)s天:%(why)s") % lasted
        _count_again(clock, because, by=by, now=now)
    _record(clock, row, "suspension_ended", by=by, now=now, reason=why, until=row.until_on)


def _count_again(clock: Deadline, because: str, *, by: User | None, now: datetime) -> None:
    calendars.hold_still()
    clock.suspended_days = _days_of(clock.suspensions.all())
    recompute.anew(clock, reason=because, by=by, now=now)


def _record(clock: Deadline, row: Suspension, kind: str, *, by: User | None, now: datetime, **detail) -> None:
    told = {name: value for name, value in detail.items() if value != ""}
    told = {"deadline": clock.pk, "suspension": row.pk, **told}
    audit.record(clock.case, kind, by=by, now=now, bank=clock.bound, detail=told)
