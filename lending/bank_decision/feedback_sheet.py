"""办理反馈表: the bank's open work as a workbook to fill in at one's own desk, and reading it back. Knows no ORM.

A row finds its recommendation by 推荐号; the columns before 决定 are there for people and are not read.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.errors import Refusal
from accounts.punctuation import listed
from visits.register.scan import UnusableFile
from visits.register.scan_xlsx import refuse_bombs, text_of

# what openpyxl and the archive below it raise over a broken or malicious file
UNREADABLE = (
    UnusableFile, InvalidFileException, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, IndexError,
    OSError, SyntaxError, TypeError, OverflowError, AttributeError,
)  # fmt: skip
MAX_BYTES = 2 << 20
MAX_ROWS = 1000
KEY = "recommendation"
# heading, name of the form's field, width in characters
COLUMNS = (
    ("推荐号", KEY, 10), ("办件编号", "", 22), ("企业名称", "", 36), ("信用代码", "", 21), ("需求金额(万元)", "", 15),
    ("到期", "", 12), ("决定", "outcome", 14), ("授信额度(万元)", "credit_line_wan", 15), ("年利率(%)", "annual_rate_pct", 11),
    ("期限(月)", "term_months", 10), ("担保方式", "guarantee", 14), ("产品", "product", 18), ("首贷户", "is_first_loan", 9),
    ("无还本续贷", "is_no_repay_renewal", 12), ("未授信原因", "reason_code", 40), ("情况说明", "reason_text", 40),
    ("决定日期", "decided_on", 13),
)  # fmt: skip
FIELDS = {heading: field for heading, field, _width in COLUMNS if field}
NEEDED = ("推荐号", "决定")


class SheetUnusable(Refusal):
    code, status = "sheet_unusable", 422
    sentence = gettext_lazy("这个文件读不出反馈表,请用下载的表格填写后上传。")


@dataclass(frozen=True)
class Line:
    """One filled-in row: its number in the sheet, and the form's fields as they were written."""

    number: int
    said: dict[str, str]

    @property
    def key(self) -> int | None:
        text = self.said.get(KEY, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def write(rows: Iterable[list], choices: dict[str, list[str]]) -> bytes:
    """A workbook; `choices` gives the words that may stand in a column. Text never becomes a formula."""
    book = Workbook(write_only=True)
    sheet, words = book.create_sheet(_("办理反馈")), book.create_sheet("options")
    sheet.freeze_panes = "D2"
    for place, (_heading, _field, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    for place, (heading, _field, _width) in enumerate(COLUMNS, 1):
        if heading in choices:
            letter = get_column_letter(place)
            source = f"options!${letter}$1:${letter}${len(choices[heading])}"
            rule = DataValidation(type="list", formula1=source, allow_blank=True)
            rule.add(f"{letter}2:{letter}{MAX_ROWS + 1}")
            sheet.data_validations.append(rule)
    sheet.append([plain(sheet, heading, bold=True) for heading, _field, _width in COLUMNS])
    for row in rows:
        sheet.append([plain(sheet, value) for value in row])
    for line in range(max(map(len, choices.values()), default=0)):
        listed = [choices.get(heading, []) for heading, _field, _width in COLUMNS]
        words.append([plain(words, one[line]) if line < len(one) else None for one in listed])
    words.sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def plain(sheet, value: object, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def read(file: BinaryIO, size: int) -> list[Line]:
    """The rows with a 推荐号 and a 决定, in order. Refuses a file that is no such sheet with SheetUnusable."""
    if size > MAX_BYTES:
        raise SheetUnusable(_("文件超过 2 MB。"))
    start = file.read(4)
    file.seek(0)
    rows = _of_workbook(file) if start == b"PK\x03\x04" else _of_text(file.read())
    header = [cell.strip() for cell in next(rows, [])]
    if missing := [heading for heading in NEEDED if heading not in header]:
        raise SheetUnusable(_("第一行缺少这些列:%(missing)s。") % {"missing": listed(missing)})
    found = []
    for number, cells in enumerate(rows, 2):
        said = {FIELDS[h]: cell.strip() for h, cell in zip(header, cells, strict=False) if h in FIELDS}
        if said.get(KEY) and said.get("outcome"):
            found.append(Line(number, said))
        if number > MAX_ROWS + 1:
            raise SheetUnusable(_("一次最多 %(most)s 行。") % {"most": MAX_ROWS})
    return found


def _of_workbook(file: BinaryIO) -> Iterator[list[str]]:
    try:
        refuse_bombs(file)
        file.seek(0)
        sheet = load_workbook(file, read_only=True, data_only=True, keep_links=False).worksheets[0]
        for cells in sheet.iter_rows(max_col=len(COLUMNS) + 20, values_only=True):
            yield [text_of(cell) for cell in cells]
    except UNREADABLE:
        raise SheetUnusable() from None


def _of_text(content: bytes) -> Iterator[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetUnusable()
    if "\x00" in text:
        raise SheetUnusable()
    first = text.split("\n", 1)[0]
    try:
        yield from csv.reader(
            io.StringIO(text), delimiter="\t" if first.count("\t") > first.count(",") else ","
        )
    except csv.Error:
        raise SheetUnusable() from None
