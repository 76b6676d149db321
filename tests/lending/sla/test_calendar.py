"""Deadline arithmetic by table, by property and at the boundary second."""

from datetime import date, datetime, timedelta
from functools import cache

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from lending.sla.calendar import (
    SHANGHAI,
    Calendar,
    Day,
    Rule,
    add,
    day_of,
    elapsed,
    end_of,
    last_day,
    with_rest_day,
)
from lending.sla.receipts import in_words, receipt, words_of
from lending.sla.reference import seeded_days

TABLE = [
    # pushed on, +15 calendar, the same rolled forward, 15 working days: contract.md, word by word
    ("2025-01-20", "2025-02-04", "2025-02-05", "2025-02-14"),
    ("2025-04-25", "2025-05-10", "2025-05-12", "2025-05-20"),
    ("2025-09-22", "2025-10-07", "2025-10-09", "2025-10-17"),
    ("2026-02-09", "2026-02-24", "2026-02-24", "2026-03-06"),
    ("2026-09-18", "2026-10-03", "2026-10-08", "2026-10-15"),
]


@cache
def known() -> Calendar:
    days = {row.day: Day(row.is_workday, row.name) for row in seeded_days()}
    return Calendar(dict.fromkeys({day.year for day in days}, 1), days)


def at(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=SHANGHAI)


starts = st.datetimes(datetime(2005, 1, 1), datetime(2024, 12, 31), timezones=st.just(SHANGHAI))
lengths = st.integers(1, 200)
calendar_days = lengths.map(Rule)
working_days = lengths.map(lambda n: Rule(n, is_working_days=True))
months = st.integers(1, 18).map(lambda n: Rule(n, "months"))
rolled = st.one_of(calendar_days, working_days, months).map(
    lambda rule: Rule(rule.length, rule.unit, rule.is_working_days, True)
)


@pytest.mark.parametrize(("pushed", "plain", "forward", "working"), TABLE)
def test_the_table_of_the_contract_holds(pushed, plain, forward, working):
    rules = Rule(15), Rule(15, is_rolled_forward=True), Rule(15, is_working_days=True)
    assert [add(at(pushed), rule, known()).last_on.isoformat() for rule in rules] == [plain, forward, working]


def test_the_due_instant_is_midnight_in_shanghai_after_the_last_day():
    due = add(at("2026-11-20"), Rule(15), known())
    assert (due.due_at.isoformat(), due.last_on.isoformat()) == ("2026-12-06T00:00:00+08:00", "2026-12-05")


@pytest.mark.parametrize(
    "said", ["2026-11-20T00:00:00+08:00", "2026-11-20T23:59:59+08:00", "2026-11-19T16:00:00+00:00"]
)
def test_the_whole_day_of_the_push_in_shanghai_is_not_counted(said):
    assert add(datetime.fromisoformat(said), Rule(15), known()).last_on == date(2026, 12, 5)


def test_a_push_one_second_after_midnight_belongs_to_the_next_day():
    assert add(datetime.fromisoformat("2026-11-20T16:00:00+00:00"), Rule(15), known()).last_on == date(
        2026, 12, 6
    )


@pytest.mark.parametrize(
    ("start", "length", "last"),
    [("2026-01-31", 1, "2026-02-28"), ("2024-01-31", 1, "2024-02-29"), ("2025-12-31", 2, "2026-02-28"),
     ("2026-11-20", 1, "2026-12-20"), ("2025-11-30", 3, "2026-02-28"), ("2025-03-31", 12, "2026-03-31")],
)  # fmt: skip
def test_a_month_ends_on_the_same_day_or_the_last_there_is(start, length, last):
    assert add(at(start), Rule(length, "months"), known()).last_on.isoformat() == last


@pytest.mark.parametrize(("rule", "years"), [
    (Rule(15), ()), (Rule(1, "months"), ()),  # no notice can move these, so nothing is provisional about them
    (Rule(15, is_working_days=True), (2027,)), (Rule(15, is_rolled_forward=True), (2027,)),
])  # fmt: skip
def test_what_depends_on_a_year_without_a_notice_is_provisional(rule, years):
    due = add(at("2026-12-21"), rule, known())
    assert (due.is_provisional, due.unknown_years) == (bool(years), years)


def test_a_clock_that_ends_within_the_known_years_is_not_provisional():
    assert add(at("2026-12-01"), Rule(15, is_working_days=True), known()).is_provisional is False


@given(starts, st.one_of(calendar_days, working_days, months))
def test_as_many_units_have_passed_as_were_added(start, rule):
    assert elapsed(start, add(start, rule, known()).due_at, rule, known()) == rule.length


@given(starts, st.one_of(calendar_days, working_days, months))
def test_one_second_earlier_the_last_unit_has_not_passed(start, rule):
    # the last second still belongs to the last day, the second before midnight of the day before does not
    due = add(start, rule, known())
    assert elapsed(start, end_of(due.last_on - timedelta(days=1)), rule, known()) == rule.length - 1


@given(starts, st.one_of(working_days, rolled), st.integers(1, 400))
def test_one_more_rest_day_never_makes_a_deadline_earlier(start, rule, ahead):
    day = day_of(start) + timedelta(days=ahead)
    assert add(start, rule, with_rest_day(known(), day)).due_at >= add(start, rule, known()).due_at


@given(starts, st.one_of(calendar_days, working_days, months, rolled), st.integers(0, 60))
def test_a_later_push_is_never_due_earlier(start, rule, later):
    assert add(start + timedelta(days=later), rule, known()).due_at >= add(start, rule, known()).due_at


@given(starts, rolled)
def test_what_is_rolled_forward_lands_on_a_working_day(start, rule):
    assert known().is_workday(add(start, rule, known()).last_on) is True


@given(starts, working_days)
def test_counted_and_excluded_days_together_fill_the_span(start, rule):
    due = add(start, rule, known())
    assert rule.length + len(due.excluded) == (due.last_on - day_of(start)).days


def test_the_last_day_of_an_exclusive_midnight_is_the_day_before():
    assert last_day(datetime(2026, 12, 5, 16, tzinfo=SHANGHAI).replace(hour=0) + timedelta(days=1)) == date(
        2026, 12, 5
    )


@pytest.mark.parametrize(("start", "rule", "words"), [
    ("2026-11-20", Rule(15), "11月20日推送,次日起算15个自然日,12月5日24时到期"),
    ("2026-11-20", Rule(1, "months"), "11月20日推送,次日起算1个月,12月20日24时到期"),
    ("2025-01-20", Rule(15, is_working_days=True),
     "1月20日推送,次日起算15个工作日(其间休息日10天不计),2月14日24时到期"),
    ("2026-09-18", Rule(15, is_rolled_forward=True),
     "9月18日推送,次日起算15个自然日,末日10月3日为国庆节,顺延至次一工作日,10月8日24时到期"),
    ("2026-12-25", Rule(10, is_working_days=True),
     "12月25日推送,次日起算10个工作日(其间休息日4天不计),2027年1月8日24时到期(2027年放假安排未公布,暂按周末推算)"),
])  # fmt: skip
def test_the_receipt_says_in_words_how_it_came_about(start, rule, words):
    assert in_words(at(start), rule, known(), add(at(start), rule, known())) == words


@pytest.mark.parametrize(("start", "rule", "words"), [
    ("2026-11-20", Rule(15), "Sent 20 Nov; 15 calendar days counted from the day after; due 5 Dec 2026 24:00"),
    ("2026-11-20", Rule(1, "months"), "Sent 20 Nov; 1 month counted from the day after; due 20 Dec 2026 24:00"),
    ("2026-09-18", Rule(15, is_rolled_forward=True),
     "Sent 18 Sep; 15 calendar days counted from the day after; 3 Oct is a rest day, so moved to the next working day;"
     " due 8 Oct 2026 24:00"),
    ("2026-12-25", Rule(10, is_working_days=True),
     "Sent 25 Dec; 10 working days counted from the day after, leaving out 4 rest days; due 8 Jan 2027 24:00"
     " (holidays of 2027 not announced yet, weekends assumed)"),
])  # fmt: skip
def test_an_english_page_says_the_same_receipt_from_its_figures(start, rule, words):
    told = receipt(at(start), rule, known(), add(at(start), rule, known()), policy={"id": 1})
    assert words_of(told) == told["words"]
    with translation.override("en"):
        assert words_of(told) == words


def test_the_receipt_names_every_day_that_was_not_counted():
    rule = Rule(3, is_working_days=True)
    told = receipt(at("2026-09-24"), rule, known(), add(at("2026-09-24"), rule, known()), policy={"id": 1})
    assert [(d["day"], d["name"]) for d in told["excluded"]] == [
        ("2026-09-25", "中秋"), ("2026-09-26", "中秋"), ("2026-09-27", "中秋"),
    ]  # fmt: skip
    assert (told["calendar"], told["due_on"], told["provisional"]) == ({"2026": 1}, "2026-09-30", False)
