"""The deadline chip: its words and colours at the boundary second."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import translation

from lending.sla.calendar import SHANGHAI
from lending.sla.chips import chip, days_left

DUE = datetime(2026, 12, 6, tzinfo=SHANGHAI)  # shown as 12月5日24时
SECOND = timedelta(seconds=1)


def clock(**changes):
    facts = {
        "due_at": DUE,
        "state": "running",
        "stopped_at": None,
        "is_provisional": False,
        "receipt": {"words": "…"},
        "suspended_until": None,
    }
    return SimpleNamespace(**facts | changes)


@pytest.mark.parametrize(("now", "left", "state", "label"), [
    (datetime(2026, 11, 20, 10, tzinfo=SHANGHAI), 15, "running", "剩 15 天"),
    (datetime(2026, 12, 1, 23, 59, 59, tzinfo=SHANGHAI), 4, "running", "剩 4 天"),
    (datetime(2026, 12, 2, 0, 0, tzinfo=SHANGHAI), 3, "due_soon", "剩 3 天"),
    (datetime(2026, 12, 4, 23, 59, 59, tzinfo=SHANGHAI), 1, "due_soon", "剩 1 天"),
    (datetime(2026, 12, 5, 0, 0, tzinfo=SHANGHAI), 0, "today", "今天到期"),
    (DUE - SECOND, 0, "today", "今天到期"),
    (DUE, -1, "overdue", "超期 1 天"),
    (DUE + timedelta(days=1) - SECOND, -1, "overdue", "超期 1 天"),
    (DUE + timedelta(days=1), -2, "overdue", "超期 2 天"),
])  # fmt: skip
def test_the_chip_counts_whole_days_of_shanghai(now, left, state, label):
    shown = chip(clock(), now)
    assert (days_left(DUE, now), shown.days_left, shown.state, shown.label) == (left, left, state, label)


@pytest.mark.parametrize(
    ("days", "label"),
    [(3, "2 days left"), (2, "1 day left"), (1, "Due today"), (0, "1 day overdue"), (-1, "2 days overdue")],
)
def test_one_day_is_one_day_in_english(days, label):
    with translation.override("en"):
        assert chip(clock(), DUE - timedelta(days=days)).label == label


def test_the_day_is_shanghais_even_when_the_server_thinks_in_utc():
    now = datetime.fromisoformat("2026-12-04T16:00:00+00:00")  # midnight in Shanghai: the 5th has begun
    assert chip(clock(), now).label == "今天到期"


@pytest.mark.parametrize(("state", "stopped_at", "label"), [
    ("met", DUE - SECOND, "按期办结"), ("met_late", DUE, "超期 1 天办结"),
    ("met_late", DUE + timedelta(days=2), "超期 3 天办结"), ("cancelled", DUE, "终止计时"),
])  # fmt: skip
def test_a_stopped_clock_says_how_it_ended(state, stopped_at, label):
    shown = chip(clock(state=state, stopped_at=stopped_at), DUE + timedelta(days=9))
    assert (shown.state, shown.label, shown.days_left) == (state, label, None)


@pytest.mark.parametrize(("now", "state", "label"), [
    (DUE - timedelta(days=3) - SECOND, "paused", "暂停中"),
    (DUE - timedelta(days=3), "due_soon", "剩 2 天"),
])  # fmt: skip
def test_a_suspended_clock_is_paused_to_the_last_second_of_its_suspension(now, state, label):
    """Whether or not the sweep has put an end to it yet."""
    shown = chip(clock(suspended_until=DUE - timedelta(days=3)), now)
    assert (shown.state, shown.label) == (state, label)


@pytest.mark.parametrize(("now", "label"), [
    (datetime(2026, 11, 25, 23, 59, 59, tzinfo=SHANGHAI), "明日起暂停"),
    (datetime(2026, 11, 26, tzinfo=SHANGHAI), "暂停中"),
])  # fmt: skip
def test_on_the_day_of_the_consent_the_suspension_begins_tomorrow(now, label):
    receipt = {"words": "…", "suspensions": [{"after": "2026-11-25", "until": "2026-11-28", "days": 3}]}
    shown = chip(clock(receipt=receipt, suspended_until=datetime(2026, 11, 29, tzinfo=SHANGHAI)), now)
    assert (shown.state, shown.label) == ("paused", label)


@pytest.mark.parametrize(("now", "state"), [(DUE - SECOND, "paused"), (DUE, "overdue")])
def test_suspended_on_its_last_day_a_clock_is_late_when_the_suspension_is_over(now, state):
    assert chip(clock(suspended_until=DUE), now).state == state


def test_a_clock_that_was_decided_while_suspended_is_met_and_not_paused():
    stopped = clock(state="met", stopped_at=DUE - 2 * SECOND, suspended_until=DUE)
    assert chip(stopped, DUE - SECOND).state == "met"


def test_a_provisional_clock_says_so_and_shows_its_receipt():
    shown = chip(clock(is_provisional=True, receipt={"words": "2027年未公布"}), DUE - SECOND)
    assert (shown.is_provisional, shown.receipt) == (True, "2027年未公布")


def test_without_a_clock_there_is_no_chip():
    assert chip(None, DUE) is None
