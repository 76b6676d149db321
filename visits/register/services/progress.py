"""How far an import is: on the run's row for the admin, and to whoever listens (the terminal).

The rows of the import live in one long transaction, so this writes through a connection of its own: others see the
progress before the rows.
"""

import logging
import time
from datetime import datetime

from django.db import DatabaseError, connection

from visits.register.models import ImportRun

LOG = logging.getLogger(__name__)
EVERY_SECONDS = 0.5
UPDATE = "UPDATE visits_importrun SET state = %s, progress_pct = %s, read = %s, rejected = %s, problem = %s WHERE id = %s"
# We hold the lock of staging.lock(): whoever else says "running" is dead.
BURY = "UPDATE visits_importrun SET state = %s, finished_at = now() WHERE state = %s AND id <> %s"
END = "UPDATE visits_importrun SET state = %s, problem = %s, finished_at = %s WHERE id = %s"


class Progress:
    def __init__(self, run: ImportRun, show=None) -> None:
        self.run, self.show = run, show
        self._own = connection.copy()
        self._last = 0.0
        self._counts = (0, 0)

    def start(self) -> None:
        self._do(BURY, [ImportRun.State.INTERRUPTED, ImportRun.State.RUNNING, self.run.pk])
        self._write(ImportRun.State.RUNNING, 0, 0, 0)

    def tell(self, share: float, words: str, *, read: int = 0, rejected: int = 0) -> None:
        if self.show:
            self.show(share, words)
        if read and time.monotonic() - self._last < EVERY_SECONDS:
            return
        self._last = time.monotonic()
        self._counts = (read, rejected) if read else self._counts
        self._write(ImportRun.State.RUNNING, min(int(share * 100), 99), *self._counts)

    def end(self, state: str, problem: str, now: datetime) -> None:
        """Best effort: where the database itself is gone, the next import buries this run."""
        self.run.state, self.run.problem = state, problem[:500]
        try:
            self._do(END, [state, problem[:500], now, self.run.pk])
        except DatabaseError as lost:
            LOG.warning("import %s ended as %s, which could not be written: %s", self.run.pk, state, lost)

    def close(self) -> None:
        self._own.close()

    def _write(self, state: str, pct: int, read: int, rejected: int) -> None:
        self._do(UPDATE, [state, pct, read, rejected, "", self.run.pk])

    def _do(self, statement: str, values: list) -> None:
        with self._own.cursor() as cursor:
            cursor.execute(statement, values)
