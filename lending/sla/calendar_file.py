"""Reading a calendar file: rest days and make-up working days of one or more years. No ORM.

CSV with a header, UTF-8 (with or without BOM) or GB18030. Columns: `date` (日期), then `is_workday` or `kind`
(类别), then, if wanted, `name` (名称). A day is 2027-02-06, 2027/2/6 or 20270206; whether it is worked is said by
1/0, true/false, work/rest, 班/休, 上班/放假. Days that merely follow their weekday may stand in the file and are passed
over, so a list of all 365 days is as good as the list of exceptions.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from lending.sla.calendar import SATURDAY, Day
from lending.sla.errors import CalendarFileRefused

COLUMNS = {
    "date": ("date", "day", "日期"),
    "kind": ("is_workday", "kind", "type", "类别", "类型", "上班"),
    "name": ("name", "名称", "说明", "节日"),
}
WORK = {"1", "true", "yes", "work", "workday", "working", "班", "上班", "调休上班", "是"}
REST = {"0", "false", "no", "rest", "holiday", "off", "休", "放假", "休息", "节假日", "否"}
DATE = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})")
YEARS = range(2000, 2101)
LARGEST_BYTES = 1_000_000
PROBLEMS_SHOWN = 20
NAME_LENGTH = 40


@dataclass(frozen=True)
class CalendarFile:
    years: frozenset[int]
    days: dict[date, Day]


def read(path: Path) -> CalendarFile:
    """The whole file, or `CalendarFileRefused` naming every bad line (the first 20)."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise CalendarFileRefused(_("日历文件超过 1 MB,一年的日历不会有这么大。"))
        raw = path.read_bytes()
    except OSError as error:
        raise CalendarFileRefused(
            _("读不到文件 %(path)s:%(why)s") % {"path": path, "why": error.strerror}
        ) from None
    return parse(_decoded(raw).splitlines())


def parse(lines: Iterable[str]) -> CalendarFile:
    reader = csv.reader(lines)
    try:
        columns = _columns(next(reader, []))
        return _rows(reader, columns)
    except csv.Error as error:
        raise CalendarFileRefused(
            _("第%(line)d行:不是 CSV(%(why)s)") % {"line": reader.line_num, "why": error}
        ) from None


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CalendarFileRefused(_("文件既不是 UTF-8 也不是 GB18030 编码。"))


def _columns(header: list[str]) -> dict[str, int]:
    names = [cell.strip().lower() for cell in header]
    found = {
        column: next((names.index(name) for name in spellings if name in names), -1)
        for column, spellings in COLUMNS.items()
    }
    if found["date"] < 0 or found["kind"] < 0:
        raise CalendarFileRefused(_("第1行须为表头,至少有 date 和 is_workday(或 kind)两列。"))
    return found


def _rows(reader, columns: dict[str, int]) -> CalendarFile:
    years: set[int] = set()
    days: dict[date, Day] = {}
    seen: dict[date, int] = {}
    problems: list[str] = []
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        line = reader.line_num
        try:
            day, is_workday, name = _row(row, columns)
            if day in seen:
                raise ValueError(_("%(day)s 与第%(other)d行重复") % {"day": day, "other": seen[day]})
        except ValueError as problem:
            problems.append(_("第%(line)d行:%(problem)s") % {"line": line, "problem": problem})
            continue
        seen[day] = line
        years.add(day.year)
        if is_workday != (day.weekday() < SATURDAY) or (name and not is_workday):
            days[day] = Day(is_workday, name)
    if problems:
        more = len(problems) - PROBLEMS_SHOWN
        tail = [_("另有 %(n)d 行") % {"n": more}] if more > 0 else []
        raise CalendarFileRefused("\n".join([*problems[:PROBLEMS_SHOWN], *tail]))
    if not years:
        raise CalendarFileRefused(_("文件里没有日期。"))
    return CalendarFile(frozenset(years), days)


def _row(row: list[str], columns: dict[str, int]) -> tuple[date, bool, str]:
    def cell(column: str) -> str:
        at = columns[column]
        return row[at].strip() if 0 <= at < len(row) else ""

    said, kind, name = cell("date"), cell("kind").lower(), cell("name")
    match = DATE.fullmatch(said)
    try:
        day = date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(_("日期“%(said)s”不认识,请写成 2027-01-01") % {"said": said[:40]})
    if day.year not in YEARS:
        raise ValueError(_("年份 %(year)d 不在 2000—2100 之间") % {"year": day.year})
    if kind not in WORK | REST:
        raise ValueError(_("“%(said)s”不认识,请写 1(上班)或 0(休息)") % {"said": kind[:40]})
    if len(name) > NAME_LENGTH or "\x00" in name:
        raise ValueError(_("名称最多 40 个字"))
    return day, kind in WORK, name
