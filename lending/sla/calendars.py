"""Changing the calendar: a whole year from a file, or one day by hand. Every change is a new version of the year."""

from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from lending.sla import recompute
from lending.sla.calendar_file import CalendarFile
from lending.sla.errors import CalendarFileRefused, YearUnknown
from lending.sla.models import CalendarDay, CalendarYear

LOCK = 0x63616C65  # an advisory lock of our own; the number is arbitrary


def hold_still() -> None:
    """Until the end of this transaction the calendar does not change; it may be read by any number.

    Without it a clock could start by the old calendar after the recomputation of open clocks had already passed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])


def import_calendar(*, read: CalendarFile, source: str, by: User | None, now: datetime) -> dict:
    """Replace the years of the file and recompute the open clocks that depend on them.

    Returns {"years": {year: version}, "days", "recomputed", "changed"}. Refuses a file that would empty a known year.
    """
    versions = _replace_years(read, source=source, now=now)
    reason = _("%(years)s年放假安排导入") % {"years": "、".join(map(str, sorted(read.years)))}
    done = recompute.recompute_open(years=read.years, reason=reason, by=by, now=now)
    return {"years": versions, "days": len(read.days), **done}


def set_day(*, day: date, is_workday: bool, name: str, by: User, now: datetime) -> CalendarDay:
    """Name one day by hand; the year gets a new version. Refuses a year whose notice is not there: with one day in it
    the year would count as known, and what is provisional would be called certain."""
    with transaction.atomic():
        _change_alone()
        if not CalendarYear.objects.filter(year=day.year).exists():
            raise YearUnknown()
        facts = {"is_workday": is_workday, "name": name}
        row, _created = CalendarDay.objects.update_or_create(day=day, defaults=facts)
        _new_version(day.year, _("后台维护"), now)
    _recompute_after(day, by=by, now=now)
    return row


def unset_day(*, day: date, by: User, now: datetime) -> None:
    """Let one day follow its weekday again."""
    with transaction.atomic():
        _change_alone()
        CalendarDay.objects.filter(day=day).delete()
        _new_version(day.year, _("后台维护"), now)
    _recompute_after(day, by=by, now=now)


@transaction.atomic
def _replace_years(read: CalendarFile, *, source: str, now: datetime) -> dict[int, int]:
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
    return {year: _new_version(year, source, now) for year in sorted(read.years)}


def _new_version(year: int, source: str, now: datetime) -> int:
    facts = {"source": source[:200], "imported_at": now}
    row, created = CalendarYear.objects.get_or_create(year=year, defaults=facts)
    if not created:
        CalendarYear.objects.filter(year=year).update(version=F("version") + 1, **facts)
        row.refresh_from_db()
    return row.version


def _change_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _recompute_after(day: date, *, by: User, now: datetime) -> None:
    reason = _("%(day)s 的休息日安排变更") % {"day": day.isoformat()}
    recompute.recompute_open(years=frozenset({day.year}), reason=reason, by=by, now=now)
