"""Two months of clocks with everything that may befall one, for figures that are counted again by other means."""

import random
from datetime import datetime, timedelta

import pytest

from lending.models import Deadline, Suspension
from lending.sla.calendar import day_of, end_of
from tests import factories as make
from tests.factories import NOW
from tests.lending.dashboard import making
from tests.lending.dashboard.making import DAY

COUNT = 90


@pytest.fixture
def places(cast):
    return [cast.xuhui, cast.pudong], [cast.first_bank, cast.other_bank]


@pytest.fixture
def history(cast, places):
    """Clocks of two months: restarted at the receipt, suspended, answered on any day and corrected later, cancelled."""
    dice = random.Random(20261120)
    for number in range(COUNT):
        pushed_at = NOW - dice.randint(0, 60) * DAY - timedelta(minutes=dice.randint(0, 1439))
        district, bank = (dice.choice(rows) for rows in places)
        case = making.case(make.business(at=district), by=cast.officer, at=pushed_at, stage="with_bank")
        restarted = dice.choice([0, 0, 0, 2, 5])
        row = making.push(
            case,
            bank=bank,
            by=cast.panel,
            at=pushed_at,
            due_at=end_of(day_of(pushed_at) + (15 + restarted) * DAY),
        )
        suspended = _suspend(row.deadline, cast, dice) if number % 2 == 0 else None
        _end(row, cast, dice, suspended, is_cancelled=number % 11 == 0)
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, at=NOW - 5 * DAY, stage="with_bank")
    paused = making.push(case, bank=cast.first_bank, by=cast.panel, at=NOW - 5 * DAY)
    _grant(paused.deadline, cast, NOW - 2 * DAY, 4)  # to this day


def _suspend(clock: Deadline, cast, dice) -> Suspension | None:
    """Asked, refused or granted a few days after the push, if that has come."""
    asked_at = clock.started_at + dice.randint(1, 14) * DAY
    if asked_at > NOW:
        return None
    if dice.random() < 0.3:
        _asked(clock, cast, asked_at, state="refused").save()
        return None
    return _grant(clock, cast, asked_at, dice.randint(1, 9))


def _asked(clock: Deadline, cast, at: datetime, **facts) -> Suspension:
    return Suspension(
        deadline=clock, papers="近六个月流水", reason="材料不全", asked_days=6, asked_at=at, asked_by=cast.bank,
        decided_at=at, decided_by=cast.panel, **facts,
    )  # fmt: skip


def _grant(clock: Deadline, cast, asked_at: datetime, days: int) -> Suspension:
    row = _asked(clock, cast, asked_at)
    row.from_on, row.until_on = day_of(asked_at), day_of(asked_at) + days * DAY
    row.state, row.ended_at = (
        ("granted", None) if row.until_on >= day_of(NOW) else ("ended", end_of(row.until_on))
    )
    row.save()
    clock.due_at, clock.suspended_days = clock.due_at + days * DAY, days
    clock.suspended_until = end_of(row.until_on)
    clock.save()
    return row


def _end(row, cast, dice, suspended, *, is_cancelled: bool) -> None:
    at = row.pushed_at + timedelta(
        days=dice.choice([2, 6, 9, 13, 15, 15, 16, 20, 26]), hours=dice.randint(-9, 9)
    )
    if at >= NOW:
        return
    if suspended and suspended.until_on > day_of(at):  # a decision ends it that day
        suspended.until_on, suspended.ended_at, suspended.state = (
            max(suspended.from_on, day_of(at)),
            at,
            "ended",
        )
        suspended.save()
    if is_cancelled:
        Deadline.objects.filter(pk=row.deadline_id).update(state="cancelled", stopped_at=at)
        return
    first = making.decide(row, dice.choice(["approved", "declined"]), by=cast.bank, at=at)
    if dice.random() < 0.3:
        making.decide(row, "declined", by=cast.bankhead, at=min(NOW, at + 9 * DAY), corrects=first)
