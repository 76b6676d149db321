"""Policies in force and the calendar of rest days that the product starts with."""

from collections import Counter
from datetime import date

import chinese_calendar
from chinese_calendar.constants import Holiday, holidays, workdays
from django.utils import timezone
from django.utils.translation import gettext as _

from lending.sla.models import CalendarDay, CalendarYear, Deadline, DeadlineKind, DeadlinePolicy

FROM = date(2024, 10, 15)
POLICIES = (
    # (kind, length, working days, days of suspension at most, source)
    (DeadlineKind.BANK_DECISION, 15, False, 10, "上海银提〔2025〕44号:银行15天内作出是否授信决定"),
    (DeadlineKind.PANEL_REVIEW, 3, True, 0, "专班内部时限(可调)"),
    (DeadlineKind.SUPPLEMENT, 10, True, 0, "补正时限(可调)"),
    (DeadlineKind.RECEIPT, 2, True, 0, "银行接收内部时限(可调)"),
    (DeadlineKind.CONTACT, 5, True, 0, "首次对接内部时限(可调)"),
    (DeadlineKind.DISBURSEMENT, 30, False, 0, "放款内部时限(可调)"),
)
IN_CHINESE = {holiday.value: holiday.chinese for holiday in Holiday}


def load() -> None:
    """Repeatable; what is there already stays as it is."""
    for kind, length, is_working, suspension, source in POLICIES:
        facts = {
            "length": length, "is_working_days": is_working, "max_suspension_days": suspension, "source": source,
        }  # fmt: skip
        DeadlinePolicy.objects.get_or_create(
            kind=kind, district=None, programme="", effective_from=FROM, defaults=facts
        )
    load_calendar()


def load_calendar() -> None:
    """The State Council's notices as the library has them, for every year that nobody has imported yet. Clocks that
    run into such a year were provisional; the next tick takes them along."""
    known = set(CalendarYear.objects.values_list("year", flat=True))
    days = [day for day in seeded_days() if day.day.year not in known]
    source = f"chinesecalendar {chinese_calendar.__version__}"
    told, now = _("%(years)s年放假安排导入"), timezone.now()
    followed = 0 if Deadline.objects.filter(stopped_at__isnull=True).exists() else 1
    years = [
        CalendarYear(
            year=year,
            source=source,
            imported_at=now,
            change=told % {"years": year},
            recomputed_version=followed,
        )
        for year in Counter(d.day.year for d in days)
    ]
    CalendarYear.objects.bulk_create(years, ignore_conflicts=True)
    CalendarDay.objects.bulk_create(days, ignore_conflicts=True)


def seeded_days() -> list[CalendarDay]:
    rest = [CalendarDay(day=day, is_workday=False, name=IN_CHINESE[name]) for day, name in holidays.items()]
    work = [
        CalendarDay(day=day, is_workday=True, name=f"{IN_CHINESE[name]}调休")
        for day, name in workdays.items()
    ]
    return rest + work
