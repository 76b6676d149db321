"""What suspended days do to a deadline: they add exactly their length, and nothing falls due among them."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from lending.sla.calendar import (
    SHANGHAI,
    Calendar,
    Rule,
    Suspended,
    add,
    day_of,
    elapsed,
    end_of,
    with_rest_day,
)
from lending.sla.receipts import receipt, words_of
from tests.lending.sla.test_calendar import (
    at,
    calendar_days,
    known,
    months,
    rolled,
    starts,
    working_days,
)

DAY = timedelta(days=1)
PLAIN = st.one_of(calendar_days, working_days, months)
FRIDAY = "2026-06-05"  # no holiday near: the weekends are 6/7 and 13/14 June
# how far into the clock each suspension begins, in thousandths of what is left, and how long it is
SHARE = st.one_of(st.integers(0, 1000), st.just(1000))
ASKED = st.lists(st.tuples(SHARE, st.integers(0, 40)), max_size=4)


def suspended(after: str, days: int) -> Suspended:
    return Suspended(date.fromisoformat(after), date.fromisoformat(after) + DAY * days)


def granted(start: datetime, rule: Rule, asked: list[tuple[int, int]]) -> list[Suspended]:
    """As a panel could grant them: one after another, each while the clock runs, the last day included."""
    made: list[Suspended] = []
    for share, days in asked:
        earliest = made[-1].until if made else day_of(start)
        left = (add(start, rule, known(), made).last_on - earliest).days
        after = earliest + DAY * (left * share // 1000)
        made.append(Suspended(after, after + DAY * days))
    return made


def by_walking(start: datetime, rule: Rule, calendar: Calendar, left_out: list[Suspended]) -> date:
    """The same by the definition, a day at a time, and no other way."""
    gone = {one.after + DAY * n for one in left_out for n in range(1, one.days + 1)}
    if rule.unit == "months":
        rule = Rule((add(start, Rule(rule.length, "months"), calendar).last_on - day_of(start)).days,
                    is_rolled_forward=rule.is_rolled_forward)  # fmt: skip
    day, counted = day_of(start), 0
    while True:
        day += DAY
        is_open = day not in gone
        if is_open and counted < rule.length:
            counted += calendar.is_workday(day) or not rule.is_working_days
        is_landed = is_open and (calendar.is_workday(day) or not rule.is_rolled_forward)
        if counted == rule.length and (is_landed or (not gone and not rule.is_rolled_forward)):
            break
    while True:
        if rule.is_rolled_forward and not calendar.is_workday(day):
            day += DAY
            while day in gone:
                day += DAY
        elif day + DAY in gone:
            day = next(one.until for one in left_out if one.after <= day < one.until)
        else:
            return day


@given(starts, st.one_of(PLAIN, rolled), ASKED)
def test_the_end_is_the_one_found_by_walking(start, rule, asked):
    left_out = granted(start, rule, asked)
    assert add(start, rule, known(), left_out).last_on == by_walking(start, rule, known(), left_out)


@given(starts, st.one_of(calendar_days, months), ASKED)
def test_a_suspension_adds_exactly_its_length(start, rule, asked):
    left_out = granted(start, rule, asked)
    moved = add(start, rule, known(), left_out).last_on - add(start, rule, known()).last_on
    assert moved.days == sum(one.days for one in left_out)


@given(starts, working_days, ASKED)
def test_of_working_days_it_adds_as_many_as_it_takes(start, rule, asked):
    left_out = granted(start, rule, asked)
    before, after = (end_of(add(start, rule, known(), some).last_on) for some in ((), left_out))
    taken = sum(known().is_workday(one.after + DAY * n) for one in left_out for n in range(1, one.days + 1))
    assert elapsed(before - DAY, after, rule, known()) == taken


@given(starts, rolled, ASKED)
def test_rolled_forward_a_deadline_is_never_due_on_a_rest_day_or_earlier_than_without(start, rule, asked):
    left_out = granted(start, rule, asked)
    computed = add(start, rule, known(), left_out)
    plain = add(start, Rule(rule.length, rule.unit, rule.is_working_days), known(), left_out)
    assert (known().is_workday(computed.last_on), computed.last_on >= plain.last_on) == (True, True)


@given(starts, PLAIN, ASKED)
def test_as_many_units_have_passed_as_were_added_whatever_was_suspended(start, rule, asked):
    left_out = granted(start, rule, asked)
    due_at = add(start, rule, known(), left_out).due_at
    assert elapsed(start, due_at, rule, known(), left_out) == rule.length


@given(starts, st.one_of(PLAIN, rolled), ASKED, st.integers(1, 400))
def test_one_more_rest_day_never_makes_a_suspended_deadline_earlier(start, rule, asked, ahead):
    left_out = granted(start, rule, asked)
    longer = with_rest_day(known(), day_of(start) + DAY * ahead)
    assert add(start, rule, longer, left_out).due_at >= add(start, rule, known(), left_out).due_at


@given(starts, st.one_of(PLAIN, rolled), ASKED)
def test_nothing_falls_due_inside_a_suspension(start, rule, asked):
    left_out = granted(start, rule, asked)
    last_on = add(start, rule, known(), left_out).last_on
    assert [one for one in left_out if one.after < last_on < one.until] == []


@given(starts, st.one_of(PLAIN, rolled), SHARE, st.integers(1, 40), st.data())
def test_ending_a_suspension_earlier_never_makes_a_deadline_later(start, rule, share, days, data):
    (planned,) = granted(start, rule, [(share, days)])
    ended = planned._replace(until=planned.after + DAY * data.draw(st.integers(0, days)))
    assert add(start, rule, known(), [ended]).due_at <= add(start, rule, known(), [planned]).due_at


@given(starts, working_days, ASKED)
def test_counted_excluded_and_suspended_days_together_fill_the_span(start, rule, asked):
    computed = add(start, rule, known(), granted(start, rule, asked))
    span = (computed.last_on - day_of(start)).days
    assert rule.length + len(computed.excluded) + computed.suspended_days == span


@pytest.mark.parametrize(("rule", "after", "days", "last"), [
    (Rule(15), "2026-11-25", 3, "2026-12-08"),
    (Rule(15), "2026-11-20", 3, "2026-12-08"),  # asked for on the day of the push
    (Rule(15), "2026-12-05", 3, "2026-12-08"),  # on the last day: due at its own end, nothing is left to count
    (Rule(15), "2026-12-05", 0, "2026-12-05"),  # ended on the day it began
    (Rule(15), "2026-11-19", 3, "2026-12-07"),  # what lies before the clock is nothing to it
    (Rule(15), "2026-11-01", 3, "2026-12-05"),
    (Rule(1, "months"), "2026-12-20", 2, "2026-12-22"),
])  # fmt: skip
def test_pushed_on_20_november_and_suspended(rule, after, days, last):
    computed = add(at("2026-11-20"), rule, known(), [suspended(after, days)])
    assert computed.last_on.isoformat() == last


@pytest.mark.parametrize(("rule", "pauses", "chinese", "english"), [
    (Rule(15), [suspended("2026-11-25", 3)],
     "11月20日推送,次日起算15个自然日(11月26日至11月28日补件暂停3天不计),12月8日24时到期",
     "Sent 20 Nov; 15 calendar days counted from the day after; 3 days suspended for missing papers"
     " (26 Nov to 28 Nov); due 8 Dec 2026 24:00"),
    (Rule(5, is_working_days=True), [suspended("2026-11-24", 1), suspended("2026-11-26", 2)],
     "11月20日推送,次日起算5个工作日(其间休息日3天不计;11月25日、11月27日至11月28日补件暂停3天不计),12月1日24时到期",
     "Sent 20 Nov; 5 working days counted from the day after, leaving out 3 rest days; 3 days suspended for missing"
     " papers (25 Nov, 27 Nov to 28 Nov); due 1 Dec 2026 24:00"),
    (Rule(15), [suspended("2026-11-25", 0)],
     "11月20日推送,次日起算15个自然日,12月5日24时到期",
     "Sent 20 Nov; 15 calendar days counted from the day after; due 5 Dec 2026 24:00"),
    (Rule(1, "months"), [suspended("2026-12-20", 13)],
     "11月20日推送,次日起算1个月(12月21日至2027年1月2日补件暂停13天不计),2027年1月2日24时到期",
     "Sent 20 Nov; 1 month counted from the day after; 13 days suspended for missing papers (21 Dec to 2 Jan);"
     " due 2 Jan 2027 24:00"),
])  # fmt: skip
def test_the_receipt_says_which_days_were_suspended(rule, pauses, chinese, english):
    start = at("2026-11-20")
    told = receipt(start, rule, known(), add(start, rule, known(), pauses), policy={"id": 1})
    with translation.override("en"):
        assert (told["words"], words_of(told)) == (chinese, english)


def test_a_receipt_from_before_there_were_suspensions_is_read_as_ever():
    start = at("2026-11-20")
    told = receipt(start, Rule(15), known(), add(start, Rule(15), known()), policy={"id": 1})
    told.pop("suspensions")
    with translation.override("en"):
        assert (
            words_of(told) == "Sent 20 Nov; 15 calendar days counted from the day after; due 5 Dec 2026 24:00"
        )


def test_a_clamped_month_is_clamped_before_the_suspension_is_added():
    computed = add(at("2026-01-31"), Rule(1, "months"), known(), [suspended("2026-02-10", 1)])
    assert computed.last_on == date(2026, 3, 1)


def test_a_holiday_inside_a_suspension_is_left_out_once():
    """1 to 7 October 2026 rest; 30 September to 3 October suspended."""
    computed = add(at("2026-09-24"), Rule(5, is_working_days=True), known(), [suspended("2026-09-29", 4)])
    assert ([day.isoformat() for day in computed.excluded], computed.suspended_days, computed.last_on) == (
        ["2026-09-25", "2026-09-26", "2026-09-27", "2026-10-04", "2026-10-05", "2026-10-06", "2026-10-07"],
        4, date(2026, 10, 10),
    )  # fmt: skip


@pytest.mark.parametrize(("after", "days", "last"), [
    ("2026-06-05", 1, "2026-06-08"),  # one day of the weekend: the last counted day is the Sunday, Monday stays
    ("2026-06-05", 2, "2026-06-08"),
    ("2026-06-06", 3, "2026-06-10"),  # granted on the Saturday that was rolled away from: the Monday is given back
    ("2026-06-07", 3, "2026-06-11"),
    ("2026-06-08", 3, "2026-06-11"),  # on the Monday itself
    ("2026-06-08", 5, "2026-06-15"),  # ends on a Saturday
])  # fmt: skip
def test_a_rolled_last_day_is_not_lost_to_a_suspension(after, days, last):
    """Due on Saturday 6 June, rolled to Monday the 8th."""
    rule = Rule(8, is_rolled_forward=True)
    assert add(at("2026-05-29"), rule, known()).last_on.isoformat() == "2026-06-08"
    assert add(at("2026-05-29"), rule, known(), [suspended(after, days)]).last_on.isoformat() == last


def test_granted_on_a_last_day_that_works_nothing_is_left_to_roll():
    rule = Rule(7, is_rolled_forward=True)  # Friday 5 June
    assert add(at("2026-05-29"), rule, known(), [suspended("2026-06-05", 3)]).last_on == date(2026, 6, 8)


def test_a_monday_that_a_suspension_was_rolled_to_is_not_lost_to_the_next():
    """Due on Friday, suspended over the Saturday, so due on Monday; suspended again on Sunday, for two days."""
    rule = Rule(7, is_rolled_forward=True)
    twice = [suspended("2026-06-05", 1), suspended("2026-06-07", 2)]
    assert add(at("2026-05-29"), rule, known(), twice).last_on == date(2026, 6, 10)


def test_a_suspension_outlives_a_correction_that_would_have_ended_the_clock_before_it():
    """Granted on Monday while Friday was a rest day; now Friday works, and the clock had run out on it."""
    granted_then = [suspended("2026-06-08", 3)]
    assert add(at("2026-06-03"), Rule(2, is_working_days=True), known(), granted_then).last_on == date(
        2026, 6, 11
    )


def test_the_order_and_overlap_of_suspensions_do_not_matter():
    some = [suspended("2026-12-01", 2), suspended("2026-11-24", 3), suspended("2026-11-25", 3)]
    assert add(at("2026-11-20"), Rule(15), known(), some).last_on == date(2026, 12, 11)


def test_suspended_days_ask_no_notice():
    """Only 30 and 31 December are counted; the year of the suspended days in between is not looked at."""
    computed = add(at("2026-12-29"), Rule(2, is_working_days=True), known(), [suspended("2026-12-31", 5)])
    assert (computed.last_on, computed.is_provisional) == (date(2027, 1, 5), False)


@pytest.mark.parametrize(("until", "days"), [
    ("2026-11-24", 4), ("2026-11-25", 5), ("2026-11-26", 5), ("2026-11-28", 5), ("2026-11-29", 6),
])  # fmt: skip
def test_net_days_stand_still_while_suspended(until, days):
    end = end_of(date.fromisoformat(until))
    assert elapsed(at("2026-11-20"), end, Rule(15), known(), [suspended("2026-11-25", 3)]) == days


def test_the_second_at_midnight_in_shanghai_is_the_first_that_a_suspension_spares():
    start = datetime(2026, 11, 20, 10, tzinfo=SHANGHAI)
    computed = add(start, Rule(15), known(), [suspended("2026-12-05", 1)])
    assert computed.due_at.isoformat() == "2026-12-07T00:00:00+08:00"
