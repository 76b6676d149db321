"""Uploads that break off or are far too large, against the real web processes: no transaction stays open, no worker dies."""

import json
import os
import signal
import socket
import subprocess
import time

import pytest
from django.conf import settings
from django.db import connection

from config import supervise
from tests import factories as make
from visits.models import Visit

pytestmark = pytest.mark.django_db(transaction=True)
PORT = 8947
OPEN_TRANSACTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"


@pytest.fixture
def web_process(cast):
    """The web processes as `make run` starts them, on the test database."""
    settings_of_test = connection.settings_dict
    url = os.environ.get("DATABASE_URL") or ""
    from config import embedded

    base = url or embedded.database_url()
    environment = os.environ | {
        "DATABASE_URL": base.rsplit("/", 1)[0] + "/" + settings_of_test["NAME"], "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY, "ALLOWED_HOSTS": "localhost", "PUBLIC_BASE_URL": "http://localhost", "DEBUG": "1",
    }  # fmt: skip
    process = subprocess.Popen(
        supervise.web("127.0.0.1", PORT).command,
        env=environment,
        cwd=supervise.env.ROOT,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not supervise.answers("127.0.0.1", PORT):
        assert process.poll() is None and time.monotonic() < deadline, "the web processes did not start"
        time.sleep(0.2)
    yield process
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(20)


def head(client, length: str) -> bytes:
    cookies = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}; csrftoken={'a' * 32}"
    lines = [
        "POST /api/v1/visits/ HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Cookie: {cookies}",
        f"X-CSRFToken: {'a' * 32}", "Origin: http://localhost", length, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def answer_to(request: bytes) -> tuple[int, dict]:
    with socket.create_connection(("127.0.0.1", PORT), timeout=30) as wire:
        try:
            wire.sendall(request)
        except (BrokenPipeError, ConnectionResetError):  # answered before all of it was read
            pass
        told = b""
        while block := wire.recv(65536):
            told += block
            top, mark, body = told.partition(b"\r\n\r\n")
            if mark and b"\r\ncontent-length: %d" % len(body) in top.lower():
                break
    return int(told[9:12]), json.loads(body)


def test_uploads_that_break_off_leave_nothing_open_and_the_next_one_is_answered(cast, api, web_process):
    client = api(cast.officer)
    body = json.dumps(make.visit_body(make.business(), banks=(cast.first_bank,))).encode()
    for sent in [0, 1, len(body) // 2, len(body) - 1] * 12:
        with socket.create_connection(("127.0.0.1", PORT), timeout=10) as wire:
            wire.sendall(head(client, f"Content-Length: {len(body)}") + body[:sent])
            wire.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )  # cut, not closed politely
    time.sleep(0.5)
    with connection.cursor() as cursor:
        cursor.execute(OPEN_TRANSACTIONS)
        assert (cursor.fetchone()[0], Visit.objects.count()) == (0, 0)
    status, said = answer_to(head(client, f"Content-Length: {len(body)}") + body)
    assert (status, said["status"], Visit.objects.count(), web_process.poll()) == (201, "ok", 1, None)


def test_a_client_that_leaves_before_its_answer_has_one_visit_after_asking_again(cast, api, web_process):
    client = api(cast.officer)
    body = json.dumps(make.visit_body(make.business(), banks=(cast.first_bank,))).encode()
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as wire:
        wire.sendall(head(client, f"Content-Length: {len(body)}") + body)
    deadline = time.monotonic() + 10
    while not Visit.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    status, said = answer_to(head(client, f"Content-Length: {len(body)}") + body)
    # the server may have let go of it before it began, or have written it: asking again is right either way
    assert (status in (200, 201), said["status"], Visit.objects.count()) == (True, "ok", 1)


def test_sixteen_megabytes_of_json_are_refused_unread(cast, api, web_process):
    client = api(cast.officer)
    body = b'{"note": "' + b"x" * (16 * 1024 * 1024) + b'"}'
    status, said = answer_to(head(client, f"Content-Length: {len(body)}") + body)
    assert (status, said["code"]) == (413, "too_large")


def test_a_body_without_a_length_is_no_way_around_the_bound(cast, api, web_process):
    client = api(cast.officer)
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    status, said = answer_to(head(client, "Transfer-Encoding: chunked") + chunk * 16 + b"0\r\n\r\n")
    assert (status, said["code"]) in {(400, "malformed_json"), (413, "too_large"), (400, "invalid")}
