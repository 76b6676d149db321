"""A day changed in the admin: a short transaction; the clocks follow after it, also when Redis has lost the message."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from lending.case import FinancingCase
from lending.models import Alert, CalendarDay, CalendarYear, Deadline, DeadlinePolicy, Event
from lending.sla import calendars, recompute, reference
from lending.sla import services as sla
from lending.sla.kinds import DeadlineKind
from lending.sla.recompute import Done, recompute_open
from lending.sla.sending import send_pending
from lending.sla.sweep import preview, sweep
from lending.sla.tasks import recompute_deadlines
from tests.factories import NOW
from tests.lending.sla import making

DAY = timedelta(days=1)
FORM = {"day": "2026-11-25", "name": "临时放假"}


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The names of the tasks that the broker was given."""
    names = []
    monkeypatch.setattr(calendars.current_app, "send_task", names.append)
    return names


@pytest.fixture
def clock(cast) -> Deadline:
    """Ten working days, to the end of Friday 4 December; one rest day more and it is Monday the 7th."""
    return making.clock(cast, kind=DeadlineKind.SUPPLEMENT)


def add_day(user, form=FORM) -> int:
    try:
        client = Client()
        client.force_login(user)
        return client.post("/admin/lending/calendarday/add/", form).status_code
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_day_is_changed_while_somebody_holds_the_case_and_then_asks_for_the_calendar(cast, clock, asked):
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        FinancingCase.objects.select_for_update(no_key=True).get(pk=clock.case_id)
        answer = pool.submit(add_day, cast.city).result(timeout=20)
        calendars.hold_still()
    assert (answer, asked) == (302, ["lending.recompute_deadlines"])


@pytest.mark.django_db(transaction=True)
def test_the_recomputation_refuses_to_run_inside_a_transaction(clock):
    with pytest.raises(RuntimeError), transaction.atomic():
        recompute_open(now=NOW)
    assert recompute_open(now=NOW).failed == 0


@pytest.mark.django_db
def test_the_clocks_follow_only_after_the_commit(cast, web, clock, asked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        web(cast.city).post("/admin/lending/calendarday/add/", FORM)
        before = (list(asked), Deadline.objects.get(pk=clock.pk).due_at)
    recompute_deadlines.run()
    followed = Deadline.objects.get(pk=clock.pk)
    assert (before, asked) == (([], clock.due_at), ["lending.recompute_deadlines"])
    assert followed.due_at - clock.due_at == 3 * DAY
    event = Event.objects.get(case=clock.case, kind="deadline_changed")
    assert (event.by, event.detail["reason"]) == (cast.city, "2026-11-25 的休息日安排变更")


@pytest.mark.django_db
@pytest.mark.parametrize("deed", ["set", "unset"])
def test_what_redis_lost_is_found_by_the_next_tick(
    cast, web, clock, monkeypatch, deed, django_capture_on_commit_callbacks
):
    def lost(_name):
        raise ConnectionError("Redis is gone")

    monkeypatch.setattr(calendars.current_app, "send_task", lost)
    if deed == "unset":
        calendars.set_day(day=date(2026, 11, 25), is_workday=False, name="", by=cast.city, now=NOW)
        recompute_open(now=NOW)
    due_at = Deadline.objects.get(pk=clock.pk).due_at
    page = "/admin/lending/calendarday/" + ("add/" if deed == "set" else "2026-11-25/delete/")
    with django_capture_on_commit_callbacks(execute=True):
        answer = web(cast.city).post(page, FORM if deed == "set" else {"post": "yes"})
    recompute_deadlines.run()
    moved = Deadline.objects.get(pk=clock.pk).due_at - due_at
    assert (answer.status_code, moved) == (302, 3 * DAY if deed == "set" else -3 * DAY)


@pytest.mark.django_db
def test_a_year_is_settled_once_and_then_costs_one_query(cast, clock, django_assert_num_queries):
    recompute_open(now=NOW)
    calendars.set_day(day=date(2026, 11, 25), is_workday=False, name="", by=cast.city, now=NOW)
    calendars.set_day(day=date(2026, 11, 26), is_workday=False, name="", by=cast.city, now=NOW)
    first = recompute_open(now=NOW)
    year = CalendarYear.objects.get(year=2026)
    reason = Deadline.objects.get(pk=clock.pk).receipt["changes"][0]["reason"]
    assert (first, year.recomputed_version == year.version) == (Done(1, 1, 0), True)
    assert reason == "2026-11-25 的休息日安排变更;2026-11-26 的休息日安排变更"
    with django_assert_num_queries(3):  # one and its savepoint
        assert recompute_open(now=NOW) == Done()


@pytest.mark.django_db
def test_a_clock_that_keeps_its_date_takes_the_new_version_and_nothing_else(cast, clock):
    calendars.set_day(day=date(2026, 12, 30), is_workday=False, name="", by=cast.city, now=NOW)
    done = recompute_open(now=NOW)
    followed = Deadline.objects.get(pk=clock.pk)
    assert (done, followed.receipt["calendar"], followed.receipt["changes"], followed.due_at) == (
        Done(1, 0, 0), {"2026": 2}, [], clock.due_at,
    )  # fmt: skip


@pytest.mark.django_db
def test_one_clock_that_cannot_be_computed_keeps_neither_the_others_nor_itself_from_following(cast, clock):
    broken = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    receipt = broken.receipt
    Deadline.objects.filter(pk=broken.pk).update(receipt={**receipt, "rule": {"length": "ten"}})
    calendars.set_day(day=date(2026, 11, 25), is_workday=False, name="", by=cast.city, now=NOW)
    first = recompute_open(now=NOW)
    Deadline.objects.filter(pk=broken.pk).update(receipt=receipt)
    assert (first, recompute_open(now=NOW), recompute_open(now=NOW)) == (Done(1, 1, 1), Done(1, 1, 0), Done())


@pytest.mark.django_db
def test_a_run_that_died_in_the_middle_goes_on_where_it_stopped(cast, clock, monkeypatch):
    making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    calendars.set_day(day=date(2026, 11, 25), is_workday=False, name="", by=cast.city, now=NOW)
    monkeypatch.setattr(recompute, "BATCH", 1)
    batch = recompute._recompute_batch

    def die_at_the_second(pks, *rest):
        if pks != [clock.pk]:
            raise KeyboardInterrupt
        batch(pks, *rest)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(recompute, "_recompute_batch", die_at_the_second)
        recompute_open(now=NOW)
    assert (recompute_open(now=NOW), recompute_open(now=NOW)) == (Done(1, 1, 0), Done())


@pytest.mark.django_db
def test_a_breach_by_a_wrong_calendar_is_the_only_one_taken_back(cast, clock):
    sweep(now=clock.due_at)
    calendars.set_day(day=date(2026, 11, 25), is_workday=False, name="", by=cast.city, now=clock.due_at)
    recompute_open(now=clock.due_at)
    followed = Deadline.objects.get(pk=clock.pk)
    assert (followed.state, followed.breached_at) == ("running", None)


@pytest.mark.django_db
def test_a_year_that_came_with_a_newer_library_makes_provisional_clocks_certain(cast, monkeypatch):
    late = making.clock(cast, now=NOW + 34 * DAY, kind=DeadlineKind.SUPPLEMENT)
    new = [CalendarDay(day=date(2027, 1, 1), is_workday=False, name="元旦")]
    monkeypatch.setattr(reference, "seeded_days", lambda: new)
    reference.load_calendar()
    done = recompute_open(now=NOW + 35 * DAY)
    followed = Deadline.objects.get(pk=late.pk)
    assert (late.is_provisional, followed.is_provisional, done.changed) == (True, False, 1)
    assert followed.receipt["changes"][0]["reason"] == "2027年放假安排导入"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("state", "owed"), [("pending", 1), ("sent", 0)])
def test_a_letter_about_a_push_that_has_not_left_yet_is_owed_for_the_new_due_time(cast, asked, state, owed):
    DeadlinePolicy.objects.create(
        kind="bank_decision", length=15, is_working_days=True, effective_from=date(2026, 1, 1)
    )
    clock = making.clock(cast, bound=cast.other_bank)
    sla.notify_all_assigned(deadlines=[clock], now=NOW)
    Alert.objects.update(state=state, sent_at=NOW if state == "sent" else None)
    add_day(cast.city)
    recompute_open(now=NOW + DAY)
    sweep(now=NOW + DAY)
    moved = Deadline.objects.get(pk=clock.pk)
    about_the_new = Alert.objects.filter(due_at=moved.due_at).values_list("step", flat=True)
    assert (moved.due_at > clock.due_at, list(about_the_new)) == (True, ["assigned"] * owed)
    assert (moved.steps_done, moved.next_look_at) == (1, moved.due_at - 6 * DAY)


@pytest.fixture
def corrected(cast, clock):
    """The clock ran out; a rest day entered by mistake moved it on, and was taken out again a minute later."""

    def change_and_correct(now):
        calendars.set_day(day=date(2026, 11, 25), is_workday=False, name="", by=cast.city, now=now)
        recompute_open(now=now)
        dropped = send_pending(now=now).dropped
        calendars.unset_day(day=date(2026, 11, 25), by=cast.city, now=now)
        recompute_open(now=now)
        return dropped

    return change_and_correct


@pytest.mark.django_db
def test_letters_dropped_by_a_wrong_calendar_are_owed_again_by_the_corrected_one(clock, corrected):
    now = clock.due_at
    owed = sweep(now=now).queued
    dropped = corrected(now)
    foreseen, again, repeated = preview(now=now).queued, sweep(now=now).queued, sweep(now=now).queued
    assert (owed > 0, dropped, foreseen, again, repeated) == (True, owed, owed, owed, 0)
    assert set(Alert.objects.values_list("state", "due_at", "attempts", "message_id")) == {
        ("pending", clock.due_at, 0, "")
    }


@pytest.mark.django_db
def test_letters_that_left_before_the_calendar_was_wrong_do_not_leave_again(clock, corrected, mailoutbox):
    now = clock.due_at
    sweep(now=now), send_pending(now=now)
    mails, dropped = len(mailoutbox), corrected(now)
    tallies = preview(now=now).queued, sweep(now=now).queued, send_pending(now=now).mails
    assert (mails > 0, dropped, tallies, len(mailoutbox)) == (True, 0, (0, 0, 0), mails)
