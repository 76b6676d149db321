"""Opening a credit data set: CSV in UTF-8 or GB18030, or XLSX, read row by row by the reader of registers."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from accounts.punctuation import listed
from lending.credit_lookup.dataset import rules
from visits.register import scan, scan_xlsx
from visits.register.scan import Batch, UnusableFile

BOM = b"\xef\xbb\xbf"


class Source(NamedTuple):
    columns: rules.Columns
    batches: Iterator[Batch]


def open_data_set(path: Path) -> Source:
    """Recognise the file and read its header. Raises `UnusableFile` with a sentence."""
    try:
        if not path.is_file():  # a pipe would be waited for until the end of time
            raise OSError
        with path.open("rb") as file:
            start = file.read(scan.BLOCK_BYTES)
        size = path.stat().st_size
    except OSError:
        raise UnusableFile(_("打不开文件 %(name)s。") % {"name": path.name}) from None
    if not start.removeprefix(BOM).strip():
        raise UnusableFile(_("文件是空的。"))
    if start.startswith(b"PK\x03\x04"):
        return _open_workbook(path)
    scan.refuse_other_kinds(start)
    columns, encoding, delimiter = _recognise(start.removeprefix(BOM))
    return Source(columns, scan.Reader(encoding, delimiter, columns).read(path, size))


def _recognise(body: bytes) -> tuple[rules.Columns, str, str]:
    lines = [line for line in body.splitlines()[:50] if line.strip()]
    for encoding in ("utf-8", "gb18030"):
        try:
            title = lines[0].decode(encoding)
        except UnicodeDecodeError:
            continue
        for delimiter in scan.DELIMITERS:
            cells = scan.parse_line(title, delimiter) if len(title) < 10_000 else None
            if cells and (columns := rules.find(cells)):
                return columns, scan.vote(lines) if title.isascii() else encoding, delimiter
    raise _no_header()


def _open_workbook(path: Path) -> Source:
    scan_xlsx.refuse_bombs(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_col=scan_xlsx.MAX_CELLS, values_only=True)
        first, header = next(
            ((at, cells) for at, cells in enumerate(rows, 1) if scan_xlsx.any_text(cells)), (0, ())
        )
    except (InvalidFileException, KeyError, ValueError, IndexError, OSError, SyntaxError, TypeError):
        raise UnusableFile(_("工作簿打不开或已损坏;请用 Excel 重新另存为 XLSX 或 CSV。")) from None
    titles = [scan_xlsx.text_of(cell) for cell in header]
    while titles and not titles[-1].strip():
        titles.pop()
    columns = rules.find(titles)
    if columns is None:
        raise _no_header()
    return Source(columns, scan_xlsx.batches(rows, first, columns, sheet.max_row or 0))


def _no_header() -> UnusableFile:
    needed = listed(rules.TITLES[field] for field in rules.REQUIRED)
    return UnusableFile(_("没有认出表头:第一行须有“%(needed)s”这些列。") % {"needed": needed})
