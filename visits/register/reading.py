"""The pass over a file: rows the register holds are skipped, new ones staged, broken ones refused."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from visits.register import staging
from visits.register.known import Known
from visits.register.rejections import Rejections
from visits.register.rows import HEADER, SEPARATOR, RowReader, digester
from visits.register.rules_district import Gazetteer
from visits.register.scan import EXCERPT, Source

WRITE_ROWS = 100  # small enough for the socket's buffer, so that the server loads while Python reads on
SHARE = 0.7  # of the whole import's progress


@dataclass
class Counts:
    """What became of the rows of a file."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    headers: int = 0
    duplicates: int = 0
    conflicts: int = 0
    listed: int = 0


class Reading:
    """One file, read once."""

    def __init__(
        self, source: Source, places: Gazetteer, known: Known, counts: Counts, rejections: Rejections
    ) -> None:
        self.source, self.known, self.counts, self.rejections = source, known, counts, rejections
        self.reader = RowReader(places, source.columns)
        self.digest = digester(places, source.columns)

    def run(self, tell: Callable) -> int:
        """Fill the staging table; how many rows it holds. `tell` hears of the progress after every batch."""
        staged = 0
        with staging.loading() as copy:
            for batch in self.source.batches:
                self.counts.read += len(batch.rows) + len(batch.faults)
                for at in range(0, len(batch.rows), WRITE_ROWS):
                    lines = self._unknown(batch.rows[at : at + WRITE_ROWS])
                    copy.write("".join(lines))
                    staged += len(lines)
                self.rejections.extend(batch.faults)
                words = {"read": self.counts.read, "rejected": self.rejections.count}
                tell(batch.done * SHARE, _("读取文件"), **words)
        self.counts.conflicts += self.reader.conflicts
        return staged

    def _unknown(self, rows: list[tuple[int, list[str]]]) -> list[str]:
        """COPY lines of the rows the register does not hold in these very words."""
        counts, known, digest, read = self.counts, self.known, self.digest, self.reader.read
        pick, place, lines = self.source.columns.pick, known.place, []
        for line, cells in rows:
            picked = pick(cells)
            joined = SEPARATOR.join(picked)
            number = digest(joined)
            at = place(number)
            if at >= 0:
                counts.unchanged += 1
                counts.duplicates += known.seen[at]
                counts.conflicts += known.conflicts[at]
                known.seen[at] = 1
                continue
            is_plain = "\\" not in joined and "\t" not in joined and "\n" not in joined and "\r" not in joined
            result = read(line, picked, number, is_plain=is_plain)
            if type(result) is str:
                lines.append(result)
            elif result is HEADER:
                counts.headers += 1
            else:
                text = excerpt(cells[: self.source.columns.width])
                self.rejections.add(result._replace(excerpt=text))
        return lines


def excerpt(cells: list[str]) -> str:
    """The row as the file has it, from its first cell on."""
    return ",".join(cells)[: 2 * EXCERPT].replace("\r", " ").replace("\n", " ")[:EXCERPT]
