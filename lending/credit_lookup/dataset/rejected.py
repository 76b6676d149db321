"""Rows of a data set that were not taken: counted, and written to the errors file where one is wanted."""

import csv
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from accounts.csv_safety import defused
from visits.register.rejections import COLUMNS
from visits.register.scan import Fault


class Rejected(AbstractContextManager):
    """Opened before anything is read, so that a path that cannot be written costs no import."""

    def __init__(self, path: Path | None) -> None:
        self.count = 0
        self._file = path.open("w", encoding="utf-8", newline="") if path else None
        self._writer = csv.writer(self._file) if self._file else None
        if self._writer:
            self._writer.writerow(COLUMNS)

    def __exit__(self, *_) -> None:
        if self._file:
            self._file.close()

    def add(self, fault: Fault) -> None:
        self.count += 1
        if self._writer:
            self._writer.writerow((*fault[:4], defused(fault.excerpt)))

    def extend(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.add(fault)
