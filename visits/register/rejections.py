"""Rows that were not taken: all of them in the errors file, the first ten thousand in the admin."""

import csv
import time
from collections.abc import Iterable
from pathlib import Path

from accounts.csv_safety import defused
from visits.register.models import ImportRejection, ImportRun
from visits.register.scan import Fault

KEPT = 10_000
COLUMNS = ("line", "field", "code", "sentence", "excerpt")


class Rejections:
    """Collects faults while a file is read. `since` is when that began (monotonic seconds)."""

    def __init__(self) -> None:
        self.count, self.since = 0, time.monotonic()
        self._kept: list[Fault] = []
        self._file = self._writer = None

    def open(self, path: Path | None) -> None:
        """Where all of them are written; OSError where that cannot be."""
        if path:
            self._file = path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(COLUMNS)

    def add(self, fault: Fault) -> None:
        self.count += 1
        if len(self._kept) < KEPT:
            self._kept.append(fault)
        if self._writer:
            self._writer.writerow((*fault[:4], defused(fault.excerpt)))

    def extend(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.add(fault)

    def store(self, run: ImportRun) -> None:
        """Replace what an interrupted attempt left."""
        run.rejections.all().delete()
        found = [
            ImportRejection(
                run=run, line=min(fault.line, 2**31 - 1), field=fault.field, code=fault.code,
                sentence=fault.sentence[:300], excerpt=fault.excerpt[:200].replace("\0", "\ufffd"),
            )
            for fault in self._kept
        ]  # fmt: skip
        ImportRejection.objects.bulk_create(found, batch_size=2000)

    def close(self) -> None:
        if self._file:
            self._file.close()
