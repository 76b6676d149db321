"""What `make run` executes: servers, migrations, demo, then web, Celery worker and beat, until Ctrl-C or SIGTERM.

Every child has its own process group, so Ctrl-C reaches this process alone, which then stops them in order. On Linux
the kernel ends the children should this process be killed outright.
"""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TextIO

from config import embedded, env, prepare

SIGN_INS = (
    "officer  panel  panel2  panel-other  bank  bankhead  bank-other  city  sysadmin  secadmin  auditor"
)
DEMO_PASSWORD = "visit-to-credit-demo"  # noqa: S105  printed on purpose
FIRST_ANSWER_SECONDS = 60
STOP_SECONDS = {"web": 10, "beat": 5, "worker": 20}  # also the order of stopping
STEADY_SECONDS = 60
LONGEST_PAUSE = 30
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """One process that is started again when it dies."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.name = name
        self.command = [sys.executable, "-m", *arguments]
        self.process: subprocess.Popen | None = None
        self.started_at = self.start_again_at = 0.0
        self.pause = 1.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=env.ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self.started_at = time.monotonic()

    def look(self) -> None:
        """Start again what has died: after a second if it was steady, else after a pause that doubles."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.pause = 1.0 if now - self.started_at > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
            say(
                f"{self.name} ended with status {self.process.returncode}; starting it again in {self.pause:.0f} s"
            )
            self._kill_group()
            self.process, self.start_again_at = None, now + self.pause
        if self.process is None and now >= self.start_again_at:
            self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait_stopped(self, seconds: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            say(f"{self.name} did not stop within {seconds:.0f} s; killing it")
        self._kill_group()
        self.process.wait()

    def _kill_group(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # whatever it forked and left
        except (ProcessLookupError, PermissionError):
            pass


class Supervisor:
    def __init__(self) -> None:
        self.host = env.text("HOST", "127.0.0.1")
        self.port = env.number("PORT", 8000, low=1, high=65535)
        self.is_asked_to_stop = False
        self.children: list[Child] = []

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        _stop_with_make()
        refuse_taken_port(self.host, self.port)
        self.alone = refuse_second_supervisor()
        try:
            self._start_servers()
            return self._prepare() or self._serve()
        finally:
            self._stop()

    def _start_servers(self) -> None:
        """Have both servers up and hand their addresses, and the key, to the children."""
        os.environ["DOORSTEP_VAR"] = str(embedded.prepare_var())
        os.environ["PORT"] = str(self.port)
        wants_postgres, wants_redis = embedded.wants_postgres(), embedded.wants_redis()
        if not env.text("SECRET_KEY", "") and wants_postgres:
            os.environ["SECRET_KEY"] = embedded.secret_key()
        if wants_postgres or wants_redis:
            say("starting the local PostgreSQL and Redis")
            urls = embedded.ensure_started()
            if wants_postgres:
                os.environ["DATABASE_URL"] = urls["DATABASE_URL"]
            if wants_redis:
                os.environ["REDIS_URL"] = urls["REDIS_URL"]

    def _prepare(self) -> int:
        step = Child("preparation", "config.prepare")
        step.start()
        while step.process.poll() is None:
            if self.is_asked_to_stop:
                step.ask_to_stop()
                step.wait_stopped(10)
                return 0
            time.sleep(0.1)
        if step.process.returncode and not self.is_asked_to_stop:
            say("the preparation failed, see above; nothing is left running")
        return step.process.returncode

    def _serve(self) -> int:
        self.children = [web(self.host, self.port), worker(), beat()]
        for child in self.children:
            child.start()
        until = time.monotonic() + FIRST_ANSWER_SECONDS
        has_answered = False
        while not self.is_asked_to_stop:
            self._look_after_servers()
            for child in self.children:
                child.look()
            if not has_answered and answers(self.host, self.port):
                has_answered = True
                announce(self.port)
            if not has_answered and time.monotonic() > until:
                say(f"the web process does not answer on port {self.port}; giving up")
                return 1
            time.sleep(0.2)
        return 0

    def _look_after_servers(self) -> None:
        try:
            embedded.keep_up()
        except embedded.EmbeddedError as error:
            say(str(error))
            time.sleep(2)

    def _stop(self) -> None:
        if self.children:
            say("stopping")
        by_name = {child.name: child for child in self.children}
        order = [by_name[name] for name in STOP_SECONDS if name in by_name]
        for child in order:
            child.ask_to_stop()
        for child in order:
            child.wait_stopped(STOP_SECONDS[child.name])
        if embedded.is_held() and not embedded.stop():
            say("the local PostgreSQL and Redis go on: another command still uses them")
        if self.children:
            say("stopped")

    def _ask_to_stop(self, *_: object) -> None:
        self.is_asked_to_stop = True


def web(host: str, port: int) -> Child:
    options = [
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(port),
        "--workers",
        "2",
        "--blocking-threads",
        "2",
    ]
    options += [
        "--respawn-failed-workers",
        "--workers-kill-timeout",
        "5",
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    return Child("web", "granian", *options, "config.wsgi:application")


def worker() -> Child:
    options = ["--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    child = Child("worker", "celery", "--quiet", "-A", "config", "worker", *options)
    # Celery's advice against root fills the first screen of a container and helps nobody there.
    child.command[1:1] = ["-W", "ignore:You're running the worker"]
    return child


def beat() -> Child:
    schedule = str(embedded.var_dir() / "run" / "beat-schedule")
    return Child(
        "beat",
        "celery",
        "--quiet",
        "-A",
        "config",
        "beat",
        "--schedule",
        schedule,
        "--pidfile",
        "",
        "--loglevel",
        "WARNING",
    )


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise env.ConfigurationError(
                f"doorstep: port {port} on {host} cannot be used ({error.strerror}); choose another with PORT=8001 make run"
            ) from None


def refuse_second_supervisor() -> TextIO:
    """One per data folder: two beats would write one schedule file. The lock lasts as long as the file is open."""
    lock = (embedded.prepare_var() / "run" / "supervisor").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise env.ConfigurationError(
            f"doorstep: already running on {embedded.var_dir()}; stop that one first, or give this one another DOORSTEP_VAR"
        ) from None
    return lock


def answers(host: str, port: int) -> bool:
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    request = urllib.request.Request(f"http://{near}:{port}/healthz", headers={"Host": "localhost"})
    try:
        # ALLOWED_HOSTS may not know localhost; a refusal is an answer too, a fault is not.
        with urllib.request.urlopen(request, timeout=2):  # noqa: S310
            return True
    except urllib.error.HTTPError as refusal:
        return refusal.code < 500
    except OSError:
        return False


def announce(port: int) -> None:
    address = env.text("PUBLIC_BASE_URL", f"http://localhost:{port}")
    lines = ["", f"  Doorstep 走访通 is running at {address}", ""]
    if prepare.wants_demo():
        lines += [f"  Sign in as: {SIGN_INS}", f"  Password:   {DEMO_PASSWORD}", ""]
    if not env.text("EMAIL_URL", ""):
        lines += [f"  Mail is written to {embedded.var_dir() / 'mail'}", ""]
    say("\n".join([*lines, "  Ctrl-C stops everything; the data stays.", ""]), prefix="")


def say(sentence: str, prefix: str = "doorstep: ") -> None:
    try:
        print(prefix + sentence, flush=True)
    except OSError:  # the terminal has gone; that is no reason to leave processes behind
        pass


def _die_with_parent() -> None:
    if _libc:
        _libc.prctl(1, int(signal.SIGTERM))  # PR_SET_PDEATHSIG


def _stop_with_make() -> None:
    """A make that is killed outright takes us along; started by hand, we outlive the shell as usual."""
    if "MAKELEVEL" in os.environ:
        _die_with_parent()


if __name__ == "__main__":
    env.read_dotenv()
    sys.exit(Supervisor().run())
