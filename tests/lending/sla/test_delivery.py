"""What a report does to the ledger, in whatever order and how often it comes."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from lending.models import Alert, DeliveryReport
from lending.sla.delivery import take
from lending.sla.kinds import DeadlineKind
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from tests import factories as make
from tests.lending.sla import making
from tests.lending.sla.reports import ABSENCE, EXCHANGE, ID, NETEASE, POSTFIX, TENCENT, written

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
HOUR = timedelta(hours=1)
NOW = make.NOW


@pytest.fixture
def sent(cast, smtp):
    """One letter that the server has taken."""
    clock = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    sweep(now=clock.due_at - timedelta(days=3))
    send_pending(now=clock.due_at - timedelta(days=3))
    return Alert.objects.get()


def report(letter, action="failed", shape=POSTFIX) -> bytes:
    return written(shape, message_id=letter.message_id, action=action)


def state(letter):
    letter.refresh_from_db()
    return letter.state


@pytest.mark.parametrize("shape", [POSTFIX, EXCHANGE, NETEASE, TENCENT])
def test_a_bounce_stands_in_the_ledger_with_its_reason(sent, shape):
    before = sent.sent_at
    taken = take(raw=report(sent, shape=shape), now=NOW)
    row = DeliveryReport.objects.get()
    assert (taken.bounced, taken.unknown, state(sent), sent.sent_at) == (1, 0, "bounced", before)
    assert (sent.reported_at, "550" in sent.report, row.alerts_count, row.message_id) == (
        NOW, True, 1, sent.message_id,
    )  # fmt: skip


@pytest.mark.parametrize(("action", "becomes"), [
    ("delivered", "delivered"), ("delayed", "sent"), ("relayed", "sent"), ("expanded", "sent"), ("nonsense", "sent"),
])  # fmt: skip
def test_what_is_no_bounce_is_told_as_it_is(sent, action, becomes):
    take(raw=report(sent, action), now=NOW)
    assert (state(sent), sent.report.split()[0], sent.reported_at) == (becomes, action, NOW)


def test_the_same_report_again_changes_nothing_whatever_ends_its_lines(sent):
    raw = report(sent)
    first = take(raw=raw, now=NOW)
    again = [take(raw=one, now=NOW + HOUR) for one in (raw, raw.replace(b"\n", b"\r\n"), raw + b"\n")]
    state(sent)
    assert (first.bounced, [one.repeated for one in again], [one.bounced for one in again]) == (
        1,
        [1] * 3,
        [0] * 3,
    )
    assert (DeliveryReport.objects.count(), sent.reported_at) == (1, NOW)


@pytest.mark.parametrize("order", list(permutations(["delayed", "delivered", "failed"])))
def test_a_failure_outweighs_whatever_is_told_before_or_after(sent, order):
    for action in order:
        take(raw=report(sent, action), now=NOW)
    assert (state(sent), sent.report.split()[0]) == ("bounced", "failed")


def test_a_delay_told_late_does_not_hide_the_delivery(sent):
    for action in ("delivered", "delayed"):
        take(raw=report(sent, action), now=NOW)
    assert (state(sent), sent.report.split()[0]) == ("delivered", "delivered")


def test_a_report_about_somebody_else_s_mail_is_kept_and_touches_nothing(sent):
    taken = take(raw=written(POSTFIX, message_id=ID), now=NOW)
    row = DeliveryReport.objects.get()
    assert (taken.unknown, row.alerts_count, row.message_id, state(sent)) == (1, 0, ID, "sent")


def test_an_absence_note_leaves_no_trace(sent):
    taken = take(raw=report(sent, shape=ABSENCE), now=NOW)
    assert (taken.no_report, DeliveryReport.objects.count(), state(sent)) == (1, 0, "sent")


def test_every_letter_of_a_digest_bounces_with_it(cast, smtp):
    clocks = [making.clock(cast), making.clock(cast)]
    sweep(now=clocks[0].due_at)
    send_pending(now=clocks[0].due_at)
    letter = Alert.objects.filter(recipient="bank@test.invalid").first()
    take(raw=report(letter), now=NOW)
    bounced = Alert.objects.filter(state="bounced")
    assert (bounced.count(), set(bounced.values_list("recipient", flat=True))) == (2, {"bank@test.invalid"})


def test_one_bounce_does_not_silence_a_mailbox(cast, smtp):
    clock = making.clock(cast)
    soon, last = clock.due_at - timedelta(days=3), clock.due_at - timedelta(days=1)
    sweep(now=soon), send_pending(now=soon)
    take(raw=report(Alert.objects.get(recipient="bank@test.invalid")), now=soon)
    sweep(now=last), send_pending(now=last)
    assert list(
        Alert.objects.filter(recipient="bank@test.invalid").order_by("pk").values_list("state", flat=True)
    ) == ["bounced", "sent"]


def test_the_level_above_hears_of_a_bounced_case_by_the_next_step(cast, smtp):
    clock = making.clock(cast)
    late, above = clock.due_at, clock.due_at + timedelta(days=3)
    sweep(now=late), send_pending(now=late)
    for letter in Alert.objects.all():
        take(raw=report(letter), now=late)
    sweep(now=above), send_pending(now=above)
    assert {mail["To"] for mail in smtp.letters} >= {"panel@test.invalid"}


def test_a_letter_taken_by_the_server_before_its_sender_died_is_known_by_its_report(sent):
    Alert.objects.update(state="pending", sent_at=None, claimed_until=NOW + HOUR)
    take(raw=report(sent, "delivered"), now=NOW)
    assert (state(sent), sent.sent_at, sent.claimed_until) == ("delivered", NOW, None)


@pytest.mark.parametrize("action", ["delivered", "failed"])
@pytest.mark.parametrize("facts", [{"attempts": 1, "last_error": "451 greylisted"}, {"attempts": 0}])
def test_a_report_about_a_letter_that_cannot_have_arrived_leaves_it_owed(sent, action, facts):
    Alert.objects.update(state="pending", sent_at=None, **facts)
    take(raw=report(sent, action), now=NOW)
    assert (state(sent), sent.report, DeliveryReport.objects.count()) == ("pending", "", 1)


def test_a_hostile_report_fits_the_columns(sent):
    raw = b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; " + b"\xff\x00" * 5000
    raw += b"\nAction: " + b"q" * 900 + b"\nStatus: 5.1.1 \x00\nDiagnostic-Code: smtp; " + b"\xf0\x9f" * 4000
    assert take(raw=raw, now=NOW).other == 1


def test_the_command_takes_a_file_and_says_what_it_did(sent, tmp_path, capsys):
    (tmp_path / "report.eml").write_bytes(report(sent))
    call_command("read_delivery_reports", str(tmp_path / "report.eml"))
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said, state(sent)) == (
        {"read": 1, "delivered": 0, "bounced": 1, "other": 0, "repeated": 0, "unknown": 0, "no_report": 0},
        "bounced",
    )


@pytest.mark.parametrize("arguments", [[], ["/nowhere/report.eml"]])
def test_the_command_says_what_it_lacks(arguments, db):
    with pytest.raises(CommandError):
        call_command("read_delivery_reports", *arguments)


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_may_pipe_the_report_in(sent, servers):
    """A process of its own, as an alias of Postfix would start it, and ten megabytes into it."""
    name = connection.settings_dict["NAME"]
    url = servers["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    done = subprocess.run(
        [sys.executable, "manage.py", "read_delivery_reports", "-"], cwd=ROOT, input=report(sent) + b"x" * 10_000_000,
        env={**os.environ, "DATABASE_URL": url, "SECRET_KEY": "x" * 50}, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout.splitlines()[-1])["bounced"], state(sent)) == (
        0, 1, "bounced",
    ), done.stderr  # fmt: skip


def test_the_admin_lists_reports_in_our_words_for_city_and_auditor_alone(sent, cast, web):
    take(raw=report(sent), now=NOW)
    page = "/admin/lending/deliveryreport/"
    told = [("退信" in web(who).get(page).content.decode()) for who in (cast.city, cast.auditor)]
    refused = [web(who).get(page).status_code for who in (cast.bank, cast.sysadmin)]
    found = web(cast.city).get(page, {"q": sent.message_id}).content.decode()
    assert (told, refused, "li@bank.example.cn" in found) == ([True, True], [403, 403], True)
