"""Weeks, months and quarters in Shanghai days."""

from datetime import date, datetime, timedelta

import pytest

from lending.dashboard.peers import Peers, peers
from lending.dashboard.period import Period, Weeks, named
from tests.factories import SHANGHAI


@pytest.mark.parametrize(
    ("name", "now", "first", "last"),
    [
        ("week", (2026, 11, 20, 10), date(2026, 11, 16), date(2026, 11, 22)),
        ("week", (2026, 11, 16, 0), date(2026, 11, 16), date(2026, 11, 22)),
        ("week", (2027, 1, 1, 12), date(2026, 12, 28), date(2027, 1, 3)),
        ("month", (2028, 2, 29, 23), date(2028, 2, 1), date(2028, 2, 29)),
        ("month", (2026, 12, 31, 23), date(2026, 12, 1), date(2026, 12, 31)),
        ("quarter", (2026, 11, 20, 10), date(2026, 10, 1), date(2026, 12, 31)),
        ("quarter", (2026, 2, 1, 0), date(2026, 1, 1), date(2026, 3, 31)),
        ("quarter", (2026, 6, 30, 23), date(2026, 4, 1), date(2026, 6, 30)),
        ("quarter", (2026, 7, 1, 0), date(2026, 7, 1), date(2026, 9, 30)),
        ("all", (2026, 11, 20, 10), None, None),
    ],
)
def test_a_named_period_runs_from_its_first_to_its_last_day(name, now, first, last):
    found = named(name, datetime(*now, tzinfo=SHANGHAI))
    assert (found.first, found.last) == (first, last)


def test_a_period_starts_and_ends_at_midnight_in_shanghai():
    period = Period(date(2026, 11, 1), date(2026, 11, 2), "")
    assert (period.starts_at, period.ends_at) == (
        datetime(2026, 11, 1, tzinfo=SHANGHAI), datetime(2026, 11, 3, tzinfo=SHANGHAI),
    )  # fmt: skip


def test_a_monday_morning_is_held_against_a_monday_morning():
    weeks = Weeks(datetime(2026, 11, 16, 9, 30, tzinfo=SHANGHAI))
    assert (weeks.this_from, weeks.last_to - weeks.last_from) == (
        datetime(2026, 11, 16, tzinfo=SHANGHAI), timedelta(hours=9, minutes=30),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rates", "days", "told"),
    [
        ([90.0] * 4, [3.0] * 4, Peers(None, None, None)),
        ([90.0, 80.0, 70.0, 60.0, 100.0], [3.0, 4.0, None, 5.0, 6.0], Peers(5, 80.0, None)),
        ([], [], Peers(None, None, None)),
    ],
)
def test_medians_stand_on_five_banks_at_least(rates, days, told):
    assert peers(rates, days) == told
