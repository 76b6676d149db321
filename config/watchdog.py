"""Watches the deadline sweep from the web processes: a path of its own, for when beat, Redis or every worker is gone.

One daemon thread per web process, started by config/wsgi.py and by nothing else. Between two looks it holds nothing:
no connection taken out of the pool, no lock. A database that is away, or any other fault, is logged, and the next look is a minute
later. Which of several processes writes the letter is settled in `lending.sla.stalls`.
"""

import logging
import os
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.utils import timezone

_parents_pools: list = []
logger = logging.getLogger(__name__)


class Watchdog(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="watchdog", daemon=True)  # must not keep the process from ending
        self.late = timedelta(seconds=settings.SWEEP_LATE_SECONDS)
        self.pause = min(60.0, settings.SWEEP_LATE_SECONDS / 5)  # seconds between two looks
        self.since = timezone.now()

    def run(self) -> None:
        while True:
            time.sleep(self.pause)
            self.look(timezone.now())

    def look(self, now: datetime) -> None:
        from lending.sla import stalls  # models are there by now

        try:
            stalls.look(now=now, late=self.late, watching_since=self.since)
        except Exception as error:  # whatever it is, the next look may be luckier
            logger.warning("the sweep could not be looked at: %s: %s", type(error).__name__, str(error)[:200])
        finally:
            _let_go()


def start() -> None:
    """In this process, and in those it forks after it has loaded the application (gunicorn --preload): these open a
    pool of their own. A developer's `manage.py runserver` has no beat beside it and is left alone."""
    if Path(sys.argv[0]).name == "manage.py":
        return
    _start_one()
    os.register_at_fork(after_in_child=_start_after_fork)


def _start_one() -> None:
    Watchdog().start()


def _start_after_fork() -> None:
    """The pool that the parent's watchdog has opened is the parent's: two processes must not speak over one connection.
    Forgotten, not closed, so that the parent keeps its own; it is held on to because a pool that is collected waits
    for threads which were not forked."""
    _parents_pools.extend(DatabaseWrapper._connection_pools.values())
    DatabaseWrapper._connection_pools.clear()
    _start_one()


def _let_go() -> None:
    """Back to the pool with the connection; a broken one is thrown away there."""
    try:
        connections.close_all()
    except Exception as error:
        logger.warning("the watchdog's connection could not be closed: %s", type(error).__name__)
