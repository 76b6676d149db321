"""Changing the calendar: a whole year from a file, or one day by hand. Every change is a new version of the year."""

from datetime import date, datetime

from celery import current_app
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.language import in_chinese
from accounts.models import User
from accounts.punctuation import listed
from lending.sla import recompute
from lending.sla.calendar_file import CalendarFile
from lending.sla.errors import CalendarFileRefused, YearUnknown
from lending.sla.models import CalendarDay, CalendarYear

LOCK = 0x63616C65  # an advisory lock of our own; the number is arbitrary
RECOMPUTE = "lending.recompute_deadlines"


def hold_still() -> None:
    """Until the end of this transaction the calendar does not change; it may be read by any number.

    Without it a clock could start by the old calendar after the recomputation of open clocks had already passed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])


def import_calendar(*, read: CalendarFile, source: str, by: User | None, now: datetime) -> dict:
    """Replace the years of the file and recompute the open clocks that depend on them. Not inside a transaction.

    Returns {"years": {year: version}, "days", "recomputed", "changed"}. Refuses a file that would empty a known year.
    """
    versions = _replace_years(read, source=source, by=by, now=now)
    done = recompute.recompute_open(now=now)
    return {
        "years": versions, "days": len(read.days), "recomputed": done.recomputed, "changed": done.changed,
    }  # fmt: skip


@transaction.atomic
def set_day(*, day: date, is_workday: bool, name: str, by: User, now: datetime) -> CalendarDay:
    """Name one day by hand; the year gets a new version, and once that is committed a worker takes the open clocks
    along. Refuses a year whose notice is not there: with one day in it the year would count as known, and what is
    provisional would be called certain."""
    _change_alone()
    if not CalendarYear.objects.filter(year=day.year).exists():
        raise YearUnknown()
    facts = {"is_workday": is_workday, "name": name}
    row, _created = CalendarDay.objects.update_or_create(day=day, defaults=facts)
    _day_changed(day, by=by, now=now)
    return row


@transaction.atomic
def unset_day(*, day: date, by: User, now: datetime) -> None:
    """Let one day follow its weekday again; the clocks follow as with `set_day`."""
    _change_alone()
    CalendarDay.objects.filter(day=day).delete()
    _day_changed(day, by=by, now=now)


def _day_changed(day: date, *, by: User, now: datetime) -> None:
    """The clocks wait for the commit: whoever holds a case may be waiting for our lock to start its clock, so nothing
    that waits for a case may happen under it. A message lost by Redis is made up for by the next tick."""
    with in_chinese():
        told, source = _("%(day)s 的休息日安排变更") % {"day": day.isoformat()}, _("后台维护")
    _new_version(day.year, source=source, change=told, by=by, now=now)
    transaction.on_commit(lambda: current_app.send_task(RECOMPUTE), robust=True)


@transaction.atomic
def _replace_years(read: CalendarFile, *, source: str, by: User | None, now: datetime) -> dict[int, int]:
    _change_alone()
    for year in sorted(read.years):
        there = CalendarDay.objects.filter(day__year=year)
        mine = sum(day.year == year for day in read.days)
        if there.count() > 2 * mine:
            raise CalendarFileRefused(
                _("文件中%(year)d年只有%(mine)d天,已有%(there)d天;导入按整年替换,请给出全年安排。")
                % {"year": year, "mine": mine, "there": there.count()}
            )
        there.delete()
    rows = [CalendarDay(day=day, is_workday=d.is_workday, name=d.name) for day, d in read.days.items()]
    CalendarDay.objects.bulk_create(rows)
    with in_chinese():
        told = _("%(years)s年放假安排导入") % {"years": listed(map(str, sorted(read.years)))}
    return {
        year: _new_version(year, source=source, change=told, by=by, now=now) for year in sorted(read.years)
    }


def _new_version(year: int, *, source: str, change: str, by: User | None, now: datetime) -> int:
    """Under the exclusive lock. A change that the clocks have not followed yet stays named beside the new one."""
    row = CalendarYear.objects.filter(year=year).first() or CalendarYear(year=year, version=0)
    waiting = row.change if row.recomputed_version < row.version else ""
    told = change if not waiting or change in waiting else f"{waiting};{change}"
    row.version += 1
    row.source, row.imported_at, row.changed_by, row.change = source[:200], now, by, told[-200:]
    row.save()
    return row.version


def _change_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
