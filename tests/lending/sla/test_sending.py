"""What a mail server takes and refuses, with a real one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lending.models import Alert
from lending.sla import services as sla
from lending.sla.kinds import DeadlineKind
from lending.sla.sending import LEASE, send_pending
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def owed(cast):
    """One letter: to the officer who is to supplement a returned case."""
    clock = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    now = clock.due_at - 3 * DAY
    sweep(now=now)
    return Alert.objects.get(), now


def state(alert):
    alert.refresh_from_db()
    return alert.state, alert.attempts


def test_a_letter_is_sent_once_and_marked_when_the_server_has_accepted_it(owed, smtp):
    alert, now = owed
    runs = [send_pending(now=now).sent, send_pending(now=now + MINUTE).sent]
    assert (runs, len(smtp.letters), state(alert)) == ([1, 0], 1, ("sent", 1))
    assert (alert.sent_at, alert.claimed_until, alert.message_id) == (
        now,
        None,
        smtp.letters[0]["Message-ID"],
    )


def test_a_refusal_for_now_is_tried_again_later_under_the_same_message_id(owed, smtp):
    alert, now = owed
    smtp.answers = ["451 greylisted"]
    assert (send_pending(now=now).deferred, state(alert)) == (1, ("pending", 1))
    first_id, error = alert.message_id, alert.last_error
    assert send_pending(now=now + HALF_A_MINUTE).sent == 0
    assert send_pending(now=now + MINUTE).sent == 1
    assert (error, smtp.letters[0]["Message-ID"]) == ("SMTPRecipientsRefused: 451 greylisted", first_id)


def test_a_mailbox_that_refuses_for_good_is_given_up_at_the_third_refusal(owed, smtp):
    alert, now = owed
    smtp.refused["officer@test.invalid"] = "550 no such user"
    for hours in (0, 1, 2, 3):
        send_pending(now=now + timedelta(hours=hours))
    assert (state(alert), alert.last_error) == (("given_up", 3), "SMTPRecipientsRefused: 550 no such user")


def test_refusals_for_now_do_not_count_towards_giving_up(owed, smtp):
    alert, now = owed
    smtp.answers = ["451 later", "451 later", "550 no such user", "550 no such user"]
    told = []
    for hours in range(4):
        send_pending(now=now + timedelta(hours=hours))
        told.append(state(alert))
    assert told == [("pending", 1), ("pending", 2), ("pending", 3), ("given_up", 4)]


def test_one_refused_mailbox_does_not_keep_the_others_waiting(cast, smtp):
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    smtp.refused["bank@test.invalid"] = "550 no such user"
    done = send_pending(now=clock.due_at)
    assert (sorted(letter["To"] for letter in smtp.letters), done.deferred, smtp.connections) == (
        ["bank2@test.invalid", "bankhead@test.invalid"], 1, 1,
    )  # fmt: skip


def test_a_dead_server_delays_and_uses_no_letter_up(owed, smtp, settings):
    alert, now = owed
    port = smtp.port
    settings.EMAIL_PORT = 1
    for minutes in range(10):
        send_pending(now=now + minutes * MINUTE)
    waiting = state(alert)
    settings.EMAIL_PORT = port
    sent = send_pending(now=now + 10 * MINUTE).sent
    assert (waiting, sent, state(alert)) == (("pending", 0), 1, ("sent", 1))


def test_a_dead_server_is_named_in_the_ledger(owed, smtp, settings):
    alert, now = owed
    settings.EMAIL_PORT = 1
    send_pending(now=now)
    alert.refresh_from_db()
    assert alert.last_error.startswith("ConnectionRefusedError") is True


def test_a_server_that_hangs_up_is_called_again_and_only_the_letter_in_flight_waits(cast, smtp):
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    smtp.answers = ["421 closing"]
    first = send_pending(now=clock.due_at)
    second = send_pending(now=clock.due_at + MINUTE)
    assert [(run.mails, run.deferred) for run in (first, second)] == [(2, 1), (1, 0)]


def test_a_server_that_keeps_hanging_up_is_left_alone_and_the_rest_is_not_used_up(cast, smtp):
    clocks = [making.clock(cast), making.clock(cast, kind=DeadlineKind.PANEL_REVIEW)]
    sweep(now=clocks[0].due_at)
    smtp.answers = ["421 closing"] * 9
    done = send_pending(now=clocks[0].due_at)
    tries = sorted(Alert.objects.values_list("attempts", flat=True))
    assert (done.mails, smtp.answers.count("421 closing"), sum(tries)) == (0, 5, 4)


def test_a_sender_killed_before_the_server_took_the_letter_leaves_it_to_the_next(owed, smtp, monkeypatch):
    alert, now = owed
    with monkeypatch.context() as patch:
        patch.setattr("lending.sla.emails.Letter.send", _killed)
        with pytest.raises(KeyboardInterrupt):
            send_pending(now=now)
    claimed = send_pending(now=now + LEASE).sent  # the lease still holds to its last second
    after = send_pending(now=now + LEASE + HALF_A_MINUTE).sent
    assert (claimed, after, len(smtp.letters), state(alert)) == (0, 1, 1, ("sent", 2))


def test_a_sender_killed_after_the_server_took_the_letter_repeats_it_under_the_same_id(
    owed, smtp, monkeypatch
):
    _alert, now = owed
    from lending.sla.emails import Letter

    send = Letter.send

    def send_and_die(self, *args, **kwargs):
        send(self, *args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("lending.sla.emails.Letter.send", send_and_die)
        with pytest.raises(KeyboardInterrupt):
            send_pending(now=now)
    send_pending(now=now + LEASE + HALF_A_MINUTE)
    ids = [letter["Message-ID"] for letter in smtp.letters]
    assert (len(ids), len(set(ids))) == (2, 1)


def test_a_letter_about_a_clock_that_has_stopped_is_dropped(owed, smtp):
    alert, now = owed
    sla.stop_clocks(case=alert.deadline.case, kinds=(DeadlineKind.SUPPLEMENT,), now=now)
    assert (send_pending(now=now).dropped, state(alert), smtp.letters) == (1, ("dropped", 0), [])


def test_a_letter_that_cannot_be_composed_does_not_stop_the_others(cast, smtp, monkeypatch):
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    from lending.sla import emails

    compose = emails.digest

    def broken(alerts, now, ladders):
        if alerts[0].recipient == "bank@test.invalid":
            raise RuntimeError("no template for this one")
        return compose(alerts, now, ladders)

    monkeypatch.setattr(emails, "digest", broken)
    done = send_pending(now=clock.due_at)
    assert (done.mails, done.deferred) == (2, 1)


@pytest.mark.parametrize("clocks", [1, 3])
def test_ladders_are_read_once_for_all_mails(cast, smtp, clocks):
    started = [making.clock(cast) for _ in range(clocks)]
    sweep(now=started[0].due_at)
    with CaptureQueriesContext(connection) as seen:
        done = send_pending(now=started[0].due_at)
    asked = [query["sql"] for query in seen if "lending_policystep" in query["sql"]]
    assert (done.mails, done.sent, len(asked)) == (3, 3 * clocks, 1)


def test_with_nothing_owed_no_connection_is_opened(db, smtp):
    send_pending(now=making.make.NOW)
    assert smtp.connections == 0


def _killed(*args, **kwargs):
    raise KeyboardInterrupt


def test_a_sender_held_up_beyond_its_lease_does_not_take_the_letter_from_the_next_one(
    owed, smtp, monkeypatch
):
    alert, now = owed
    from lending.sla.emails import Letter

    taken_over = now + 2 * LEASE

    def held_up(self, *args, **kwargs):
        Alert.objects.update(claimed_until=taken_over)  # the next one has it by now
        raise TimeoutError

    monkeypatch.setattr(Letter, "send", held_up)
    send_pending(now=now)
    alert.refresh_from_db()
    assert (alert.claimed_until, alert.last_error) == (taken_over, "")


def test_a_sender_held_up_until_the_letter_was_asked_for_again_does_not_note_that_one_as_sent(
    owed, smtp, monkeypatch
):
    alert, now = owed
    from lending.sla.emails import Letter

    send = Letter.send

    def held_up(self, *args, **kwargs):
        send(self, *args, **kwargs)
        again = {"message_id": "", "attempts": 0, "claimed_until": None, "send_after": now + MINUTE}
        Alert.objects.update(**again)  # the next sender had sent it, then the city asked for it

    with monkeypatch.context() as patch:
        patch.setattr(Letter, "send", held_up)
        send_pending(now=now)
    waiting = state(alert)
    send_pending(now=now + MINUTE)
    ids = [letter["Message-ID"] for letter in smtp.letters]
    assert (waiting, state(alert), len(set(ids))) == (("pending", 0), ("sent", 1), 2)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_just_after_the_server_took_the_letter_makes_it_go_out_once(
    owed, smtp, monkeypatch
):
    alert, now = owed
    from lending.sla.emails import Letter

    send = Letter.send

    def send_and_lose_the_database(self, *args, **kwargs):
        send(self, *args, **kwargs)
        other = connection.copy()
        with connection.cursor() as mine, other.cursor() as its:
            mine.execute("SELECT pg_backend_pid()")
            its.execute("SELECT pg_terminate_backend(%s, 5000)", mine.fetchone())
        other.close()

    with monkeypatch.context() as patch:
        patch.setattr(Letter, "send", send_and_lose_the_database)
        send_pending(now=now)
    send_pending(now=now + 2 * LEASE)
    assert (len(smtp.letters), state(alert)) == (1, ("sent", 1))
