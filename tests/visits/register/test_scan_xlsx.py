"""Workbooks: streamed, and sized up before they are unpacked."""

import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from tests.visits.register.files import HEADER, code, row
from visits.register import scan, scan_xlsx


def book(path, *rows):
    workbook = Workbook()
    for cells in rows:
        workbook.active.append(cells)
    workbook.save(path)
    return path


def read(path):
    batches = list(scan.open_register(path).batches)
    return [row for b in batches for row in b.rows], [fault[:3] for b in batches for fault in b.faults]


def test_a_workbook_reads_like_the_csv_it_came_from(tmp_path):
    cells = row(1).split(",")
    path = book(tmp_path / "r.xlsx", [], HEADER.split(","), cells, [None] * 10, row(2).split(","))
    rows, faults = read(path)
    assert (rows, faults) == ([(3, cells), (5, row(2).split(","))], [])


def test_dates_and_whole_numbers_come_as_text(tmp_path):
    path = book(
        tmp_path / "r.xlsx",
        ["名称", "统一社会信用代码", "成立日期", "注册资本"],
        ["甲", code(1), date(2002, 1, 3), 50.0],
    )
    assert read(path)[0] == [(2, ["甲", code(1), "2002-01-03", "50"])]


def test_a_code_kept_as_a_number_has_lost_its_digits_and_is_refused(tmp_path):
    path = book(
        tmp_path / "r.xlsx", ["名称", "统一社会信用代码"], ["甲", 913101150000000000], ["乙", code(2)]
    )
    assert read(path) == ([(3, ["乙", code(2)])], [(2, "credit_code", "code_spreadsheet")])


def test_cells_beyond_the_header_are_refused(tmp_path):
    path = book(tmp_path / "r.xlsx", ["名称", "统一社会信用代码"], ["甲", code(1), "多"], ["乙", code(2)])
    assert read(path) == ([(3, ["乙", code(2)])], [(2, "", "columns")])


def test_a_zip_bomb_is_refused_by_the_size_it_declares(tmp_path, monkeypatch):
    monkeypatch.setattr(scan_xlsx, "MAX_UNPACKED_BYTES", 10 << 20)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (20 << 20))
    with pytest.raises(scan.UnusableFile) as refused:
        scan.open_register(path)
    assert "20 MB" in str(refused.value.sentence)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"a.csv": "x"}, "不是 XLSX"),
        ({"[Content_Types].xml": "<", "xl/workbook.xml": "<"}, "打不开或已损坏"),
    ],
)
def test_other_archives_and_damaged_workbooks_are_refused(tmp_path, entries, words):
    path = tmp_path / "r.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    with pytest.raises(scan.UnusableFile) as refused:
        scan.open_register(path)
    assert words in str(refused.value.sentence)


def test_a_workbook_that_breaks_off_keeps_the_rows_before(tmp_path):
    path = book(tmp_path / "r.xlsx", HEADER.split(","), *[row(n).split(",") for n in range(1, 6)])
    broken = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(
                entry.filename, data[: data.index(b'<row r="4"')] if "sheet1" in entry.filename else data
            )
    rows, faults = read(broken)
    assert ([line for line, _ in rows], [fault[2] for fault in faults]) == ([2, 3], ["workbook"])
