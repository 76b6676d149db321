"""On time, late, due soon: to the second, and against a recount."""

from datetime import date, datetime, timedelta

import pytest

from lending.dashboard.clocks import Clocks, clocks, due_by_day
from lending.dashboard.declines import decline_reasons
from lending.dashboard.period import Period
from lending.dashboard.scope import Scope
from lending.dashboard.terms import Terms, terms_by_bank
from lending.models import Deadline
from tests import factories as make
from tests.factories import NOW, SHANGHAI
from tests.lending.dashboard import making

pytestmark = pytest.mark.django_db
ALL = Scope(Period())
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
DUE = datetime(2026, 11, 24, tzinfo=SHANGHAI)  # the end of 23 November


def pushed(cast, *, due_at=DUE, bank=None, at=NOW - 10 * DAY, **facts):
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, at=at, stage="with_bank")
    return making.push(case, bank=bank or cast.first_bank, by=cast.panel, at=at, due_at=due_at, **facts)


def everyone(scope=ALL, now=NOW):
    return clocks(scope, now=now).total


@pytest.mark.parametrize(("now", "overdue"), [(DUE - SECOND, 0), (DUE, 1), (DUE + SECOND, 1)])
def test_a_clock_is_overdue_from_its_exclusive_end_on(cast, now, overdue):
    pushed(cast)
    assert (everyone(now=now).open, everyone(now=now).overdue) == (1, overdue)


@pytest.mark.parametrize(("decided_at", "on_time"), [(DUE - SECOND, 1), (DUE, 0)])
def test_the_last_second_is_on_time_and_the_next_is_late(cast, decided_at, on_time):
    making.decide(pushed(cast), "declined", by=cast.bank, at=decided_at)
    found = everyone(now=DUE + DAY)
    assert (found.due, found.on_time, found.late) == (1, on_time, 1 - on_time)


def test_undecided_past_due_counts_as_late_undecided_before_due_counts_not_at_all(cast):
    pushed(cast, due_at=NOW - DAY)
    pushed(cast, due_at=NOW + DAY)
    making.decide(pushed(cast), "approved", by=cast.bank, at=NOW)
    found = everyone()
    assert (found.open, found.due, found.on_time, found.on_time_pct) == (2, 2, 1, 50.0)


def test_a_cancelled_clock_is_in_no_rate(cast):
    row = pushed(cast, due_at=NOW - DAY)
    Deadline.objects.filter(pk=row.deadline_id).update(state="cancelled", stopped_at=NOW)
    assert everyone() == Clocks()


def test_a_deadline_at_midnight_belongs_to_the_period_of_the_day_before(cast):
    making.decide(pushed(cast), "declined", by=cast.bank, at=NOW)
    the_23rd, the_24th = date(2026, 11, 23), date(2026, 11, 24)
    assert everyone(Scope(Period(the_23rd, the_23rd, ""))).due == 1
    assert everyone(Scope(Period(the_24th, the_24th, ""))).due == 0


def test_due_soon_reaches_to_the_end_of_the_third_day_after_today(cast):
    for due_at in (DUE, DUE + SECOND, DUE - 3 * DAY):
        pushed(cast, due_at=due_at)
    assert everyone(now=datetime(2026, 11, 20, 23, 59, tzinfo=SHANGHAI)).due_soon == 2


def test_due_by_day_counts_today_and_fourteen_days_and_what_is_late_apart(cast):
    for due_at in (NOW - DAY, NOW, DUE, DUE, datetime(2026, 12, 5, tzinfo=SHANGHAI), datetime(2026, 12, 5, 0, 0, 1, tzinfo=SHANGHAI)):  # fmt: skip
        pushed(cast, due_at=due_at)
    overdue, days = due_by_day(ALL, now=NOW)
    assert overdue == 2
    assert {day: count for day, count in days.items() if count} == {
        date(2026, 11, 23): 2,
        date(2026, 12, 4): 1,
    }
    assert (len(days), min(days), max(days)) == (15, date(2026, 11, 20), date(2026, 12, 4))


def test_the_median_is_of_days_from_push_to_decision(cast):
    for days in (2, 4, 9):
        making.decide(
            pushed(cast, at=NOW - 10 * DAY), "approved", by=cast.bank, at=NOW - 10 * DAY + days * DAY
        )
    assert everyone().median_days == 4.0


def test_banks_and_their_terms_are_counted_apart(cast):
    for yuan, rate, guarantee in (("100000.00", "3.00", "credit"), ("300000.00", "5.00", "mortgage")):
        made = making.decide(
            pushed(cast), "approved", by=cast.bank, at=NOW, guarantee=guarantee, is_first_loan=True
        )
        making.pay(made, by=cast.bank, at=NOW, yuan=yuan, rate=rate)
    making.decide(pushed(cast), "declined", by=cast.bank, at=NOW)
    making.decide(pushed(cast, bank=cast.other_bank), "declined", by=cast.bank_other, at=NOW)
    found = terms_by_bank(ALL, now=NOW)
    assert found[cast.first_bank.pk] == Terms(3, 2, 2, weighted_rate_pct=4.5, unsecured_pct=25.0)
    assert found[cast.other_bank.pk] == Terms(1, 0, 0, None, None)
    assert (found[None].decided, found[None].granted_pct) == (4, 50.0)


def test_reasons_count_decisions_in_force_and_what_became_of_their_cases(cast):
    corrected = making.decide(pushed(cast), "declined", by=cast.bank, at=NOW, reason="R01")
    making.decide(
        corrected.recommendation, "declined", by=cast.bankhead, at=NOW, reason="R03", corrects=corrected
    )
    row = pushed(cast)
    making.decide(row, "declined", by=cast.bank, at=NOW, reason="R03")
    again = making.push(row.case, bank=cast.other_bank, by=cast.panel, at=NOW)
    making.decide(again, "approved", by=cast.bank_other, at=NOW)
    making.decide(pushed(cast), "declined", by=cast.bank, at=NOW, reason="R18")
    told = [(r.code, r.count, r.later_granted, r.share_pct) for r in decline_reasons(ALL, now=NOW)]
    assert told == [("R03", 2, 1, 66.7), ("R18", 1, 0, 33.3)]
