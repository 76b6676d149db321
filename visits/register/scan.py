"""Reading a register row by row, whatever the file: kind, encoding, line ends, quotes. Knows no ORM.

One broken row costs one row. A quotation mark that never closes does not swallow the rows after it: a following line
that stands as a row of its own ends the search, and reading goes on from there.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Refusal
from accounts.punctuation import listed
from visits.register import columns, rules_code

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 64 << 10  # the longest scope seen is some 3 kB
MAX_RECORD_LINES = 20  # physical lines of one quoted record
EXCERPT = 200  # characters of a refused row that are kept
DELIMITERS = (",", "\t", ";", "，", "|")
STRAY_HIGH_BYTES = 20  # that many bytes of Chinese text in GB18030 are valid UTF-8 once in some billion rows
MAGIC = {
    b"%PDF": "PDF", b"\xd0\xcf\x11\xe0": "XLS(97-2003)", b"\x1f\x8b": "GZIP", b"Rar!": "RAR", b"7z\xbc\xaf": "7Z",
    b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"\x7fELF": "ELF", b"MZ": "EXE", b"SQLite": "SQLite",
}  # fmt: skip
WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class UnusableFile(Refusal):
    """The file as a whole cannot be read as a register; nothing of it was taken in."""

    code = "file_unusable"
    status = 422
    sentence = gettext_lazy("这个文件不能作为名录导入。")


class Fault(NamedTuple):
    """A row that was not taken: where, what, a stable code and a sentence."""

    line: int
    field: str
    code: str
    sentence: str
    excerpt: str


class Batch(NamedTuple):
    """Rows are (line number, cells as written); `done` is the share of the file read so far, 0-1."""

    rows: list[tuple[int, list[str]]]
    faults: list[Fault]
    done: float


class Source(NamedTuple):
    """A register that can be read: its header row, what the columns mean, and its rows in batches."""

    header: list[str]
    columns: columns.Columns
    encoding: str
    batches: Iterator[Batch]


def open_register(path: Path) -> Source:
    """Recognise the file and read its header. Raises `UnusableFile` with a sentence."""
    if path.is_dir():
        raise UnusableFile(_("%(name)s 是文件夹，请给出其中的文件。") % {"name": path.name})
    if path.exists() and not path.is_file():
        raise UnusableFile(_("%(name)s 不是普通文件（是设备或管道）。") % {"name": path.name})
    try:
        size = path.stat().st_size
        file = path.open("rb") if path.is_file() else None  # a pipe would be waited for until the end of time
    except OSError:
        file = None
    if file is None:
        raise UnusableFile(_("打不开文件 %(name)s。") % {"name": path.name})
    with file:
        start = file.read(BLOCK_BYTES)
    if not start.removeprefix(b"\xef\xbb\xbf").strip():
        raise UnusableFile(_("文件是空的。"))
    if start.startswith(b"PK\x03\x04"):
        from visits.register import scan_xlsx

        return scan_xlsx.open_workbook(path)
    refuse_other_kinds(start)
    header, encoding, delimiter = recognise(start)
    found = columns.find(header)
    reader = Reader(encoding, delimiter, found)
    return Source(header, found, encoding, reader.read(path, size))


def refuse_other_kinds(start: bytes) -> None:
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            raise UnusableFile(_("这是 %(kind)s 文件；请另存为 CSV 或 XLSX 再导入。") % {"kind": kind})
    if start.startswith(WIDE_BOMS):
        raise UnusableFile(_("文件是 UTF-16/32 编码；请另存为 UTF-8 或 GB18030 的 CSV。"))


def recognise(start: bytes) -> tuple[list[str], str, str]:
    """(header cells, encoding, delimiter): the header itself says which encoding makes it readable."""
    body = start.removeprefix(b"\xef\xbb\xbf")
    lines = [line for line in body.splitlines()[:50] if line.strip()]
    for encoding in ("utf-8", "gb18030"):
        try:
            title = lines[0].decode(encoding)
        except UnicodeDecodeError:
            continue
        for delimiter in DELIMITERS:
            cells = parse_line(title, delimiter) if len(title) < 10_000 else None
            if cells and columns.find(cells):
                return cells, vote(lines) if title.isascii() else encoding, delimiter
    needed = listed(columns.TITLES[field] for field in columns.REQUIRED)
    raise UnusableFile(_("没有认出表头：第一行须有“%(needed)s”这些列。") % {"needed": needed})


def vote(lines: list[bytes]) -> str:
    """UTF-8 unless more of the first lines are readable as GB18030 alone. For headers without a Chinese character."""
    wide = [line for line in lines if not line.isascii()]
    return "utf-8" if 2 * sum(is_utf8(line) for line in wide) >= len(wide) else "gb18030"


def is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def parse_line(text: str, delimiter: str) -> list[str] | None:
    """The cells of one record, or None where a quotation mark stays open or the record goes on behind its end."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True))
    except csv.Error as problem:
        if text.count('"') % 2 or "end of data" in str(problem):
            return None
    try:  # "上海"某公司,… : text behind the closing mark is sloppy, not broken
        return next(csv.reader((text,), delimiter=delimiter))
    except csv.Error:
        return None


def physical_lines(file: BinaryIO) -> Iterator[list[bytes]]:
    """Lists of lines without their ends (LF, CRLF or CR). A line too long keeps just enough to be seen as such."""
    carry, dropping = b"", False
    while data := file.read(BLOCK_BYTES):
        if dropping:
            end = min((at for at in (data.find(b"\n"), data.find(b"\r")) if at >= 0), default=-1)
            if end < 0:
                continue
            data, dropping = data[end:], False
        chunk = carry + data
        # The last byte may be the CR of a CRLF whose LF comes with the next block.
        cut = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r", 0, -1) + 1
        yield chunk[:cut].splitlines()
        carry = chunk[cut:]
        if len(carry) > MAX_LINE_BYTES + 1:
            carry, dropping = carry[: MAX_LINE_BYTES + 1].rstrip(b"\r"), True
            carry += b" " * (MAX_LINE_BYTES + 1 - len(carry))
    if carry:
        yield carry.splitlines()


class Reader:
    """One CSV file: lines to records. Keeps what a record of several lines needs between blocks."""

    def __init__(self, encoding: str, delimiter: str, found: columns.Columns) -> None:
        self.encoding, self.delimiter, self.columns = encoding, delimiter, found
        self.rows: list[tuple[int, list[str]]] = []
        self.faults: list[Fault] = []

    def read(self, path: Path, size: int) -> Iterator[Batch]:
        """Batches of rows after the header line."""
        with path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            number, waiting, is_header_next = 1, [], True
            for lines in physical_lines(file):
                lines = waiting + lines
                used = 0
                if is_header_next:
                    used = next((at for at, line in enumerate(lines) if line.strip()), None)
                    if used is None:
                        number += len(lines)
                        continue
                    used, is_header_next = used + 1, False
                used = self._records(lines, used, number, is_last=False)
                waiting = lines[used:]
                number += used
                yield self._batch(file.tell() / size)
            self._records(waiting, 0, number, is_last=True)
            yield self._batch(1.0)

    def _batch(self, done: float) -> Batch:
        batch = Batch(self.rows, self.faults, done)
        self.rows, self.faults = [], []
        return batch

    def _records(self, lines: list[bytes], start: int, number: int, *, is_last: bool) -> int:
        """Turn lines[start:] into rows and faults; returns how many lines are settled. `number` is that of lines[0]."""
        at, end, width, delimiter, rows = start, len(lines), self.columns.width, self.delimiter, self.rows
        texts = self._whole(lines)
        while at < end:
            text = texts[at] if texts else self._text(lines[at], number + at)
            if not text or text.isspace():
                at += 1
                continue
            cells, taken = text.split(delimiter) if '"' not in text else parse_line(text, delimiter), 1
            if cells is None:
                cells, taken = self._join(lines, at, text)
                if taken == 0 and not is_last:
                    return at
            if cells is None:
                sentence = _("引号没有配对；本行未导入，从下一行继续读。")
                self._fault(number + at, "", "quotes", sentence, text)
            elif len(cells) == width:
                rows.append((number + at, cells))
            else:
                self._fit(cells, number + at, text)
            at += max(taken, 1)
        return at

    def _fit(self, cells: list[str], line: int, text: str) -> None:
        """Blank cells too many at the end do no harm; any other count does not say which cell is which."""
        width = self.columns.width
        if len(cells) > width and not any(map(str.strip, cells[width:])):
            self.rows.append((line, cells[:width]))
            return
        words = _("本行有 %(found)s 列，表头有 %(width)s 列。") % {"found": len(cells), "width": width}
        self._fault(line, "", "columns", words, text)

    def _whole(self, lines: list[bytes]) -> list[str] | None:
        """All lines decoded in one go, or None where a line has to be looked at by itself."""
        block = b"\n".join(lines)
        if b"\0" in block or self.encoding != "utf-8" or max(map(len, lines), default=0) > MAX_LINE_BYTES:
            return None
        try:
            return block.decode().split("\n")
        except UnicodeDecodeError:
            return None

    def _text(self, raw: bytes, line: int) -> str | None:
        if len(raw) > MAX_LINE_BYTES:
            shown = raw[: 3 * EXCERPT].decode(self.encoding, "replace")
            self._fault(line, "", "too_long", _("本行超过 64 KB。"), shown)
            return None
        if b"\0" in raw:
            self._fault(
                line, "", "null_byte", _("本行含有空字节(NUL)。"), raw.decode(self.encoding, "replace")
            )
            return None
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError:
            text = None
        if text is None or (self.encoding == "gb18030" and is_stray_utf8(raw)):
            shown = raw.decode("utf-8" if text else self.encoding, "replace")
            words = _("本行不是 %(encoding)s 编码，与文件其余部分不一致。") % {
                "encoding": self.encoding.upper()
            }
            self._fault(line, "", "encoding", words, shown)
            return None
        return text

    def _join(self, lines: list[bytes], at: int, text: str) -> tuple[list[str] | None, int]:
        """A record that goes on over the next lines: (cells, lines taken); (None, 1) a broken mark; (None, 0) unsure."""
        joined = [text]
        for ahead in range(at + 1, min(at + MAX_RECORD_LINES, len(lines))):
            raw = lines[ahead]
            try:
                more = raw.decode(self.encoding) if len(raw) <= MAX_LINE_BYTES and b"\0" not in raw else None
            except UnicodeDecodeError:
                more = None
            if more is None or self._stands_alone(more):
                return None, 1
            joined.append(more)
            if '"' in more:
                cells = parse_line("\n".join(joined), self.delimiter)
                if cells is not None:
                    return (cells, len(joined)) if len(cells) == self.columns.width else (None, 1)
        return None, 1 if len(joined) == MAX_RECORD_LINES else 0

    def _stands_alone(self, text: str) -> bool:
        """Whether a line reads as a row by itself: the right number of cells, and a code where the code belongs."""
        cells = parse_line(text, self.delimiter)
        if cells is None or len(cells) != self.columns.width:
            return False
        code = rules_code.normalise(cells[self.columns.code_at])
        return len(code) in (15, 18) and code.isascii() and code.isalnum()

    def _fault(self, line: int, field: str, code: str, sentence: str, text: str) -> None:
        self.faults.append(Fault(line, field, code, sentence, text[:EXCERPT]))


def is_stray_utf8(raw: bytes) -> bool:
    """A line of UTF-8 in a file of GB18030, which would decode to 涓婃捣 without complaint."""
    return not raw.isascii() and is_utf8(raw) and sum(byte > 127 for byte in raw) >= STRAY_HIGH_BYTES
