"""Reading a register from a workbook, streamed; the sizes the archive declares are checked before anything is unpacked."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from accounts.punctuation import listed
from visits.register import columns
from visits.register.scan import EXCERPT, Batch, Fault, Source, UnusableFile

MAX_UNPACKED_BYTES = 1 << 30  # a million rows of ten columns are some 700 MB of XML
MAX_SHARED_BYTES = 64 << 20  # the shared texts are held in memory as a whole
MAX_ENTRIES = 2000
MAX_CELLS = 200  # columns looked at
BATCH_ROWS = 2000
MAX_EXACT = 10**15  # a number cell keeps fifteen digits


def open_workbook(path: Path) -> Source:
    """The first sheet with a row in it. Raises `UnusableFile`."""
    refuse_bombs(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_col=MAX_CELLS, values_only=True)
        first, header = next(((at, cells) for at, cells in enumerate(rows, 1) if any_text(cells)), (0, ()))
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        IndexError,
        OSError,
        SyntaxError,
        TypeError,
    ):
        raise UnusableFile(_("工作簿打不开或已损坏；请用 Excel 重新另存为 XLSX 或 CSV。")) from None
    header = [text_of(cell) for cell in header]
    while header and not header[-1].strip():
        header.pop()
    found = columns.find(header)
    if found is None:
        needed = listed(columns.TITLES[field] for field in columns.REQUIRED)
        raise UnusableFile(_("没有认出表头：第一行须有“%(needed)s”这些列。") % {"needed": needed})
    return Source(header, found, "xlsx", batches(rows, first, found, sheet.max_row or 0))


def refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise UnusableFile(_("压缩文件已损坏，不是可读的 XLSX。")) from None
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise UnusableFile(_("这是 ZIP 压缩文件，不是 XLSX 工作簿；请先解压。"))
    shared = sum(entry.file_size for entry in entries if entry.filename.lower().endswith("sharedstrings.xml"))
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or total > MAX_UNPACKED_BYTES or shared > MAX_SHARED_BYTES:
        raise UnusableFile(
            _("工作簿解压后有 %(mb)s MB，超出上限；请另存为 CSV 再导入。") % {"mb": total >> 20}
        )


def batches(rows: Iterator[tuple], first: int, found: columns.Columns, expected: int) -> Iterator[Batch]:
    kept: list[tuple[int, list[str]]] = []
    faults: list[Fault] = []
    line = first
    try:
        for line, cells in enumerate(rows, first + 1):
            if any_text(cells):
                take(cells, line, found, kept, faults)
            if len(kept) + len(faults) >= BATCH_ROWS:
                yield Batch(kept, faults, min(line / max(expected, line), 1.0))
                kept, faults = [], []
    except (ValueError, KeyError, SyntaxError, OSError, zipfile.BadZipFile, EOFError, TypeError):
        sentence = _("工作簿从这一行起已损坏，其后的行没有读到。")
        faults.append(Fault(line + 1, "", "workbook", sentence, ""))
    yield Batch(kept, faults, 1.0)


def take(cells: tuple, line: int, found: columns.Columns, kept: list, faults: list) -> None:
    code = cells[found.code_at] if found.code_at < len(cells) else None
    if isinstance(code, (int, float)) and abs(code) >= MAX_EXACT:
        sentence = _("代码在表格里存成了数字，末几位已丢失；请把该列设为文本后重新填写。")
        faults.append(Fault(line, "credit_code", "code_spreadsheet", sentence, text_of(code)))
        return
    texts = [text_of(cell) for cell in cells[: found.width]]
    if any(text_of(cell).strip() for cell in cells[found.width :]):
        sentence = _("本行在表头之外还有内容。")
        faults.append(Fault(line, "", "columns", sentence, " ".join(texts)[:EXCERPT]))
        return
    kept.append((line, texts + [""] * (found.width - len(texts))))


def any_text(cells: tuple) -> bool:
    return any(cell is not None and cell != "" for cell in cells)


def text_of(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < MAX_EXACT:
        return str(int(cell))
    return str(cell).replace("\0", "")
