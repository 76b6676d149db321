"""The local PostgreSQL and Redis for whoever has not set DATABASE_URL: where they live, and a lease on them.

Both are real servers out of PyPI wheels, reached through Unix sockets only. One *keeper* process (config/keeper.py)
per data folder owns them. Whoever needs them holds a shared flock, the lease; the keeper stops the servers when
nobody holds it any more. The kernel drops a lease with its process, so a kill -9 leaves nothing running and two
terminals never pull the rug from under each other.

    python -m config.embedded status|urls|stop
"""

import atexit
import fcntl
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from config import env

ROLE = "doorstep"
START_SECONDS = (
    120  # the first start runs initdb, and copies 38 MB where the wheel is out of the server's reach
)

_lease = None  # the open lease file; closing it, or dying, gives the lease back
_keeper: subprocess.Popen | None = None  # where this process started it


class EmbeddedError(env.ConfigurationError):
    """The local servers could not be had; the message says why and what to do."""


def var_dir() -> Path:
    """Where data, logs, mail and the generated key live: DOORSTEP_VAR, by default var/ in the checkout."""
    return (env.ROOT / env.text("DOORSTEP_VAR", "var")).resolve()


def _name() -> str:
    return f"doorstep-{os.getuid()}-{hashlib.sha256(os.fsencode(var_dir())).hexdigest()[:10]}"


def redis_socket_dir() -> Path:
    """Mode 0700, ours. Under /tmp because a socket path has at most 107 bytes, however deep the checkout lies."""
    return Path("/tmp") / _name()  # noqa: S108  owner and mode are checked before use


def postgres_socket_dir() -> Path:
    """A folder of its own: as root, PostgreSQL runs as another user, who must own it."""
    return Path("/tmp") / f"{_name()}-pg"  # noqa: S108  owner and mode are checked before use


def database_url() -> str:
    return f"postgres://{ROLE}@{quote(str(postgres_socket_dir()), safe='')}/{ROLE}"


def redis_url() -> str:
    return f"unix://{redis_socket_dir()}/redis.sock?db=0"


def wants_postgres() -> bool:
    return not env.text("DATABASE_URL", "")


def wants_redis() -> bool:
    return not env.text("REDIS_URL", "")


def secret_key() -> str:
    """The key in var/secret_key, made on first use, readable by its owner alone."""
    path = prepare_var() / "secret_key"
    if not path.exists():
        draft = path.with_name(f"secret_key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # unlike rename, loses to a key another process made meanwhile
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text().strip()


def prepare_var() -> Path:
    """Make var/ and its private folders. var/ itself may be walked through, because PostgreSQL may be another user."""
    var = var_dir()
    try:
        if not var.exists():
            var.mkdir(parents=True)
            var.chmod(0o711)  # said outright: a umask of 077 would take it back from mkdir
        for name in ("log", "mail", "run"):
            (var / name).mkdir(exist_ok=True, mode=0o700)
    except PermissionError:
        raise EmbeddedError(
            f"{var} cannot be written; run as its owner, or point DOORSTEP_VAR elsewhere."
        ) from None
    return var


def use_if_needed() -> None:
    """For every entry point: have the servers up as long as this process lives, unless they come by URL."""
    env.read_dotenv()
    if env.text("DOORSTEP_NO_SERVERS", "") not in {"", "0"}:
        return
    if wants_postgres() or wants_redis():
        ensure_started()
        atexit.register(_leave_as_found, os.getpid())


def _leave_as_found(pid: int) -> None:
    """A command that started the servers returns when they are down again, not a moment before."""
    if pid == os.getpid() and _keeper is not None:  # not in a fork, which inherits us
        stop()


def ensure_started() -> dict[str, str]:
    """Take the lease, start the keeper where none runs, wait until both servers answer.

    Returns {"DATABASE_URL", "REDIS_URL"}. May be called again at no cost; safe when several processes do so at once.
    """
    global _lease
    urls = {"DATABASE_URL": database_url(), "REDIS_URL": redis_url()}
    if _lease is not None:
        return urls
    run = prepare_var() / "run"
    lease = _open_lock(run / "lease")
    wait_for_lock(
        lease, fcntl.LOCK_SH, run
    )  # a keeper that is stopping still holds it exclusively: wait for it
    _have_keeper(run)
    _lease = lease
    return urls


def keep_up() -> None:
    """For whoever holds a lease for long: start a new keeper where the old one was killed."""
    if is_held() and keeper_pid() is None:
        _have_keeper(var_dir() / "run")


def _have_keeper(run: Path) -> None:
    with _open_lock(run / "starting") as starting:
        wait_for_lock(starting, fcntl.LOCK_EX, run)
        if not _is_ready(run):
            if _keeper is not None:
                _keeper.poll()  # take a killed one off the process table
            _start_keeper(run)


def stop(wait_seconds: float = 60) -> bool:
    """Give the lease back. True once the servers are down, False where someone else still uses them."""
    global _lease
    if _lease is not None:
        _lease.close()
        _lease = None
    run = var_dir() / "run"
    until = time.monotonic() + wait_seconds
    while keeper_pid() is not None and time.monotonic() < until:
        with _open_lock(run / "lease") as probe:
            # Exclusive: nobody uses them, the keeper just has not looked yet. Neither: the keeper is stopping them.
            if not try_lock(probe, fcntl.LOCK_EX) and try_lock(probe, fcntl.LOCK_SH):
                return False
        time.sleep(0.05)
    if _keeper is not None and keeper_pid() is None:
        _keeper.wait(5)  # else it stays in the process table until somebody asks how it ended
    return keeper_pid() is None


def is_held() -> bool:
    return _lease is not None


def status() -> dict:
    """{"running", "keeper", "postgres", "redis", "postgres_data", "database_url", "redis_url"}; pids or None."""
    state = _state(var_dir() / "run")
    pid = keeper_pid()
    pids = {name: state.get(name) if pid else None for name in ("postgres", "redis", "postgres_data")}
    return {
        "running": pid is not None,
        "keeper": pid,
        **pids,
        "database_url": database_url(),
        "redis_url": redis_url(),
    }


def keeper_pid() -> int | None:
    """The living keeper, known by the lock it holds and not by a pid file, which outlives a reboot."""
    path = var_dir() / "run" / "keeper"
    if not path.exists():
        return None
    with _open_lock(path) as probe:
        if try_lock(probe, fcntl.LOCK_SH):
            return None
    return int(path.read_text() or 0) or None


def _start_keeper(run: Path) -> None:
    global _keeper
    (run / "state.json").unlink(missing_ok=True)
    with (run.parent / "log" / "keeper.log").open("ab") as log:
        _keeper = subprocess.Popen(
            [sys.executable, "-m", "config.keeper"],
            cwd=env.ROOT,
            env={**os.environ, "DOORSTEP_VAR": str(var_dir())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for the servers
        )
    # One line: "ready", or what went wrong.
    answer = _keeper.stdout.readline().decode(errors="replace").strip()
    _keeper.stdout.close()
    if answer != "ready":
        _keeper.wait(timeout=START_SECONDS)
        raise EmbeddedError(answer or f"The local servers did not start; see {log.name}.")


def _is_ready(run: Path) -> bool:
    return keeper_pid() is not None and _state(run).get("ready", False)


def _state(run: Path) -> dict:
    try:
        return json.loads((run / "state.json").read_text())
    except (OSError, ValueError):
        return {}


def _open_lock(path: Path):
    try:
        return path.open("a+")
    except PermissionError:
        raise EmbeddedError(
            f"{path} belongs to another user; run as its owner, or set DOORSTEP_VAR."
        ) from None


def try_lock(file, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def wait_for_lock(file, kind: int, run: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not try_lock(file, kind):
        if time.monotonic() > until:
            raise EmbeddedError(
                f"Waited {START_SECONDS} s for the lock {file.name}; see {run.parent / 'log'}."
            )
        time.sleep(0.05)


def main() -> None:
    env.read_dotenv()
    asked = sys.argv[1] if len(sys.argv) == 2 else ""
    if asked == "status":
        print(json.dumps(status(), indent=2))
    elif asked == "urls":
        print(f"DATABASE_URL={database_url()}\nREDIS_URL={redis_url()}")
    elif asked == "stop":
        if pid := keeper_pid():
            os.kill(pid, 15)
        print("stopped" if stop() else "still stopping")
    else:
        raise SystemExit("python -m config.embedded status|urls|stop")


if __name__ == "__main__":
    main()
