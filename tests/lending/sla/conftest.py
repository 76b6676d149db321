"""A real SMTP server that keeps what it is sent and answers as it is told."""

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller


class Server:
    """`letters` are what was accepted; `answers` are given to the next RCPTs instead of 250, first come first."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}  # address → answer, every time
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.refused.get(address) or (self.answers.pop(0) if self.answers else "")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 accepted"


@pytest.fixture
def smtp(settings):
    server = Server()
    server.controller.start()
    settings.EMAIL_BACKEND = "lending.sla.mail_backend.ReportingBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
    settings.PUBLIC_BASE_URL = "https://doorstep.example.cn"
    yield server
    server.controller.stop()
