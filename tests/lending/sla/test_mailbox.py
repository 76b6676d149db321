"""Reading the mailbox of reports over IMAP, from a small peer written here: it speaks what RFC 3501 asks of a server for
these commands, over a real socket. No real IMAP server has been tried."""

import re
import shutil
import socketserver
import ssl
import subprocess
import threading
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, transaction

from lending.models import Alert, DeliveryReport
from lending.sla import mailbox
from lending.sla.kinds import DeadlineKind
from lending.sla.mailbox import TROUBLE, read_mailbox
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from lending.sla.tasks import read_delivery_reports
from tests import factories as make
from tests.lending.sla import making
from tests.lending.sla.reports import ABSENCE, POSTFIX, written

pytestmark = pytest.mark.django_db
NOW = make.NOW


class Mailbox(socketserver.ThreadingTCPServer):
    """`mails` by uid, `flags` by uid, `seen` the commands as they came; `refused` commands are answered NO."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails: dict[int, bytes] = {}
        self.flags: dict[int, set[str]] = {}
        self.seen: list[str] = []
        self.refused = ""
        self.capabilities = "IMAP4rev1 ID"

    def put(self, *mails: bytes) -> None:
        for mail in mails:
            uid = len(self.mails) + 101
            self.mails[uid], self.flags[uid] = mail.replace(b"\n", b"\r\n"), set()

    @property
    def address(self) -> tuple:
        return "127.0.0.1", self.server_address[1], "reports@example.cn", 'pass "word', "INBOX", False


class Session(socketserver.StreamRequestHandler):
    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self.server.seen.append(command)
            name = command.removeprefix("UID ").split()[0].upper()
            if name == self.server.refused:
                self.say(f"{tag} NO not now")
                continue
            getattr(self, f"on_{name.lower()}", lambda _command: None)(command)
            self.say(f"{tag} OK done")

    def on_capability(self, _command: str) -> None:
        self.say(f"* CAPABILITY {self.server.capabilities}")

    def on_select(self, _command: str) -> None:
        self.say(f"* {len(self.server.mails)} EXISTS")

    def on_search(self, _command: str) -> None:
        unread = [str(uid) for uid, flags in self.server.flags.items() if "\\Seen" not in flags]
        self.say(" ".join(["* SEARCH", *unread]))

    def on_fetch(self, command: str) -> None:
        uid, size = map(int, re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command).groups())
        mail = self.server.mails[uid][:size]
        self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (uid, len(mail), mail))

    def on_store(self, command: str) -> None:
        uid, flags = re.match(r"UID STORE (\d+) \+FLAGS\.SILENT \((.*)\)", command).groups()
        self.server.flags[int(uid)] |= set(flags.split())


@pytest.fixture
def peer():
    server = Mailbox()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def certificate(peer, tmp_path):
    """The peer speaks TLS with a certificate for 127.0.0.1 that nobody else has signed; where that lies."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not there")
    key, own = tmp_path / "key.pem", tmp_path / "own.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=reports -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*made.split(), "-keyout", key, "-out", own], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    peer.socket = context.wrap_socket(peer.socket, server_side=True, do_handshake_on_connect=False)
    return own


@pytest.fixture
def sent(cast, smtp):
    clock = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    sweep(now=clock.due_at - timedelta(days=3))
    send_pending(now=clock.due_at - timedelta(days=3))
    return Alert.objects.get()


def poll(peer, **options):
    return read_mailbox(address=peer.address, now=NOW, timeout=5, **options)


def test_reports_are_taken_and_marked_read(peer, sent):
    peer.put(written(POSTFIX, message_id=sent.message_id))
    first, second = poll(peer), poll(peer)
    sent.refresh_from_db()
    assert (first.bounced, second.read, sent.state, peer.flags) == (1, 0, "bounced", {101: {"\\Seen"}})


def test_what_is_no_report_is_left_for_a_person_to_see(peer, sent):
    peer.put(written(ABSENCE, message_id=sent.message_id))
    assert (poll(peer).no_report, peer.flags) == (1, {101: {"\\Seen", "\\Flagged"}})


def test_a_reader_killed_before_it_marked_the_mail_reads_it_again_and_nothing_is_counted_twice(
    peer, sent, monkeypatch
):
    peer.put(written(POSTFIX, message_id=sent.message_id))

    def killed(**_facts):
        real(**_facts)
        raise KeyboardInterrupt

    real = mailbox.take
    with monkeypatch.context() as patch:
        patch.setattr(mailbox, "take", killed)
        with pytest.raises(KeyboardInterrupt):
            poll(peer)
    unmarked = {uid: set(flags) for uid, flags in peer.flags.items()}
    again = poll(peer)
    assert (unmarked, again.repeated, again.bounced, DeliveryReport.objects.count()) == (
        {101: set()},
        1,
        0,
        1,
    )


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_mail_is_not_marked_before_the_ledger_has_it(peer, sent, monkeypatch, error):
    def away(**_facts):
        raise error

    peer.put(written(POSTFIX, message_id=sent.message_id))
    monkeypatch.setattr(mailbox, "take", away)
    with pytest.raises(error):
        poll(peer)
    assert peer.flags == {101: set()}


def test_a_mail_that_cannot_be_taken_is_left_for_a_person_and_the_others_are_read(
    peer, sent, monkeypatch, caplog
):
    def stumble(*, raw, now):
        if b"monster" in raw:
            Alert.objects.filter(message_id="\x00").exists()
        return real(raw=raw, now=now)

    real = mailbox.take
    monkeypatch.setattr(mailbox, "take", transaction.atomic(stumble))
    peer.put(
        written(POSTFIX, message_id="<monster@example.cn>"), written(POSTFIX, message_id=sent.message_id)
    )
    first, second = poll(peer), poll(peer)
    assert (first.read, first.no_report, first.bounced, second.read) == (2, 1, 1, 0)
    assert (peer.flags, "mail 101" in caplog.text) == (
        {101: {"\\Seen", "\\Flagged"}, 102: {"\\Seen"}}, True,
    )  # fmt: skip


def test_ten_megabytes_are_not_fetched(peer, sent):
    peer.put(written(POSTFIX, message_id=sent.message_id) + b"x" * 10_000_000)
    assert (poll(peer).bounced, [c for c in peer.seen if "FETCH" in c]) == (
        1, ["UID FETCH 101 (BODY.PEEK[]<0.1048576>)"],
    )  # fmt: skip


def test_a_run_takes_so_many_and_the_next_one_the_rest(peer, sent):
    peer.put(*[written(POSTFIX, message_id=f"<{n}@elsewhere.example.cn>") for n in range(5)])
    assert [poll(peer, at_once=3).read for _ in range(3)] == [3, 2, 0]


def test_we_say_who_we_are_where_the_server_wants_to_know(peer, db):
    poll(peer)
    peer.capabilities = "IMAP4rev1"
    said = [command for command in peer.seen if command.startswith("ID ")]
    poll(peer)
    assert [command for command in peer.seen if command.startswith("ID ")] == said == [
        'ID ("name" "doorstep" "version" "1.0")'
    ]  # fmt: skip


@pytest.mark.parametrize("refused", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_server_that_refuses_is_trouble_and_not_a_fault(peer, sent, refused):
    peer.put(written(POSTFIX, message_id=sent.message_id))
    peer.refused = refused
    with pytest.raises(TROUBLE):
        poll(peer)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_only_a_server_whose_certificate_is_trusted_gets_the_password(
    peer, certificate, monkeypatch, is_trusted
):
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    try:
        read_mailbox(address=(*peer.address[:-1], True), now=NOW, timeout=5)
    except ssl.SSLCertVerificationError:
        pass
    assert any(command.startswith("LOGIN") for command in peer.seen) is is_trusted


def test_the_tick_survives_a_dead_server_and_keeps_the_password_out_of_the_log(settings, db, caplog):
    settings.REPORTS = ("127.0.0.1", 1, "reports@example.cn", "geheim", "INBOX", False)
    read_delivery_reports()
    assert ("ConnectionRefusedError" in caplog.text, "geheim" in caplog.text) == (True, False)


def test_the_tick_has_nothing_to_do_without_a_mailbox(settings, db):
    settings.REPORTS = None
    assert read_delivery_reports() is None
