"""The product in real processes on a data folder of its own, and the levers to break it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import redis

from config import supervise

ROOT = Path(__file__).resolve().parents[2]
SWEEP, LEASE = 2, 6  # seconds; a real site has 60 and 600
# Holds the lease on the local servers until its standard input ends, which it does with this process at the latest.
HOLD = """
import json, sys
from config import embedded
print(json.dumps(embedded.ensure_started()), flush=True)
sys.stdin.read()
embedded.stop()
"""
PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("load_reference", verbosity=0)
"""


def wait_until(is_so: Callable[[], bool], seconds: float = 60, why: str = "") -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, f"waited {seconds:.0f} s {why}"
        time.sleep(0.1)


class Site:
    def __init__(self, var: Path) -> None:
        self.var, self.running, self.is_at_work = var, [], False
        shutil.rmtree(var, ignore_errors=True)
        self.mail = MailServer(var / "mail-server")
        self.environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DOORSTEP_VAR": str(var), "DEMO": "0",
            # the tests' own servers may lose what they had committed; here that is what is tested
            "DOORSTEP_FSYNC": "on",
            "SECRET_KEY": "faults", "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}", "EMAIL_TIMEOUT": "1",
            "SWEEP_SECONDS": str(SWEEP), "ALERT_LEASE_SECONDS": str(LEASE),
        }  # fmt: skip

    def start(self) -> None:
        self.mail.start()
        self.holder = subprocess.Popen(
            [sys.executable, "-c", HOLD], cwd=ROOT, env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.urls = json.loads(self.holder.stdout.readline())
        self.environment |= self.urls
        self.dsn = self.urls["DATABASE_URL"].replace("postgres:", "postgresql:")
        self.run("-c", PREPARE)

    def stop(self) -> None:
        self.rest()
        self.mail.stop()
        if self.holder.poll() is None:
            self.holder.communicate(timeout=60)
        home = Path(self.urls["REDIS_URL"].removeprefix("unix://").partition("/redis.sock")[0]).name
        shutil.rmtree(f"/var/lib/{home}", ignore_errors=True)  # as root: the data where `nobody` can reach it
        shutil.rmtree(self.var, ignore_errors=True)

    # --- processes ---

    def run(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment | environment, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def spawn(self, name: str, command: list[str]) -> subprocess.Popen:
        """In a process group of its own that ends with this process, as the supervisor starts its children."""
        with (self.var / "log" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=supervise._die_with_parent,
            )  # fmt: skip
        process.name = name
        self.running.append(process)
        return process

    def worker(self) -> subprocess.Popen:
        return self.spawn("worker", supervise.worker().command)

    def beat(self, number: int = 1) -> subprocess.Popen:
        command = supervise.beat().command
        command[command.index("--schedule") + 1] = str(self.var / "run" / f"beat-{number}")
        return self.spawn("beat", command)

    def work(self) -> None:
        """Worker and beat, as `make run` has them: they go on from test to test, and who has died is started again."""
        self.is_at_work = True
        self.running = [process for process in self.running if process.poll() is None]
        for name, start in (("worker", self.worker), ("beat", self.beat)):
            if not self.named(name):
                start()

    def rest(self) -> None:
        self.is_at_work = False
        for process in list(self.running):
            self.kill(process)

    def named(self, name: str) -> list[subprocess.Popen]:
        return [process for process in self.running if process.name == name]

    def kill(self, process: subprocess.Popen) -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(10)
        self.running.remove(process)

    @staticmethod
    def kill_pid(pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    # --- servers ---

    def server(self, name: str) -> int:
        """The pid of `keeper`, `postgres` or `redis` as it is now; 0 while there is none."""
        try:
            if name == "keeper":
                return int((self.var / "run" / "keeper").read_text())
            return json.loads((self.var / "run" / "state.json").read_text())[name]
        except (OSError, ValueError):
            return 0

    def signal_server(self, name: str, number: int) -> None:
        os.kill(self.server(name), number)

    def wait_for_new(self, name: str, old: int) -> None:
        wait_until(lambda: self.server(name) not in (0, old), 60, f"for {name} to come back")

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.urls["REDIS_URL"])

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """Killed, and back afterwards with nothing in it. Its keeper must not notice before."""
        old = self.server("redis")
        self.signal_server("keeper", signal.SIGSTOP)
        try:
            self.kill_pid(old)
            yield
            shutil.rmtree(self.var / "redis")
        finally:
            self.signal_server("keeper", signal.SIGCONT)
        self.wait_for_new("redis", old)

    # --- the database, past Django ---

    def sql(self, statement: str, *values: object) -> list[tuple]:
        """In a connection of its own; waits for a database that is just being started."""
        until = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(self.dsn) as line:
                    cursor = line.execute(statement, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                assert time.monotonic() < until, "no database"
                time.sleep(0.2)

    @contextmanager
    def held(self, table: str, waiting: int) -> Iterator[None]:
        """Nobody reads the table for writing before `waiting` others are there to do so."""
        with psycopg.connect(self.dsn) as line:
            line.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
            asked = "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted"
            wait_until(lambda: self.one(asked, table) == waiting, 60, f"for {waiting} to come to {table}")

    def one(self, statement: str, *values: object):
        return self.sql(statement, *values)[0][0]

    def forget(self) -> None:
        self.sql("TRUNCATE lending_alert, lending_deadline, lending_suspension, lending_sweep CASCADE")
        self.mail.forget()

    def clocks(self, *, banks: int, cases_each: int, due_at: datetime) -> None:
        """`banks` × `cases_each` clocks that run out at `due_at` and then owe two letters each."""
        self.run("-m", "tests.faults.seed", str(banks), str(cases_each), due_at.isoformat())

    def sweep(self, at: datetime, *options: str) -> dict:
        """One pass by hand as if it were then, which only a site for developers allows."""
        said = self.run("manage.py", "sweep_deadlines", "--at", at.isoformat(), *options, DEBUG="1")
        return json.loads(said.splitlines()[-1])

    def breached(self) -> int:
        return self.one("SELECT count(*) FROM lending_deadline WHERE state = 'breached'")

    def pending(self) -> int:
        return self.one("SELECT count(*) FROM lending_alert WHERE state = 'pending'")

    def ledger(self) -> int:
        return self.one("SELECT count(*) FROM lending_alert")

    def says(self) -> str:
        """For a test that gives up: the ledger, the last sweep, and the ends of the logs."""
        asked = "SELECT state, count(*), max(attempts), max(last_error), max(claimed_until) FROM lending_alert GROUP BY 1"
        logs = [f"--- {log.name}\n{log.read_text()[-1500:]}" for log in (self.var / "log").glob("*.log")]
        swept = self.sql("SELECT count(*), max(at) FROM lending_sweep")
        return "\n".join([str(self.sql(asked)), str(swept), *logs])

    def time_passes(self) -> None:
        """The minutes between two tries of a letter are over."""
        self.sql("UPDATE lending_alert SET send_after = now() WHERE state = 'pending' AND send_after > now()")


class MailServer:
    def __init__(self, folder: Path) -> None:
        self.folder, self.process = folder, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mail_server", str(self.port), str(self.folder)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=supervise._die_with_parent,
        )  # fmt: skip
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def behave(self, mode: str = "accept", pause: float = 0) -> None:
        for name, said in (("pause", str(pause)), ("mode", mode)):
            draft = self.folder / f"{name}.new"
            draft.write_text(said)
            draft.rename(self.folder / name)

    def forget(self) -> None:
        self.behave()
        (self.folder / "accepted").open("w").close()

    def accepted(self) -> list[dict]:
        return [json.loads(line) for line in (self.folder / "accepted").read_text().splitlines()]
