"""Starting and stopping clocks, and which policy rules them."""

from datetime import date, timedelta

import pytest

from lending.models import Deadline, DeadlinePolicy
from lending.sla import services as sla
from lending.sla.errors import NoPolicy
from lending.sla.kinds import DeadlineKind
from lending.sla.queries import due_soon, on_time, overdue, policy_in_force
from tests.factories import NOW
from tests.lending.sla import making
from visits.models import BusinessList, ListMembership

pytestmark = pytest.mark.django_db
BANK = DeadlineKind.BANK_DECISION
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def policy(length=20, since=date(2026, 1, 1), **facts):
    return DeadlinePolicy.objects.create(kind=BANK, length=length, effective_from=since, **facts)


def test_a_bank_clock_started_by_push_is_due_at_the_end_of_the_fifteenth_day(cast):
    clock = making.clock(cast)
    assert clock.due_at.isoformat() == "2026-12-06T00:00:00+08:00"
    assert clock.receipt["words"] == "11月20日推送,次日起算15个自然日,12月5日24时到期"


def test_the_receipt_is_read_back_as_it_was_written(cast):
    clock = making.clock(cast)
    kept = Deadline.objects.get(pk=clock.pk).receipt
    assert (kept["policy"]["id"], kept["start"], kept["due_at"], kept["changes"]) == (
        clock.policy_id, "2026-11-20T10:00:00+08:00", "2026-12-06T00:00:00+08:00", [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("after", "state"), [(-SECOND, "met"), (timedelta(0), "met_late"), (DAY, "met_late")]
)
def test_a_clock_stopped_is_met_until_the_last_second(cast, after, state):
    clock = making.clock(cast)
    stopped = sla.stop_clocks(case=clock.case, kinds=(BANK,), now=clock.due_at + after)
    clock.refresh_from_db()
    assert (stopped, clock.state, clock.stopped_at, clock.next_look_at) == (
        1,
        state,
        clock.due_at + after,
        None,
    )


def test_a_cancelled_clock_is_neither_met_nor_late(cast):
    clock = making.clock(cast)
    sla.stop_clocks(case=clock.case, kinds=(BANK,), now=clock.due_at + DAY, is_cancelled=True)
    clock.refresh_from_db()
    assert (clock.state, on_time(Deadline.objects.all(), NOW)) == (
        "cancelled",
        {"met": 0, "late": 0, "open": 0},
    )


def test_only_the_clock_of_the_bank_named_is_stopped(cast):
    mine = making.clock(cast)
    other = making.clock(cast, of=mine.case, bound=cast.other_bank)
    sla.stop_clocks(case=mine.case, kinds=(BANK,), now=NOW, bound=cast.first_bank)
    other.refresh_from_db()
    assert (other.state, sla.stop_clocks(case=mine.case, kinds=(BANK,), now=NOW)) == ("running", 1)


def test_the_most_specific_policy_wins(cast):
    general = policy_in_force(BANK, NOW.date())
    programme = policy(10, programme="patent_pilot")
    district = policy(20, district=cast.xuhui)
    both = policy(5, district=cast.xuhui, programme="patent_pilot")
    asked = [
        (None, []),
        (None, ["patent_pilot"]),
        (cast.xuhui, []),
        (cast.xuhui, ["patent_pilot"]),
        (cast.pudong, []),
    ]
    found = [policy_in_force(BANK, NOW.date(), district=where, programmes=what) for where, what in asked]
    assert found == [general, programme, district, both, general]


def test_an_older_policy_of_the_district_beats_a_newer_one_of_the_city_and_of_a_list(cast):
    own = policy(20, since=date(2024, 11, 15), district=cast.xuhui)
    policy(10, since=date(2026, 6, 1)), policy(12, since=date(2026, 6, 1), programme="patent_pilot")
    assert policy_in_force(BANK, NOW.date(), district=cast.xuhui, programmes=["patent_pilot"]) == own


@pytest.mark.parametrize(("on", "length"), [
    (date(2025, 12, 31), 15), (date(2026, 1, 1), 20), (date(2026, 6, 30), 20), (date(2026, 7, 1), 15),
])  # fmt: skip
def test_a_policy_rules_from_its_first_day_to_its_last(cast, on, length):
    policy(20, district=cast.xuhui, effective_until=date(2026, 6, 30))
    assert policy_in_force(BANK, on, district=cast.xuhui).length == length


def test_the_later_of_two_equal_policies_rules(cast):
    policy(20), policy(25, since=date(2026, 3, 1))
    assert policy_in_force(BANK, NOW.date()).length == 25


def test_before_any_policy_was_in_force_there_is_none(db):
    with pytest.raises(NoPolicy):
        policy_in_force(BANK, date(2024, 10, 14))


def test_a_clock_takes_the_policy_of_its_district_and_list(cast):
    policy(1, district=cast.xuhui, programme="patent_pilot", unit="months")
    case = making.case(cast)
    ListMembership.objects.create(business=case.business, list=BusinessList.objects.get(code="patent_pilot"))
    assert making.clock(cast, of=case).receipt["words"] == "11月20日推送,次日起算1个月,12月20日24时到期"


def test_a_running_clock_keeps_the_policy_it_started_with(cast):
    clock = making.clock(cast)
    policy(3)
    clock.refresh_from_db()
    assert (clock.policy.length, making.clock(cast).policy.length) == (15, 3)


def test_where_the_clock_starts_at_receipt_it_runs_from_the_push_until_then(cast):
    policy(15, starts_at="receipt")
    clock, received = making.clock(cast), NOW + 3 * DAY
    before = clock.due_at
    again = [sla.reach_start(deadline=clock, point=DeadlinePolicy.Start.RECEIPT, by=cast.bank, now=received + n * DAY)
             for n in range(2)]  # fmt: skip
    clock.refresh_from_db()
    assert (clock.due_at - before, again) == (3 * DAY, [True, False])
    assert clock.receipt["words"] == "11月23日接收,次日起算15个自然日,12月8日24时到期"
    assert clock.receipt["changes"][0]["reason"] == "按规则自接收起算"


def test_a_receipt_moves_no_clock_that_starts_at_the_push(cast):
    clock = making.clock(cast)
    moved = sla.reach_start(deadline=clock, point=DeadlinePolicy.Start.RECEIPT, by=cast.bank, now=NOW + DAY)
    assert (moved, Deadline.objects.get(pk=clock.pk).due_at) == (False, clock.due_at)


@pytest.mark.parametrize(("now", "soon", "late"), [
    ("2026-12-01T23:59:59+08:00", 0, 0), ("2026-12-02T00:00:00+08:00", 1, 0),
    ("2026-12-05T23:59:59+08:00", 1, 0), ("2026-12-06T00:00:00+08:00", 0, 1),
])  # fmt: skip
def test_lists_of_due_soon_and_overdue_agree_with_the_chip(cast, now, soon, late):
    making.clock(cast)
    now = NOW.fromisoformat(now)
    assert (due_soon(now).count(), overdue(now).count()) == (soon, late)
