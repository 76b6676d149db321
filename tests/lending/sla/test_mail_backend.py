"""What stands on the envelope, as a server that offers DSN reads it, and one that does not."""

import socketserver
import threading

import pytest
from django.core.mail import EmailMessage, get_connection

from lending.sla.mail_backend import ReportingBackend, xtext

ID = "<3f0f5a4e-6c0e-4a8e@doorstep.example.cn>"


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True
    offers_dsn = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.heard: list[str] = []


class Session(socketserver.StreamRequestHandler):
    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            self.server.heard.append(line)
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-here", *(["250-DSN"] if self.server.offers_dsn else []), "250 8BITMIME")
            elif verb == "DATA":
                self.say("354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.say("250 taken")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 OK")


@pytest.fixture
def server(settings):
    one = Server()
    threading.Thread(target=one.serve_forever, args=(0.02,), daemon=True).start()
    settings.EMAIL_BACKEND = "lending.sla.mail_backend.ReportingBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = one.server_address
    yield one
    one.shutdown()
    one.server_close()


def envelope(server, **headers) -> list[str]:
    EmailMessage(
        "s", "b", "a@example.cn", ["b@example.cn"], headers=headers, connection=get_connection()
    ).send()
    return [line for line in server.heard if line[:4] in ("mail", "rcpt")]


def test_the_envelope_names_the_letter_and_asks_for_every_outcome(server):
    assert envelope(server, **{"Message-ID": ID}) == [
        "mail FROM:<a@example.cn> RET=HDRS ENVID=3f0f5a4e-6c0e-4a8e@doorstep.example.cn",
        "rcpt TO:<b@example.cn> NOTIFY=SUCCESS,FAILURE,DELAY",
    ]


@pytest.mark.parametrize("headers", [{}, {"Message-ID": f"<{'x' * 100}@y>"}])
def test_a_mail_without_a_number_or_with_too_long_a_one_asks_for_nothing(server, headers):
    assert envelope(server, **headers) == ["mail FROM:<a@example.cn>", "rcpt TO:<b@example.cn>"]


def test_a_server_that_does_not_offer_reports_is_not_asked(server):
    server.offers_dsn = False
    assert envelope(server, **{"Message-ID": ID}) == ["mail FROM:<a@example.cn>", "rcpt TO:<b@example.cn>"]


def test_what_an_envelope_cannot_hold_is_spelled_out():
    assert xtext("a=b+c é~") == "a+3Db+2Bc+20+C3+A9~"


def test_a_site_with_a_mail_server_sends_by_it():
    import os
    import subprocess
    import sys

    told = subprocess.run(
        [sys.executable, "-c", "from config import settings as s; print(s.EMAIL_BACKEND, s.REPORTS)"],
        env={**os.environ, "EMAIL_URL": "smtp://mail.example.cn:25", "REPORTS_URL": "imaps://a%40b.cn:p%2Fw@mail.example.cn/Reports"},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert told == (
        "lending.sla.mail_backend.ReportingBackend ('mail.example.cn', 993, 'a@b.cn', 'p/w', 'Reports', True)"
    )


@pytest.mark.parametrize(
    "value", ["mail.example.cn", "imaps://mail.example.cn", "pop://a:b@c", "imaps://a:b@c:x/"]
)
def test_an_address_of_a_mailbox_that_cannot_be_one_stops_the_start(monkeypatch, value):
    from config import env

    monkeypatch.setenv("REPORTS_URL", value)
    with pytest.raises(env.ConfigurationError) as stop:
        env.mailbox("REPORTS_URL")
    assert "REPORTS_URL must look like" in str(stop.value)


def test_the_backend_is_django_s_otherwise():
    assert (
        ReportingBackend.open is get_connection("django.core.mail.backends.smtp.EmailBackend").__class__.open
    )
