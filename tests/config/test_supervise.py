"""`make run` as a whole: everything comes up, and nothing stays behind whichever way it ends."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from config import supervise

ROOT = Path(__file__).resolve().parents[2]
STARTS, STOPS = 120, 40  # seconds


class Site:
    def __init__(self, var: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.var, self.log = var, var / "site.log"
        self.environment = {**os.environ, "DOORSTEP_VAR": str(var), "PORT": str(self.port), "DEMO": "0"}
        self.environment.pop("MAKELEVEL", None)
        var.mkdir(parents=True)
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command(), cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        assert wait(
            lambda: "is running at" in self.log.read_text() or self.process.poll() is not None, STARTS
        )
        assert self.process.poll() is None, self.log.read_text()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def get_or_empty(self, path: str) -> str:
        try:
            return self.get(path)
        except OSError:
            return ""

    def processes(self) -> dict[int, str]:
        """Command lines of everything that was started with this data folder, by pid."""
        mark, name, found = f"DOORSTEP_VAR={self.var}".encode(), socket_name(self), {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_text().replace("\0", " ")
                # Redis writes its title over its environment, but the title names its socket.
                if mark in (folder / "environ").read_bytes().split(b"\0") or name in line:
                    found[int(folder.name)] = line
            except OSError:  # ended meanwhile, or not ours to look at
                continue
        return {pid: line for pid, line in found.items() if line}  # a zombie has no command line


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path / "data of the site")
    yield site
    if site.process is not None:
        site.process.kill()
        site.process.wait()
    assert wait(lambda: site.processes() == {}, STOPS)
    shutil.rmtree(f"/var/lib/{socket_name(site)}", ignore_errors=True)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"
)


@needs_proc
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_it_comes_up_and_leaves_nothing_behind(site, number):
    site.start()
    kinds = {
        kind
        for kind in ("granian", "celery", "beat", "keeper", "postgres", "redis-server")
        if seen(site, kind)
    }
    assert (site.get("/healthz"), kinds) == (
        "ok",
        {"granian", "celery", "beat", "keeper", "postgres", "redis-server"},
    )
    site.process.send_signal(number)
    code = site.process.wait(STOPS)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert wait(lambda: site.processes() == {}, STOPS if number == signal.SIGKILL else 1)


@needs_proc
def test_a_child_that_dies_is_started_again_and_said_so(site):
    site.start()
    # Celery's own children have the same command line; only the parent's death is the supervisor's business.
    workers = [pid for pid, line in site.processes().items() if "celery" in line and " worker " in line]
    worker = next(pid for pid in workers if parent_of(pid) == site.process.pid)
    os.kill(worker, signal.SIGKILL)
    assert wait(lambda: "worker ended with status -9; starting it again" in site.log.read_text(), 20)
    assert wait(
        lambda: any(
            parent_of(pid) == site.process.pid and " worker " in line
            for pid, line in site.processes().items()
        ),
        20,
    )


@needs_proc
def test_a_killed_keeper_is_replaced_and_pages_that_need_the_database_come_back(site):
    site.start()
    keeper = next(pid for pid, line in site.processes().items() if "config.keeper" in line)
    os.kill(keeper, signal.SIGKILL)
    assert wait(
        lambda: any("config.keeper" in line for pid, line in site.processes().items() if pid != keeper), 20
    )
    assert wait(lambda: '"database": "ok"' in site.get_or_empty("/readyz"), 30)


def test_a_taken_port_is_one_sentence_and_nothing_is_started(tmp_path):
    site = Site(tmp_path / "var")
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.port))
        other.listen()
        run = subprocess.run(
            command(), cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False
        )
    said = f"doorstep: port {site.port} on 127.0.0.1 cannot be used (Address already in use); "
    assert (run.returncode, run.stdout, run.stderr) == (
        1,
        "",
        f"{said}choose another with PORT=8001 make run\n",
    )
    assert list(site.var.iterdir()) == []


def test_the_pause_before_a_restart_doubles_up_to_half_a_minute(monkeypatch):
    child, pauses = supervise.Child("broken", "no.such.module"), []
    clock = iter(range(0, 10_000, 40))  # seconds; each look comes 40 s after the one before
    monkeypatch.setattr(supervise.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(child, "_kill_group", lambda: None)
    monkeypatch.setattr(
        child, "start", lambda: child.__dict__.update(process=Dead(), started_at=time.monotonic())
    )
    for _ in range(14):
        child.look()
        pauses.append(child.pause)
    assert sorted(set(pauses)) == [1, 2, 4, 8, 16, 30]


class Dead:
    returncode = 1

    def poll(self) -> int:
        return self.returncode


def command() -> list[str]:
    return [sys.executable, "-m", "config.supervise"]


def seen(site: Site, kind: str) -> bool:
    return any(kind in line for line in site.processes().values())


def parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def socket_name(site: Site) -> str:
    return f"doorstep-{os.getuid()}-{hashlib.sha256(os.fsencode(site.var.resolve())).hexdigest()[:10]}"


def wait(condition, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
