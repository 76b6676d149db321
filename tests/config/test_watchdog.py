"""The watch over the sweep, in real web processes: two workers of granian, a mail server, a database that goes away."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from config import supervise, watchdog
from lending.models import Stall, Sweep
from tests.lending.sla.conftest import Server

ROOT = Path(__file__).resolve().parents[2]
LATE = 5  # seconds; a real site has 300
pytestmark = pytest.mark.django_db(transaction=True)


def wait(is_so, seconds: float = 40) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def mail():
    server = Server()
    server.controller.start()
    yield server
    server.controller.stop()


@pytest.fixture
def web(mail, servers, cast, tmp_path):
    """`web.log` and `web.process`: two workers, each with a watchdog of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = connection.settings_dict["NAME"]
    child = supervise.web("127.0.0.1", port)
    environment = {
        **os.environ, "DATABASE_URL": servers["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}", "SECRET_KEY": "x" * 50,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}", "SWEEP_LATE_SECONDS": str(LATE), "EMAIL_TIMEOUT": "2",
        "REDIS_URL": "unix:///nowhere/redis.sock",  # the second path needs none
    }  # fmt: skip
    log = tmp_path / "web.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            child.command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    child.log, child.process = log, process
    assert wait(lambda: supervise.answers("127.0.0.1", port)), log.read_text()
    yield child
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def recipients(mail) -> list[str]:
    return sorted(letter["To"] for letter in mail.letters)


BOTH = ["city@test.invalid", "sysadmin@test.invalid"]


def test_two_web_workers_write_one_letter_to_each_and_end_when_asked(web, mail):
    assert wait(lambda: len(mail.letters) >= 2), web.log.read_text()
    time.sleep(4)  # four more looks of each
    stall = Stall.objects.get()
    Sweep.objects.create(at=timezone.now(), took_ms=1)
    ended = wait(lambda: Stall.objects.filter(ended_at__isnull=False).exists(), 5)
    web.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    status = web.process.wait(20)
    assert (recipients(mail), sorted(stall.told), ended, status) == (BOTH, BOTH, True, 0)
    assert time.monotonic() - began < 4  # granian is given 5 s before it kills


def test_a_letter_refused_is_written_at_the_next_look(web, mail):
    mail.answers = ["451 not now"] * 4
    assert wait(lambda: len(mail.letters) >= 2), web.log.read_text()
    time.sleep(2)
    assert (recipients(mail), mail.answers) == (BOTH, [])


def test_it_survives_the_database_going_away(web, mail, servers):
    name = connection.settings_dict["NAME"]
    connection.close()
    with psycopg.connect(
        servers["DATABASE_URL"].replace("postgres:", "postgresql:"), autocommit=True
    ) as other:
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            away = wait(lambda: "could not be looked at" in web.log.read_text())
            quiet = recipients(mail)
        finally:
            other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert (away, quiet) == (True, [])
    assert wait(lambda: len(mail.letters) >= 2), web.log.read_text()
    assert recipients(mail) == BOTH


def test_between_two_looks_it_holds_no_connection(cast):
    Sweep.objects.create(at=timezone.now(), took_ms=1)
    found = []

    def look_once():
        watchdog.Watchdog().look(timezone.now())
        found.append(connection.connection)

    thread = threading.Thread(target=look_once)
    thread.start()
    thread.join()
    assert found == [None]


def test_whatever_goes_wrong_it_looks_again(cast, monkeypatch, caplog):
    monkeypatch.setattr("lending.sla.stalls.look", lambda **_facts: 1 / 0)
    thread = threading.Thread(target=lambda: watchdog.Watchdog().look(timezone.now()))
    thread.start()
    thread.join()
    assert "ZeroDivisionError" in caplog.text


def test_it_is_started_by_the_web_door_alone():
    counted = "import threading; print(sum(t.name == 'watchdog' for t in threading.enumerate()))"
    loaded = {
        "command": "import sys; sys.argv[0] = 'manage.py'; import config.wsgi; ",
        "worker": "import config.celery; config.celery.app.loader.import_default_modules(); ",
        "web": "import config.wsgi; ",
    }
    said = {
        name: subprocess.run(
            [sys.executable, "-c", code + counted], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        ).stdout.strip()
        for name, code in loaded.items()
    }  # fmt: skip
    assert said == {"command": "0", "worker": "0", "web": "1"}


def test_a_process_forked_after_loading_has_one_of_its_own():
    code = (
        "import os, threading, config.wsgi\n"
        "pid = os.fork()\n"
        "names = [t.name for t in threading.enumerate()].count('watchdog')\n"
        "os.waitpid(pid, 0) if pid else None\n"
        "print(names, flush=True)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.split() == ["1", "1"]


FORKED = """
import os
import config.wsgi
from django.db import connection, connections

def asked(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchone()[0]
    connections.close_all()
    return found

ours = asked("SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database()")
pid = os.fork()
if not pid:
    print("shared", asked("SELECT pg_backend_pid()") in ours, flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print("alive", asked("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", ours) == len(ours), flush=True)
"""


def test_a_process_forked_after_the_first_look_opens_connections_of_its_own(servers):
    name = connection.settings_dict["NAME"]
    url = servers["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    done = subprocess.run(
        [sys.executable, "-c", FORKED], cwd=ROOT, env={**os.environ, "DATABASE_URL": url, "SECRET_KEY": "x" * 50},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["shared False", "alive True"], done.stderr


def test_the_pause_follows_the_limit(settings):
    settings.SWEEP_LATE_SECONDS = 300
    dog = watchdog.Watchdog()
    assert (dog.pause, dog.late, dog.daemon) == (60, timedelta(minutes=5), True)
