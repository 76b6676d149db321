"""补件: asked for by the bank, answered by the panel; what is suspended is added, to the day and to nothing else."""

from datetime import date, datetime, timedelta

import pytest

from accounts.errors import Invalid, NotAllowed
from lending.errors import ReasonMissing
from lending.models import Deadline, DeadlinePolicy, Event, Suspension
from lending.sla import services as sla
from lending.sla import suspending
from lending.sla.calendar import SHANGHAI, end_of
from lending.sla.errors import (
    ClockRanOut,
    NotSuspendable,
    SuspensionAnswered,
    SuspensionNotRunning,
    SuspensionOpen,
    SuspensionTooLong,
)
from lending.sla.kinds import DeadlineKind
from lending.sla.sweep import sweep
from tests.factories import NOW
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
PAPERS, WHY = "近六个月流水", "企业提供的流水缺两个月"
DECISION = (DeadlineKind.BANK_DECISION,)


@pytest.fixture
def clock(cast) -> Deadline:
    """Pushed on 20 November, fifteen calendar days: due on 5 December at 24:00; ten days may be suspended."""
    return making.clock(cast)


def on(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(f"2026-{day}").replace(hour=hour, tzinfo=SHANGHAI)


def ask(clock, cast, days=3, now=NOW + DAY, **changes) -> Suspension:
    facts = {"papers": PAPERS, "reason": WHY, "days": days, "by": cast.bank, "now": now} | changes
    return suspending.ask(deadline=clock, **facts)


def granted(clock, cast, days=3, now=NOW + DAY, **changes) -> Suspension:
    asked = ask(clock, cast, days, now, **changes)
    return suspending.answer(suspension=asked, is_granted=True, by=cast.panel, now=now)


def last(clock) -> str:
    clock.refresh_from_db()
    return (clock.due_at - SECOND).astimezone(SHANGHAI).strftime("%m-%d")


def kinds(clock) -> list[str]:
    return list(Event.objects.filter(case=clock.case_id).order_by("seq").values_list("kind", flat=True))


# ---- Asking ----
def test_a_request_changes_nothing_about_the_clock_until_it_is_answered(cast, clock):
    asked = ask(clock, cast)
    clock.refresh_from_db()
    assert (asked.state, last(clock), clock.suspended_until, clock.suspended_days, kinds(clock)) == (
        "asked", "12-05", None, 0, ["suspension_asked"],
    )  # fmt: skip


@pytest.mark.parametrize(("changes", "refusal", "field"), [
    ({"papers": " "}, Invalid, "papers"), ({"reason": ""}, Invalid, "reason"), ({"papers": "材" * 301}, Invalid, "papers"),
    ({"days": 0}, Invalid, "days"), ({"days": -3}, Invalid, "days"), ({"days": 11}, SuspensionTooLong, "days"),
])  # fmt: skip
def test_papers_reason_and_days_within_the_cap_are_asked_for(cast, clock, changes, refusal, field):
    with pytest.raises(refusal) as refused:
        ask(clock, cast, **changes)
    assert list(refused.value.fields) == [field]


def test_all_ten_days_may_be_asked_for_at_once(cast, clock):
    granted(clock, cast, 10)
    assert (last(clock), suspending.days_left(clock)) == ("12-15", 0)


@pytest.mark.parametrize("who", ["panel", "city", "officer", "auditor"])
def test_only_a_bank_asks(cast, clock, who):
    with pytest.raises(NotAllowed):
        ask(clock, cast, by=getattr(cast, who))


def test_while_one_is_open_no_other_is_asked_for(cast, clock):
    ask(clock, cast)
    with pytest.raises(SuspensionOpen):
        ask(clock, cast)


def test_while_one_runs_no_other_is_asked_for(cast, clock):
    granted(clock, cast)
    with pytest.raises(SuspensionOpen):
        ask(clock, cast, now=NOW + 2 * DAY)


def test_what_was_taken_back_does_not_stand_in_the_way(cast, clock):
    suspending.take_back(suspension=ask(clock, cast), by=cast.bank, now=NOW + DAY)
    ask(clock, cast)
    assert (Suspension.objects.filter(state="cancelled").count(), kinds(clock)) == (
        1, ["suspension_asked", "suspension_taken_back", "suspension_asked"],
    )  # fmt: skip


@pytest.mark.parametrize("kind", [DeadlineKind.PANEL_REVIEW, DeadlineKind.SUPPLEMENT, DeadlineKind.RECEIPT])
def test_other_clocks_do_not_wait_for_papers(cast, kind):
    other = making.clock(cast, kind=kind)
    with pytest.raises(NotSuspendable):
        ask(other, cast)


def test_where_the_policy_has_no_days_for_it_nothing_is_suspended(cast, clock):
    DeadlinePolicy.objects.filter(pk=clock.policy_id).update(max_suspension_days=0)
    with pytest.raises(NotSuspendable):
        ask(clock, cast)


@pytest.mark.parametrize("behind", [timedelta(0), SECOND, 9 * DAY])
def test_a_clock_that_has_run_out_is_not_suspended(cast, clock, behind):
    with pytest.raises(ClockRanOut):
        ask(clock, cast, now=clock.due_at + behind)


def test_a_clock_marked_late_by_a_sweeper_a_moment_ahead_is_not_suspended(cast, clock):
    sweep(now=clock.due_at)
    with pytest.raises(ClockRanOut):
        ask(clock, cast, now=clock.due_at - SECOND)


def test_a_stopped_clock_is_not_suspended(cast, clock):
    sla.stop_clocks(case=clock.case, kinds=DECISION, now=NOW + DAY)
    with pytest.raises(ClockRanOut):
        ask(clock, cast, now=NOW + 2 * DAY)


# ---- Answering ----
def test_three_days_granted_are_three_days_more(cast, clock):
    one = granted(clock, cast, now=on("11-25"))
    clock.refresh_from_db()
    assert (last(clock), clock.suspended_days, clock.suspended_until, one.from_on, one.until_on) == (
        "12-08", 3, end_of(date(2026, 11, 28)), date(2026, 11, 25), date(2026, 11, 28),
    )  # fmt: skip


def test_the_receipt_tells_the_suspension_and_keeps_what_was_before(cast, clock):
    granted(clock, cast, now=on("11-25"))
    clock.refresh_from_db()
    change = clock.receipt["changes"][-1]
    assert (clock.receipt["words"], clock.receipt["suspensions"]) == (
        "11月20日推送,次日起算15个自然日(11月26日至11月28日补件暂停3天不计),12月8日24时到期",
        [{"after": "2026-11-25", "until": "2026-11-28", "days": 3}],
    )
    assert (change["old_due_at"], change["new_due_at"], change["reason"], change["old_words"]) == (
        "2026-12-06T00:00:00+08:00", "2026-12-09T00:00:00+08:00", f"补件暂停3天:{PAPERS}",
        "11月20日推送,次日起算15个自然日,12月5日24时到期",
    )  # fmt: skip


def test_the_panel_may_grant_fewer_days_than_were_asked_for(cast, clock):
    asked = ask(clock, cast, 5)
    suspending.answer(suspension=asked, is_granted=True, days=2, by=cast.panel, now=NOW + DAY)
    assert (last(clock), suspending.days_left(clock)) == ("12-07", 8)


@pytest.mark.parametrize(("days", "refusal"), [(0, Invalid), (4, SuspensionTooLong)])
def test_the_panel_grants_no_more_than_was_asked_for(cast, clock, days, refusal):
    asked = ask(clock, cast, 3)
    with pytest.raises(refusal):
        suspending.answer(suspension=asked, is_granted=True, days=days, by=cast.panel, now=NOW + DAY)
    assert last(clock) == "12-05"


def test_a_refusal_says_why_and_the_clock_goes_on(cast, clock):
    asked = ask(clock, cast)
    with pytest.raises(ReasonMissing):
        suspending.answer(suspension=asked, is_granted=False, note=" ", by=cast.panel, now=NOW + DAY)
    suspending.answer(suspension=asked, is_granted=False, note="流水已在材料中", by=cast.panel, now=NOW + DAY)
    asked.refresh_from_db()
    assert (asked.state, asked.decided_note, last(clock), clock.suspended_until, clock.receipt["changes"]) == (
        "refused", "流水已在材料中", "12-05", None, [],
    )  # fmt: skip


@pytest.mark.parametrize("who", ["bank", "bankhead", "city"])
def test_nobody_but_the_panel_answers(cast, clock, who):
    asked = ask(clock, cast)
    with pytest.raises(NotAllowed):
        suspending.answer(suspension=asked, is_granted=True, by=getattr(cast, who), now=NOW + DAY)


@pytest.mark.parametrize("is_granted", [True, False])
def test_what_is_answered_is_not_answered_again(cast, clock, is_granted):
    one = granted(clock, cast)
    with pytest.raises(SuspensionAnswered):
        suspending.answer(suspension=one, is_granted=is_granted, note="不同意", by=cast.panel2, now=NOW + DAY)
    assert last(clock) == "12-08"


def test_what_is_answered_cannot_be_taken_back(cast, clock):
    one = granted(clock, cast)
    with pytest.raises(SuspensionAnswered):
        suspending.take_back(suspension=one, by=cast.bank, now=NOW + DAY)


@pytest.mark.parametrize(("behind", "is_late"), [(-SECOND, False), (timedelta(0), True), (DAY, True)])
def test_a_request_is_granted_to_the_last_second_of_the_clock_and_not_after(cast, clock, behind, is_late):
    """On the last day: nothing is left to count, so the clock is due when the suspension is over."""
    asked, now = ask(clock, cast), clock.due_at + behind
    if not is_late:
        suspending.answer(suspension=asked, is_granted=True, by=cast.panel, now=now)
        assert (last(clock), clock.suspended_until) == ("12-08", clock.due_at)
        return
    with pytest.raises(ClockRanOut):
        suspending.answer(suspension=asked, is_granted=True, by=cast.panel, now=now)
    suspending.answer(suspension=asked, is_granted=False, note="已到期", by=cast.panel, now=now)
    assert last(clock) == "12-05"


def test_days_that_the_policy_took_back_meanwhile_are_not_granted(cast, clock):
    asked = ask(clock, cast, 8)
    DeadlinePolicy.objects.filter(pk=clock.policy_id).update(max_suspension_days=5)
    with pytest.raises(SuspensionTooLong):
        suspending.answer(suspension=asked, is_granted=True, by=cast.panel, now=NOW + DAY)


# ---- Ending ----
@pytest.mark.parametrize(("ended_on", "due", "days"), [
    ("11-25", "12-05", 0),  # on the day it began: no day was left out
    ("11-26", "12-06", 1), ("11-27", "12-07", 2), ("11-28", "12-08", 3),
])  # fmt: skip
@pytest.mark.parametrize("who", ["bank", "panel"])
def test_ended_earlier_only_the_days_until_then_are_left_out(cast, clock, ended_on, due, days, who):
    one = granted(clock, cast, now=on("11-25"))
    suspending.end(suspension=one, why="材料已补", by=getattr(cast, who), now=on(ended_on, 15))
    one.refresh_from_db()
    assert (last(clock), clock.suspended_days, clock.suspended_until, one.state, one.ended_at) == (
        due, days, None, "ended", on(ended_on, 15),
    )  # fmt: skip
    assert suspending.days_left(clock) == 10 - days


def test_the_receipt_of_a_suspension_ended_on_its_first_day_is_as_it_was(cast, clock):
    words = clock.receipt["words"]
    one = granted(clock, cast, now=on("11-25"))
    suspending.end(suspension=one, why="材料已补", by=cast.bank, now=on("11-25", 15))
    clock.refresh_from_db()
    assert (clock.receipt["words"], clock.receipt["suspensions"]) == (words, [])
    assert [row["reason"] for row in clock.receipt["changes"]] == [
        f"补件暂停3天:{PAPERS}", "补件暂停提前结束,实际0天:材料已补",
    ]  # fmt: skip


@pytest.mark.parametrize("now", [end_of(date(2026, 11, 28)), end_of(date(2026, 12, 1))])
def test_what_is_over_is_not_ended_by_hand(cast, clock, now):
    one = granted(clock, cast, now=on("11-25"))
    with pytest.raises(SuspensionNotRunning):
        suspending.end(suspension=one, why="材料已补", by=cast.bank, now=now)


def test_what_was_only_asked_for_is_not_ended(cast, clock):
    with pytest.raises(SuspensionNotRunning):
        suspending.end(suspension=ask(clock, cast), why="材料已补", by=cast.bank, now=NOW + DAY)


@pytest.mark.parametrize(
    ("who", "why", "refusal"), [("city", "材料已补", NotAllowed), ("bank", " ", Invalid)]
)
def test_the_bank_or_the_panel_ends_it_and_says_why(cast, clock, who, why, refusal):
    one = granted(clock, cast)
    with pytest.raises(refusal):
        suspending.end(suspension=one, why=why, by=getattr(cast, who), now=NOW + DAY)


@pytest.mark.parametrize(("now", "count", "state"), [
    (end_of(date(2026, 11, 28)) - SECOND, 0, "granted"), (end_of(date(2026, 11, 28)), 1, "ended"),
    (end_of(date(2026, 12, 2)), 1, "ended"),
])  # fmt: skip
def test_a_suspension_ends_by_itself_at_midnight_and_the_due_time_stays(cast, clock, now, count, state):
    one = granted(clock, cast, now=on("11-25"))
    assert suspending.end_those_over(now=now) == count
    one.refresh_from_db()
    assert (one.state, one.ended_at, last(clock), clock.suspended_days, len(clock.receipt["changes"])) == (
        state, end_of(one.until_on) if count else None, "12-08", 3, 1,
    )  # fmt: skip
    assert suspending.end_those_over(now=now) == 0


def test_a_sweep_notes_only_so_many_ends_and_the_next_one_the_others(cast, monkeypatch):
    monkeypatch.setattr(suspending, "AT_ONCE", 2)
    for _ in range(3):
        granted(making.clock(cast), cast, now=on("11-25"))
    assert [suspending.end_those_over(now=on("11-29")) for _ in range(3)] == [2, 1, 0]


def test_one_that_cannot_be_ended_does_not_keep_the_others_back(cast, monkeypatch, caplog):
    wrong, _right = (granted(making.clock(cast), cast, now=on("11-25")) for _ in range(2))
    finish = suspending._finish
    monkeypatch.setattr(
        suspending,
        "_finish",
        lambda clock, row, *rest, **facts: 1 / 0 if row == wrong else finish(clock, row, *rest, **facts),
    )
    assert suspending.end_those_over(now=on("11-29")) == 1
    states = Suspension.objects.order_by("pk").values_list("state", flat=True)
    assert (list(states), len(caplog.records)) == (["granted", "ended"], 1)


def test_the_cap_holds_over_several_suspensions_by_what_each_really_took(cast, clock):
    first = granted(clock, cast, 6, now=on("11-23"))
    suspending.end(suspension=first, why="材料已补", by=cast.bank, now=on("11-25"))
    granted(clock, cast, 5, now=on("11-26"))
    suspending.end_those_over(now=on("12-02"))
    assert (last(clock), suspending.days_left(clock)) == ("12-12", 3)
    with pytest.raises(SuspensionTooLong) as refused:
        ask(clock, cast, 4, now=on("12-03"))
    assert refused.value.fields == {"days": "最多还可暂停 3 天。"}
    granted(clock, cast, 3, now=on("12-03"))
    suspending.end_those_over(now=on("12-07"))
    with pytest.raises(SuspensionTooLong):
        ask(clock, cast, 1, now=on("12-08"))
    assert (last(clock), clock.suspended_days) == ("12-15", 10)


# ---- Stopping ----
def test_a_decision_during_a_suspension_ends_it_that_day_and_is_in_time(cast, clock):
    one = granted(clock, cast, 9, now=on("12-05"))
    sla.stop_clocks(case=clock.case, kinds=DECISION, now=on("12-08"))
    one.refresh_from_db()
    assert (last(clock), clock.state, clock.suspended_days, clock.suspended_until, clock.next_look_at) == (
        "12-08", "met", 3, None, None,
    )  # fmt: skip
    assert (one.state, one.until_on, one.ended_at) == ("ended", date(2026, 12, 8), on("12-08"))


def test_a_withdrawal_cancels_what_nobody_has_answered(cast, clock):
    asked = ask(clock, cast)
    sla.stop_clocks(case=clock.case, kinds=DECISION, now=NOW + 2 * DAY, is_cancelled=True)
    asked.refresh_from_db()
    assert (asked.state, asked.ended_why, kinds(clock)) == (
        "cancelled", "时限停止", ["suspension_asked", "suspension_lapsed"],
    )  # fmt: skip
    with pytest.raises(SuspensionAnswered):
        suspending.answer(suspension=asked, is_granted=True, by=cast.panel, now=NOW + 2 * DAY)


def test_the_clock_of_another_bank_keeps_its_suspension(cast, clock):
    other = making.clock(cast, of=clock.case, bound=cast.other_bank)
    one = granted(other, cast)
    sla.stop_clocks(case=clock.case, kinds=DECISION, bound=clock.bound, now=NOW + 2 * DAY)
    one.refresh_from_db()
    assert (one.state, last(other)) == ("granted", "12-08")


@pytest.mark.parametrize(("behind", "state"), [(-SECOND, "asked"), (timedelta(0), "cancelled")])
def test_a_request_nobody_answered_lapses_with_its_clock(cast, clock, behind, state):
    asked = ask(clock, cast)
    sweep(now=clock.due_at + behind)
    asked.refresh_from_db()
    assert asked.state == state
