"""A letter sent again by hand: by whom, why, what had become of it before; and what every state says of itself."""

from datetime import timedelta

import pytest

from accounts.errors import NotAllowed
from lending.errors import ReasonMissing
from lending.models import Alert
from lending.sla import services as sla
from lending.sla.errors import TooManyLetters
from lending.sla.kinds import DeadlineKind
from lending.sla.outcomes import become
from lending.sla.resending import send_again
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LIST = "/admin/lending/alert/"


@pytest.fixture
def sent(cast, smtp):
    """One letter that the server has taken."""
    clock = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    now = clock.due_at - timedelta(days=3)
    sweep(now=now)
    send_pending(now=now)
    return Alert.objects.get(), now


def again(alerts, cast, now, reason="收件人称未收到"):
    return send_again(alerts=alerts, reason=reason, by=cast.city, now=now)


def test_a_letter_goes_out_again_as_a_new_mail_and_its_history_says_who_and_why(sent, cast, smtp):
    letter, now = sent
    result = again(Alert.objects.all(), cast, now + HOUR)
    send_pending(now=now + HOUR)
    letter.refresh_from_db()
    ids = [mail["Message-ID"] for mail in smtp.letters]
    assert (tuple(result), len(set(ids)), letter.state, letter.message_id) == ((1, 0), 2, "sent", ids[1])
    assert letter.history == [{
        "at": "2026-12-02T01:00:00+08:00", "by": {"id": cast.city.pk, "name": str(cast.city)}, "reason": "收件人称未收到",
        "state": "sent", "sent_at": "2026-12-02T00:00:00+08:00", "message_id": ids[0], "error": "",
    }]  # fmt: skip


def test_each_time_adds_a_line(sent, cast, smtp):
    letter, now = sent
    for hours in (1, 2):
        again(Alert.objects.all(), cast, now + hours * HOUR, reason=f"第{hours}次")
        send_pending(now=now + hours * HOUR)
    letter.refresh_from_db()
    assert [one["reason"] for one in letter.history] == ["第1次", "第2次"]


@pytest.mark.parametrize("state", ["given_up", "bounced", "delivered"])
def test_what_was_given_up_or_came_back_or_arrived_may_be_sent_again(sent, cast, state):
    letter, now = sent
    Alert.objects.update(
        state=state, sent_at=None if state == "given_up" else now, last_error="550 no such user"
    )
    again(Alert.objects.all(), cast, now)
    letter.refresh_from_db()
    told = letter.history[0]["state"], letter.history[0]["error"]
    assert (told, letter.state, letter.attempts, letter.last_error) == (
        (state, "550 no such user"), "pending", 0, "",
    )  # fmt: skip


def test_what_waits_is_left_alone_and_so_is_what_nobody_owes_any_more(sent, cast):
    letter, now = sent
    other = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    sweep(now=now)  # another letter, waiting
    sla.stop_clocks(case=letter.deadline.case, kinds=(DeadlineKind.SUPPLEMENT,), now=now)
    result = again(Alert.objects.all(), cast, now)
    states = dict(Alert.objects.values_list("deadline", "state"))
    assert (tuple(result), states) == ((0, 2), {letter.deadline_id: "sent", other.pk: "pending"})


def test_a_letter_about_a_due_time_that_has_moved_is_not_sent_again(sent, cast):
    letter, now = sent
    type(letter.deadline).objects.update(due_at=letter.due_at + HOUR)
    assert tuple(again(Alert.objects.all(), cast, now)) == (0, 1)


def test_it_leaves_when_letters_may_leave_for_the_organisation(sent, cast, settings):
    letter, now = sent
    settings.ALERT_FROM_HOUR, settings.ALERT_UNTIL_HOUR = 8, 18
    again(Alert.objects.all(), cast, now + HOUR)
    letter.refresh_from_db()
    assert letter.send_after - now == 8 * HOUR


@pytest.mark.parametrize("reason", ["", "  \n "])
def test_without_a_reason_nothing_is_sent_again(sent, cast, reason):
    _letter, now = sent
    with pytest.raises(ReasonMissing):
        again(Alert.objects.all(), cast, now, reason=reason)
    assert Alert.objects.filter(history=[]).count() == 1


def test_only_who_keeps_the_rules_sends_again(sent, cast):
    _letter, now = sent
    for who in (cast.bankhead, cast.panel, cast.auditor, cast.sysadmin):
        with pytest.raises(NotAllowed):
            send_again(alerts=Alert.objects.all(), reason="x", by=who, now=now)


def test_more_letters_than_a_hand_would_pick_are_refused(sent, cast, monkeypatch):
    letter, now = sent
    monkeypatch.setattr("lending.sla.resending.MOST", 1)
    letter.pk, letter.step = None, "last_day"
    letter.save()
    with pytest.raises(TooManyLetters):
        again(Alert.objects.all(), cast, now)


def test_the_admin_asks_for_the_reason_first(sent, cast, web, smtp):
    letter, _now = sent
    client, form = web(cast.city), {"action": "send_again", "_selected_action": [letter.pk]}
    asked = client.post(LIST, form)
    empty = client.post(LIST, form | {"apply": "1", "reason": " "})
    before = Alert.objects.get().state
    done = client.post(LIST, form | {"apply": "1", "reason": "核对了邮箱"})
    letter.refresh_from_db()
    assert (asked.status_code, letter.deadline.case.number in asked.content.decode()) == (200, True)
    assert (empty.status_code, before, done.status_code) == (200, "sent", 302)
    assert (letter.state, letter.history[0]["reason"]) == ("pending", "核对了邮箱")
    assert "核对了邮箱" in client.get(f"{LIST}{letter.pk}/change/").content.decode()


def test_a_bank_is_not_offered_to_send_again(sent, cast, web):
    form = {"action": "send_again", "_selected_action": [sent[0].pk], "apply": "1", "reason": "x"}
    web(cast.bank).post(LIST, form)
    assert Alert.objects.get().history == []


def test_letters_are_found_by_recipient_case_and_message_id(sent, cast, web):
    letter, _now = sent
    client = web(cast.city)
    found = [
        letter.deadline.case.number in client.get(LIST, {"q": asked}).content.decode()
        for asked in (letter.recipient, letter.deadline.case.number, letter.message_id, "nobody@test.invalid")
    ]
    assert found == [True, True, True, False]


@pytest.mark.parametrize("who", ["bank", "bankhead"])
def test_a_bank_learns_no_message_id_by_which_a_report_could_be_forged(cast, smtp, web, who):
    clock = making.recommendation(cast).deadline
    sweep(now=clock.due_at)
    send_pending(now=clock.due_at)
    letter = Alert.objects.filter(recipient=f"{who}@test.invalid").get()
    number, message_id = clock.case.number, letter.message_id
    told = []
    for client in (web(getattr(cast, who)), web(cast.city)):
        page = client.get(f"{LIST}{letter.pk}/change/").content.decode()
        found = [number in client.get(LIST, {"q": asked}).content.decode() for asked in (number, message_id)]
        help_text = client.get(LIST).context["cl"].search_help_text
        told.append((number in page, message_id[1:-1] in page, found, "邮件标识" in help_text))
    assert told == [(True, False, [True, False], False), (True, True, [True, True], True)]


@pytest.mark.parametrize(("facts", "words"), [
    ({"state": "pending", "sent_at": None}, "以后发送"),
    ({"state": "pending", "sent_at": None, "attempts": 2, "last_error": "451 later"}, "第 2 次没有发成:451 later"),
    ({"state": "sent"}, "尚无送达回执"),
    ({"state": "sent", "report": "delayed 4.4.1 busy"}, "暂未送达,仍在投递 4.4.1 busy"),
    ({"state": "delivered"}, "已进入收件人邮箱"),
    ({"state": "bounced", "report": "failed 5.1.1 unknown"}, "未能送达,5.1.1 unknown"),
    ({"state": "given_up", "sent_at": None, "attempts": 3, "last_error": "550 no"}, "试了 3 次都被拒收,已放弃:550 no"),
    ({"state": "dropped", "sent_at": None}, "无需再发"),
])  # fmt: skip
def test_every_state_says_what_became_of_the_letter(sent, facts, words):
    letter, now = sent
    for name, value in facts.items():
        setattr(letter, name, value)
    letter.claimed_until = now - MINUTE
    assert (words in become(letter, now), "%(" in become(letter, now)) == (True, False)
