"""The calendar the product starts with."""

from datetime import date, datetime, timedelta

import holidays
import pytest

from lending.models import CalendarDay, CalendarYear
from lending.sla import reference
from lending.sla.queries import calendar, missing_calendar_year
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_every_year_from_2004_to_2026_is_seeded():
    assert list(CalendarYear.objects.order_by("year").values_list("year", flat=True)) == list(
        range(2004, 2027)
    )


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_year_has_248_working_days(year):
    known = calendar(date(year, 1, 1))
    first = date(year, 1, 1)
    assert sum(known.is_workday(first + timedelta(days=n)) for n in range(365)) == 248


def test_two_libraries_agree_on_every_day_of_2019_to_2026():
    known, other = calendar(date(2019, 1, 1)), holidays.China(years=range(2019, 2027))
    span = [
        date(2019, 1, 1) + timedelta(days=n) for n in range((date(2026, 12, 31) - date(2019, 1, 1)).days + 1)
    ]
    assert [day for day in span if known.is_workday(day) != other.is_working_day(day)] == []


def test_loading_again_changes_nothing_and_keeps_what_was_imported(django_assert_num_queries):
    CalendarDay.objects.filter(day=date(2026, 10, 1)).update(name="改过")
    before = list(CalendarDay.objects.order_by("day").values_list("day", "is_workday", "name"))
    reference.load()
    assert list(CalendarDay.objects.order_by("day").values_list("day", "is_workday", "name")) == before


def test_the_calendar_takes_two_queries(django_assert_num_queries):
    with django_assert_num_queries(2):
        calendar(NOW.date())


@pytest.mark.parametrize(("now", "year"), [
    ("2026-10-31T23:59:59+08:00", None), ("2026-11-01T00:00:00+08:00", 2027), ("2025-12-31T00:00:00+08:00", None),
])  # fmt: skip
def test_from_november_on_a_missing_notice_is_named(now, year):
    assert missing_calendar_year(datetime.fromisoformat(now)) == year


def test_the_citys_page_warns_of_it(cast, web, monkeypatch):
    monkeypatch.setattr("lending.templatetags.deadlines.timezone.now", lambda: NOW)
    page = web(cast.city).get("/city/").content.decode()
    assert page.count("2027年放假安排尚未导入") == 1
