"""How money, times, phone numbers and names are written."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from accounts.templatetags.doorstep import mask_name, mask_phone, shanghai, wan

TEN_IN_SHANGHAI = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("yuan", "text"),
    [
        (Decimal("1200000.00"), "120"),
        (Decimal("1205000.00"), "120.5"),
        (Decimal("12345.67"), "1.23"),
        (Decimal("12350.00"), "1.24"),
        (Decimal("12345678900.00"), "1\u202f234\u202f567.89"),
        (Decimal("100.00"), "0.01"),
        (Decimal("30.00"), "<0.01"),
        (Decimal("-500000"), "-50"),
        (Decimal("0"), "0"),
        (300000, "30"),
        ("300000", "30"),
        (None, "—"),
        ("", "—"),
        ("三十万", "—"),
        (Decimal("NaN"), "—"),
        (Decimal("Infinity"), "—"),
        (Decimal("1E+400"), "—"),
    ],
)
def test_yuan_are_shown_in_ten_thousands(yuan, text):
    assert wan(yuan) == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("short", "11-20 10:00"),
        ("date", "11月20日"),
        ("long", "11月20日 10:00"),
        ("full", "2026年11月20日 10:00"),
        ("day", "2026年11月20日"),
        ("no such form", "11-20 10:00"),
    ],
)
def test_a_moment_is_read_in_shanghai(form, text):
    assert shanghai(TEN_IN_SHANGHAI, form) == text


def test_an_evening_in_london_is_already_the_next_day_in_shanghai():
    assert shanghai(datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "full") == "2027年1月1日 00:00"


def test_a_deadline_at_midnight_belongs_to_the_day_before():
    assert shanghai(datetime(2026, 12, 5, 16, 0, tzinfo=UTC), "due") == "12月5日24时"


def test_a_deadline_one_minute_past_midnight_is_shown_as_it_is():
    assert shanghai(datetime(2026, 12, 5, 16, 1, tzinfo=UTC), "due") == "12月6日 00:01"


@pytest.mark.parametrize(
    ("day", "form", "text"),
    [
        (date(2026, 12, 5), "short", "12-05"),
        (date(2026, 12, 5), "long", "12月5日"),
        (date(2026, 12, 5), "full", "2026年12月5日"),
        (None, "short", "—"),
        ("昨天", "short", "昨天"),
    ],
)
def test_days_and_words_are_shown_without_a_clock(day, form, text):
    assert shanghai(day, form) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("13812341234", "138****1234"),
        ("021-64331234", "021****1234"),
        ("64331", "*****"),
        (None, ""),
        ("", ""),
    ],
)
def test_a_phone_number_keeps_its_ends_only(number, text):
    assert mask_phone(number) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("张三", "张*"),
        ("王小明", "王**"),
        ("阿卜杜勒·热合曼", "阿**"),
        ("李", "李"),
        (None, ""),
        (" 张三 ", "张*"),
    ],
)
def test_a_person_keeps_the_family_name_only(name, text):
    assert mask_name(name) == text


@pytest.mark.parametrize(
    ("yuan", "text"),
    [
        (Decimal("500000.00"), "500,000"),
        (Decimal("12345.67"), "12,345.67"),
        (Decimal("0.00"), "0"),
        (Decimal("0.001"), "<0.01"),
        (None, "—"),
    ],
)
def test_in_english_an_amount_is_in_yuan(yuan, text):
    with translation.override("en"):
        assert wan(yuan) == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("short", "11-20 10:00"),
        ("date", "20 Nov"),
        ("long", "20 Nov 10:00"),
        ("full", "20 Nov 2026 10:00"),
        ("day", "20 Nov 2026"),
        ("due", "20 Nov 10:00"),
    ],
)
def test_in_english_a_moment_names_its_month(form, text):
    with translation.override("en"):
        assert shanghai(TEN_IN_SHANGHAI, form) == text


def test_in_english_too_a_deadline_at_midnight_belongs_to_the_day_before():
    with translation.override("en"):
        assert shanghai(datetime(2026, 12, 5, 16, 0, tzinfo=UTC), "due") == "5 Dec 24:00"
