"""The process that owns the local PostgreSQL and Redis: starts, watches, restarts and finally stops them.

Started by config/embedded.py, one per data folder. It holds the lock var/run/keeper for life and leaves when the last
lease is given back, or on SIGTERM. On Linux the kernel ends the servers should the keeper itself be killed.
"""

import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path

from config import embedded, engines

LOOK_SECONDS = 0.2
STEADY_SECONDS = 30  # a server that ran this long and dies is restarted without a pause


class Keeper:
    def __init__(self) -> None:
        self.run = embedded.prepare_var() / "run"
        self.servers = [engines.Postgres(), engines.Redis()]
        self.is_asked_to_stop = False

    def serve(self) -> None:
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        lock = (self.run / "keeper").open("a+")
        # The starter holds var/run/starting, so no second keeper; but whoever asks for our pid holds this for a moment.
        embedded.wait_for_lock(lock, fcntl.LOCK_EX, self.run)
        (self.run / "keeper").write_text(str(os.getpid()))
        lease = (self.run / "lease").open("a+")
        try:
            for server in self.servers:
                server.start()
            self._write_state()
            _answer("ready")
            self._watch(lease)
        except embedded.EmbeddedError as error:
            _answer(str(error))
        finally:
            (self.run / "state.json").unlink(missing_ok=True)
            for server in reversed(self.servers):
                server.stop()

    def _watch(self, lease) -> None:
        """Until nobody holds the lease: keep both servers alive."""
        while not self.is_asked_to_stop:
            if embedded.try_lock(lease, fcntl.LOCK_EX):
                return  # held until we are gone, so a newcomer waits and then starts a fresh keeper
            for server in self.servers:
                if server.has_died():
                    self._revive(server)
            time.sleep(LOOK_SECONDS)

    def _revive(self, server) -> None:
        _log(f"{server.name} died with status {server.process.returncode}; starting it again")
        if time.monotonic() - server.started_at < STEADY_SECONDS:
            time.sleep(1)
        try:
            server.start()
            self._write_state()
        except embedded.EmbeddedError as error:
            _log(str(error))

    def _write_state(self) -> None:
        postgres, redis = self.servers
        state = {
            "ready": True,
            "postgres": postgres.process.pid,
            "redis": redis.process.pid,
            "postgres_data": str(postgres.data),
        }
        draft = self.run / "state.json.new"
        draft.write_text(json.dumps(state))
        draft.rename(self.run / "state.json")

    def _ask_to_stop(self, *_: object) -> None:
        self.is_asked_to_stop = True


def _answer(sentence: str) -> None:
    """The one line the starter waits for. It may have gone; that is no reason to fall over."""
    try:
        print(sentence.replace("\n", " "), flush=True)  # noqa: T201
    except BrokenPipeError:
        pass
    # The pipe must not be held for life: whoever captured the starter's output would wait for its end.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)


def _log(sentence: str) -> None:
    print(time.strftime("%F %T"), sentence, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    Keeper().serve()
