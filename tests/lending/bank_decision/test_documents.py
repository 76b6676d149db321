"""材料齐全: said by the bank, once; what was suspended ends, and a policy that counts from there counts from there."""

from datetime import date, timedelta

import pytest

from accounts.errors import NotAllowed
from lending.bank_decision.services import complete_documents, decide, receive
from lending.errors import WrongStage
from lending.models import Deadline, DeadlinePolicy, Event, Suspension
from lending.sla import suspending
from lending.sla.calendar import end_of
from tests.factories import NOW
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def from_papers(db) -> DeadlinePolicy:
    return DeadlinePolicy.objects.create(
        kind="bank_decision",
        length=15,
        starts_at="complete",
        effective_from=date(2026, 1, 1),
        max_suspension_days=10,
    )


def suspend(pushed, cast, now, days=5) -> Suspension:
    asked = suspending.ask(
        deadline=pushed.deadline, papers="流水", reason="缺两个月", days=days, by=cast.bank, now=now
    )
    return suspending.answer(suspension=asked, is_granted=True, by=cast.panel, now=now)


def clock_of(pushed) -> Deadline:
    return Deadline.objects.get(pk=pushed.deadline_id)


def test_complete_papers_are_noted_once_and_imply_the_receipt(cast):
    pushed = stage.push(cast)
    complete_documents(recommendation=pushed, by=cast.bank, now=NOW + DAY)
    again = complete_documents(recommendation=pushed, by=cast.bankhead, now=NOW + 2 * DAY)
    assert (again.documents_complete_at, again.received_at, again.state) == (NOW + DAY, NOW + DAY, "received")
    assert list(Event.objects.filter(case=pushed.case, bank__isnull=False).values_list("kind", flat=True)) == [
        "received", "documents_complete",
    ]  # fmt: skip


def test_they_end_a_suspension_that_day(cast):
    pushed = stage.push(cast)
    one = suspend(pushed, cast, NOW + DAY)
    complete_documents(recommendation=pushed, by=cast.bank, now=NOW + 3 * DAY)
    one.refresh_from_db()
    clock = clock_of(pushed)
    assert (one.state, one.ended_why, clock.suspended_days, clock.due_at) == (
        "ended", "材料齐全", 2, end_of(date(2026, 12, 7)),
    )  # fmt: skip


def test_said_again_they_end_what_was_suspended_since(cast):
    pushed = stage.push(cast)
    complete_documents(recommendation=pushed, by=cast.bank, now=NOW)
    suspend(pushed, cast, NOW + DAY)
    again = complete_documents(recommendation=pushed, by=cast.bank, now=NOW + 2 * DAY)
    assert (again.documents_complete_at, clock_of(pushed).suspended_until, clock_of(pushed).suspended_days) == (
        NOW, None, 1,
    )  # fmt: skip


def test_a_request_that_nobody_has_answered_falls_away(cast):
    pushed = stage.push(cast)
    asked = suspending.ask(
        deadline=pushed.deadline, papers="流水", reason="缺", days=3, by=cast.bank, now=NOW
    )
    complete_documents(recommendation=pushed, by=cast.bank, now=NOW + DAY)
    asked.refresh_from_db()
    assert (asked.state, asked.ended_why) == ("cancelled", "材料齐全")


def test_under_a_policy_that_counts_from_the_push_they_move_nothing(cast):
    pushed = stage.push(cast)
    complete_documents(recommendation=pushed, by=cast.bank, now=NOW + 3 * DAY)
    assert (clock_of(pushed).due_at, clock_of(pushed).receipt["changes"]) == (pushed.deadline.due_at, [])


def test_under_a_policy_that_counts_from_them_the_clock_counts_anew(cast, from_papers):
    """Suspended until the 26th, complete on the 24th: nothing of the suspension is left to leave out."""
    pushed = stage.push(cast)
    suspend(pushed, cast, NOW + DAY)
    complete_documents(recommendation=pushed, by=cast.bank, now=NOW + 4 * DAY)
    clock = clock_of(pushed)
    assert (clock.due_at, clock.receipt["words"], clock.suspended_days) == (
        end_of(date(2026, 12, 9)), "11月24日材料齐全,次日起算15个自然日,12月9日24时到期", 3,
    )  # fmt: skip
    assert [row["reason"] for row in clock.receipt["changes"]] == [
        "补件暂停5天:流水", "补件暂停提前结束,实际3天:材料齐全", "按规则自材料齐全起算",
    ]  # fmt: skip


@pytest.mark.parametrize(("behind", "moved"), [(-timedelta(seconds=1), True), (timedelta(0), False)])
def test_who_is_late_stays_late(cast, from_papers, behind, moved):
    pushed = stage.push(cast)
    complete_documents(recommendation=pushed, by=cast.bank, now=pushed.deadline.due_at + behind)
    assert (clock_of(pushed).due_at > pushed.deadline.due_at) is moved


def test_the_receipt_alone_does_not_start_such_a_clock(cast, from_papers):
    pushed = stage.push(cast)
    receive(recommendation=pushed, by=cast.bank, now=NOW + DAY)
    assert clock_of(pushed).due_at == pushed.deadline.due_at


def test_after_the_answer_there_are_no_papers_to_complete(cast):
    pushed = stage.push(cast)
    decide(recommendation=pushed, answer=stage.declined(), by=cast.bank, now=NOW)
    with pytest.raises(WrongStage):
        complete_documents(recommendation=pushed, by=cast.bank, now=NOW)


def test_only_the_bank_says_so(cast):
    pushed = stage.push(cast)
    with pytest.raises(NotAllowed):
        complete_documents(recommendation=pushed, by=cast.panel, now=NOW)
