"""Figures of a clock that the services themselves suspended, restarted and stopped, counted again over the raw tables."""

from datetime import datetime

import pytest

from lending.bank_decision import deciding, services
from lending.dashboard.clocks import clocks
from lending.dashboard.period import Period
from lending.dashboard.scope import Scope
from lending.models import DeadlinePolicy
from lending.sla import suspending
from tests.factories import SHANGHAI
from tests.lending.bank_decision import stage
from tests.lending.bank_decision.stage import declined
from tests.lending.dashboard import test_recount

pytestmark = pytest.mark.django_db


def on(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _as_of_the_last_day(monkeypatch):
    monkeypatch.setattr(test_recount, "NOW", on(30))


def paused(row, cast, *, day: int, days: int) -> None:
    asked = suspending.ask(
        deadline=row.deadline, papers="近六个月流水", reason="缺两个月", days=days, by=cast.bank, now=on(day)
    )
    suspending.answer(suspension=asked, is_granted=True, by=cast.panel, now=on(day, 15))


def told() -> dict:
    found = test_recount.figures_of(clocks(Scope(Period()), now=on(30)).total)
    assert found == test_recount.recount(Period())
    return found


def test_an_answer_during_a_suspension_leaves_out_the_days_until_then(cast):
    """Pushed on the 2nd, suspended after the 5th for six days, answered on the 9th: seven days, four of them suspended."""
    row = stage.push(cast, at=on(2))
    paused(row, cast, day=5, days=6)
    deciding.decide(recommendation=row, answer=declined(decided_on=on(9).date()), by=cast.bank, now=on(9))
    found = told()
    assert (found["gross_p50_days"], found["net_p50_days"], found["on_time"], found["open"]) == (7, 3, 1, 0)


def test_the_last_day_is_the_one_that_the_suspension_moved_it_to(cast):
    """15 days from the 2nd are the 17th; five suspended days make it the 22nd."""
    row = stage.push(cast, at=on(2))
    paused(row, cast, day=5, days=5)
    deciding.decide(
        recommendation=row, answer=declined(decided_on=on(22).date()), by=cast.bank, now=on(22, 23)
    )
    found = told()
    assert (found["on_time"], found["last_day"], found["gross_p90_days"], found["net_p90_days"]) == (
        1,
        1,
        20,
        15,
    )


def test_a_clock_that_is_paused_now_is_open_and_owes_nothing(cast):
    row = stage.push(cast, at=on(20))
    paused(row, cast, day=28, days=5)
    found = told()
    assert (found["open"], found["paused"], found["due"], found["gross_p50_days"]) == (1, 1, 0, None)


def test_days_before_a_restart_at_complete_papers_are_left_out_too(cast):
    """Suspended after the 5th until the papers are complete on the 9th, where the clock starts anew."""
    DeadlinePolicy.objects.filter(kind="bank_decision").update(starts_at="complete")
    row = stage.push(cast, at=on(2))
    paused(row, cast, day=5, days=6)
    services.complete_documents(recommendation=row, by=cast.bank, now=on(9))
    deciding.decide(
        recommendation=row, answer=declined(decided_on=on(24).date()), by=cast.bank, now=on(24, 23)
    )
    found = told()
    assert (found["on_time"], found["last_day"], found["gross_p50_days"], found["net_p50_days"]) == (
        1,
        1,
        22,
        18,
    )
