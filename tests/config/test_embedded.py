"""The local servers: shared by a lease, gone with the last user, back after a kill -9. Each test has a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

ROOT = Path(__file__).resolve().parents[2]
USER = """
import sys
from config import embedded
embedded.ensure_started()
print("ready", flush=True)
sys.stdin.readline()
"""


class Folder:
    """A data folder and the processes that use its servers."""

    def __init__(self, var: Path) -> None:
        # as durable as at a real site: the rest of the tests gives that up for speed
        self.environment = {**os.environ, "DOORSTEP_VAR": str(var), "DOORSTEP_FSYNC": "on"}
        self.var = var
        self.users: list[subprocess.Popen] = []

    def use(self) -> subprocess.Popen:
        """A process that holds the servers until it is let go."""
        user = self.start_using()
        assert user.stdout.readline() == "ready\n"
        return user

    def start_using(self) -> subprocess.Popen:
        command = [sys.executable, "-c", USER]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.users.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, **pipes))
        return self.users[-1]

    def let_go(self, user: subprocess.Popen) -> None:
        user.stdin.close()
        user.wait(30)

    def status(self) -> dict:
        return json.loads(self.ask("status"))

    def ask(self, what: str) -> str:
        command = [sys.executable, "-m", "config.embedded", what]
        return subprocess.check_output(command, cwd=ROOT, env=self.environment, text=True, timeout=60)

    def query(self, sql: str):
        with psycopg.connect(self.status()["database_url"], autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchone() if cursor.description else None

    def is_gone(self, seconds: float = 30) -> bool:
        return wait(lambda: not self.status()["running"], seconds)


@pytest.fixture
def folder(tmp_path):
    # A space, and a path far over the 107 bytes a socket may have.
    folder = Folder(tmp_path / "a folder with spaces" / ("deep" * 30))
    yield folder
    for user in folder.users:
        user.kill()
        user.wait()
    assert folder.is_gone()
    shutil.rmtree(
        data_dirs(folder)[1].parent, ignore_errors=True
    )  # as root: pytest's folders are out of nobody's reach


def test_the_servers_stay_until_the_last_user_leaves(folder):
    first, second = folder.use(), folder.use()
    keeper = folder.status()["keeper"]
    folder.let_go(first)
    time.sleep(0.6)  # three looks of the keeper
    assert (folder.status()["keeper"], folder.query("SELECT 1")) == (keeper, (1,))
    folder.let_go(second)
    assert (folder.is_gone(), wait(lambda: not is_alive(keeper), 5)) == (True, True)


def test_a_killed_user_gives_its_lease_back(folder):
    folder.use().kill()
    assert folder.is_gone()


def test_six_at_once_get_one_pair_of_servers(folder):
    users = [folder.start_using() for _ in range(6)]
    assert [user.stdout.readline() for user in users] == ["ready\n"] * 6
    assert (folder.var / "log" / "postgres.log").read_text().count("is ready to accept connections") == 1


def test_facts_survive_the_keeper_and_the_servers_being_killed(folder):
    user = folder.use()
    folder.query("CREATE TABLE fact (answer int)")
    folder.query("INSERT INTO fact VALUES (42)")
    before = folder.status()
    for name in ("keeper", "postgres", "redis"):
        os.kill(before[name], signal.SIGKILL)
    assert wait(lambda: not any(is_alive(before[name]) for name in ("keeper", "postgres", "redis")), 10)
    folder.let_go(user)
    folder.use()
    assert folder.query("SELECT answer FROM fact") == (42,)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_killed_keeper_takes_its_servers_along(folder):
    folder.use()
    before = folder.status()
    os.kill(before["keeper"], signal.SIGKILL)
    assert wait(lambda: not is_alive(before["postgres"]) and not is_alive(before["redis"]), 15)


@pytest.mark.parametrize("server", ["postgres", "redis"])
def test_a_killed_server_is_started_again(folder, server):
    folder.use()
    before = folder.status()
    os.kill(before[server], signal.SIGKILL)
    assert wait(lambda: folder.status()[server] not in {before[server], None}, 20)
    with redis.from_url(before["redis_url"]) as client:
        assert (folder.query("SELECT 1"), client.ping()) == ((1,), True)


def test_a_pid_file_that_names_somebody_elses_process_is_stale(folder):
    folder.let_go(folder.use())
    assert folder.is_gone()
    data = next(path for path in data_dirs(folder) if path.exists())
    lines = [
        str(os.getpid()),
        str(data),
        "1",
        "5432",
        "",
        "",
        "0 0",
    ]  # after a reboot the number may be anyone's
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    os.chown(data / "postmaster.pid", data.stat().st_uid, data.stat().st_gid)
    folder.use()
    assert folder.query("SELECT 1") == (1,)


def test_a_folder_in_the_way_of_the_sockets_is_refused_in_one_sentence(folder):
    if os.getuid() != 0:
        pytest.skip("only root can make a folder that belongs to somebody else")
    sockets = Path(folder.status()["redis_url"].removeprefix("unix://")).parent
    sockets.mkdir()
    os.chown(sockets, 12345, 12345)
    try:
        run = subprocess.run(
            [sys.executable, "-c", USER],
            cwd=ROOT,
            env=folder.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        sockets.rmdir()
    assert (run.returncode, run.stderr.strip()) == (
        1,
        f"{sockets} was made by somebody else; remove it and start again.",
    )


def test_nobody_else_may_connect(folder):
    folder.use()
    urls = folder.status()
    redis_folder = Path(urls["redis_url"].removeprefix("unix://")).parent
    assert (redis_folder.stat().st_mode & 0o777, redis_folder.stat().st_uid) == (0o700, os.getuid())
    assert (redis_folder.with_name(f"{redis_folder.name}-pg").stat().st_mode & 0o777) == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only as root does PostgreSQL run as somebody else")
def test_a_process_of_the_servers_own_user_may_not_connect_either(folder):
    folder.use()
    sockets = Path(folder.status()["redis_url"].removeprefix("unix://")).parent.name + "-pg"
    knock = f"""
import os, sys
sys.path[:0] = {sys.path!r}
import psycopg
os.setgroups([]); os.setgid(65534); os.setuid(65534)
psycopg.connect(host="/tmp/{sockets}", user="doorstep", dbname="doorstep")
"""
    run = subprocess.run([sys.executable, "-c", knock], capture_output=True, text=True, check=False)
    assert (run.returncode, "Peer authentication failed" in run.stderr) == (1, True)


def data_dirs(folder: Folder) -> list[Path]:
    name = Path(folder.status()["redis_url"].removeprefix("unix://")).parent.name
    return [folder.var / "postgres", Path("/var/lib") / name / "postgres"]


def test_no_folder_for_sockets_stays_behind(folder):
    sockets = Path(folder.status()["redis_url"].removeprefix("unix://")).parent
    folder.let_go(folder.use())
    assert folder.is_gone()
    assert list(sockets.parent.glob(f"{sockets.name}*")) == []


def wait(condition, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        if sys.platform == "linux"
        else True
    )
