"""无法联系 is made of days on which somebody tried, not of days somebody typed."""

from datetime import timedelta

import pytest

from accounts.errors import Invalid
from lending.errors import DecisionInvalid
from lending.models import ContactAttempt
from tests.factories import NOW
from tests.lending.bank_decision import stage
from tests.lending.bank_decision.test_deciding import contact, decide

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOON = NOW + 5 * DAY


def unreachable(pushed, cast, now):
    return decide(pushed, stage.Answer(outcome="unreachable", decided_on=now.date()), cast.bank, now=now)


def test_three_days_typed_in_one_sitting_count_as_one(cast):
    pushed = stage.push(cast)
    for day in (1, 2, 3):
        contact(pushed, cast.bank, at=NOON - day * DAY, is_reached=False, now=NOON)
    with pytest.raises(DecisionInvalid) as refused:
        unreachable(pushed, cast, NOON)
    assert list(refused.value.fields) == ["outcome"]


def test_one_day_typed_on_three_days_counts_as_one(cast):
    pushed = stage.push(cast)
    for day in range(3):
        contact(pushed, cast.bank, at=NOON, is_reached=False, now=NOON + day * DAY)
    with pytest.raises(DecisionInvalid):
        unreachable(pushed, cast, NOON + 2 * DAY)


def test_three_evenings_noted_the_next_morning_are_three_days(cast):
    pushed = stage.push(cast)
    for day in range(3):
        contact(pushed, cast.bank, at=NOON + (day - 0.5) * DAY, is_reached=False, now=NOON + day * DAY)
    assert unreachable(pushed, cast, NOON + 2 * DAY).outcome == "unreachable"


def test_what_was_said_and_when_it_was_said_are_both_kept(cast):
    pushed = stage.push(cast)
    contact(pushed, cast.bank, at=NOON - DAY, now=NOON)
    assert ContactAttempt.objects.values_list("at", "recorded_at").get() == (NOON - DAY, NOON)


def test_a_contact_is_noted_within_seven_days(cast):
    pushed, now = stage.push(cast), NOW + 10 * DAY
    contact(pushed, cast.bank, at=now - 7 * DAY, now=now)
    with pytest.raises(Invalid) as refused:
        contact(pushed, cast.bank, at=now - 7 * DAY - timedelta(seconds=1), now=now)
    assert (list(refused.value.fields), ContactAttempt.objects.count()) == (["at"], 1)
