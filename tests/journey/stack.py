"""The whole product as `make run` starts it, beside a real SMTP server, and people who use it over HTTP."""

import os
import re
import socket
import subprocess
import sys
import time
import uuid
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import requests
from aiosmtpd.controller import Controller

from tests.factories import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mailbox:
    """An SMTP handler that keeps every letter, parsed, with whom it was for."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for recipients, letter in self.letters if address in recipients]


class Stack:
    """PostgreSQL, Redis, web, Celery worker and beat as processes of their own, under their own folder."""

    def __init__(self, var: Path) -> None:
        self.mailbox = Mailbox()
        self.smtp = Controller(self.mailbox, hostname="127.0.0.1", port=free_port())
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DOORSTEP_VAR": str(var), "PORT": str(self.port), "DEMO": "0", "PUBLIC_BASE_URL": self.base,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp.port}", "DJANGO_SETTINGS_MODULE": "config.settings", "DOORSTEP_DOTENV": "0",
        }  # fmt: skip
        self.environment.pop("DATABASE_URL", None)
        self.environment.pop("REDIS_URL", None)
        self.log = var.parent / f"{var.name}.log"

    def start(self) -> None:
        self.smtp.start()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.process = self._spawn("-m", "config.supervise")
        self._wait_until_it_answers()
        self.run("-m", "tests.journey.seed")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.smtp.stop()

    def _spawn(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=self.environment,
                                stdout=self.log.open("ab"), stderr=subprocess.STDOUT)  # fmt: skip

    def run(self, *arguments: str) -> str:
        """Run a command beside the running product; its standard output."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, statement: str, *values: object) -> None:
        """Straight into the database: only to let time pass, which nobody can do over HTTP."""
        call = f"connection.cursor().execute({statement!r}, {values!r})"
        self.run("-c", f"import django; django.setup(); from django.db import connection; {call}")

    def _wait_until_it_answers(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if requests.get(f"{self.base}/healthz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"no answer within two minutes: {self.log.read_text()}")


class Person(requests.Session):
    """Somebody at a browser or a phone: signs in at the page, then calls the API with the session."""

    def __init__(self, stack: Stack, username: str | None = None) -> None:
        super().__init__()
        self.base = stack.base
        if username:
            self.get(f"{self.base}/sign-in/")
            answer = self.submit("/sign-in/", username=username, password=PASSWORD)
            assert answer.status_code == 302, answer.text

    def submit(self, path: str, **fields: object) -> requests.Response:
        """Send a page's form with its CSRF token."""
        fields["csrfmiddlewaretoken"] = self.cookies["csrftoken"]
        return self.post(
            self.base + path, data=fields, headers={"Referer": self.base + path}, allow_redirects=False
        )

    def page(self, path: str) -> str:
        answer = self.get(self.base + path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def read(self, path: str, status: int = 200) -> dict:
        answer = self.get(f"{self.base}/api/v1/{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    def call(self, path: str, body: dict, status: int = 200) -> dict:
        headers = {"X-CSRFToken": self.cookies.get("csrftoken", ""), "X-Idempotency-Key": str(uuid.uuid4())}
        answer = self.post(f"{self.base}/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()


def wait_for(look, seconds: float, what: str):
    """The first true answer of `look()`, or a failure that says what was waited for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


def text_of(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body(preferencelist=(kind,))
    assert part is not None, f"no {kind} part"
    return part.get_content()


def links_in(html: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', html)
