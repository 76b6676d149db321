"""Reading files that are not as they should be: one broken row costs one row."""

import pytest

from tests.visits.register.files import HEADER, row, write
from visits.register import scan


def read(path):
    """(names of the rows taken, [(line, code of fault)], encoding)"""
    source = scan.open_register(path)
    batches = list(source.batches)
    names = [(line, cells[0]) for batch in batches for line, cells in batch.rows]
    faults = [(fault.line, fault.code) for batch in batches for fault in batch.faults]
    return names, faults, source.encoding


def name(number: int) -> str:
    return f"上海示例{number}号有限公司"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "register.csv"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030")]
)
def test_encodings_and_line_ends_read_alike(path, encoding, found, end):
    write(path, row(1), row(2), encoding=encoding, end=end)
    assert read(path) == ([(2, name(1)), (3, name(2))], [], found)


def test_a_file_without_an_end_of_line_at_its_end_is_read_whole(path):
    path.write_text(f"{HEADER}\n{row(1)}", encoding="utf-8")
    assert read(path)[0] == [(2, name(1))]


def test_blank_lines_are_no_rows_and_keep_the_count_of_lines(path):
    write(path, "", row(1), "   ", row(2))
    assert read(path)[0] == [(3, name(1)), (5, name(2))]


def test_a_broken_quotation_mark_costs_its_own_row_only(path):
    write(path, row(1), row(2, 经营范围='"示例'), row(3), row(4))
    assert read(path)[:2] == ([(2, name(1)), (4, name(3)), (5, name(4))], [(3, "quotes")])


def test_two_broken_quotation_marks_do_not_pair_up_over_the_rows_between(path):
    write(path, row(1, 经营范围='"示例'), row(2), row(3, 经营范围='示例"'), row(4))
    assert read(path)[:2] == ([(3, name(2)), (4, name(3)), (5, name(4))], [(2, "quotes")])


def test_a_mark_that_opens_in_a_line_with_an_even_count_swallows_nothing(path):
    write(path, row(1, 企业类型='a"b', 注册地址='"路'), row(2))
    assert read(path)[:2] == ([(3, name(2))], [(2, "quotes")])


def test_a_cell_of_several_lines_in_quotation_marks_is_one_row(path):
    write(path, row(1, 经营范围='"甲,\n乙\n\n丙"'), row(2))
    rows = [row for batch in scan.open_register(path).batches for row in batch.rows]
    assert [(line, cells[6]) for line, cells in rows] == [(2, "甲,\n乙\n\n丙"), (6, "示例经营")]


def test_a_cell_of_several_lines_across_the_blocks_of_the_reader_is_one_row(path, monkeypatch):
    monkeypatch.setattr(scan, "BLOCK_BYTES", 150)
    write(path, row(1), row(2, 经营范围='"甲\n乙"'), row(3))
    assert read(path)[:2] == ([(2, name(1)), (3, name(2)), (5, name(3))], [])


def test_a_quotation_that_never_ends_gives_up_after_twenty_lines(path):
    lines = [row(1, 注册地址='"路'), *["杂文"] * 30, row(2)]
    write(path, *lines)
    names, faults, _ = read(path)
    assert names == [(33, name(2))]
    assert faults == [(2, "quotes"), *((line, "columns") for line in range(3, 33))]


def test_too_few_and_too_many_cells_are_refused_and_blank_ones_at_the_end_are_not(path):
    write(path, row(1) + ",,", row(2) + ",多", row(3).rsplit(",", 1)[0], row(4))
    assert read(path)[:2] == ([(2, name(1)), (5, name(4))], [(3, "columns"), (4, "columns")])


def test_a_row_in_another_encoding_is_refused_by_itself(path):
    path.write_bytes(
        "\n".join([HEADER, row(1), ""]).encode() + (row(2) + "\n").encode("gb18030") + row(3).encode()
    )
    assert read(path)[:2] == ([(2, name(1)), (4, name(3))], [(3, "encoding")])


def test_a_row_of_utf8_in_a_file_of_gb18030_does_not_become_mojibake(path):
    path.write_bytes(
        "\n".join([HEADER, row(1), ""]).encode("gb18030")
        + (row(2) + "\n").encode()
        + row(3).encode("gb18030")
    )
    assert read(path) == ([(2, name(1)), (4, name(3))], [(3, "encoding")], "gb18030")


def test_a_null_byte_costs_its_row(path):
    write(path, row(1), row(2, 地区="徐\0汇"), row(3))
    assert read(path)[:2] == ([(2, name(1)), (4, name(3))], [(3, "null_byte")])


def test_a_name_of_fifty_megabytes_costs_its_row_and_no_memory(path):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("wb") as file:
        file.write(f"{HEADER}\n{row(1)}\n".encode())
        for _ in range(50):
            file.write(b"x" * (1 << 20))
        file.write(f"\n{row(2)}\n".encode())
    names, faults, _ = read(path)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert (names, faults, grown_mb < 20) == ([(2, name(1)), (4, name(2))], [(3, "too_long")], True)


def test_columns_may_stand_in_any_order_under_other_names(path):
    header = "社会信用代码,住所,名称,成立日期,注册资本(万元),登记状态,备注"
    write(path, "C1,路1号,甲公司,2002-01-03,50,存续,x", header=header)
    source = scan.open_register(path)
    batch = next(batch for batch in source.batches if batch.rows)
    picked = dict(
        zip(source.columns.present, [c for c in source.columns.pick(batch.rows[0][1]) if c], strict=True)
    )
    assert (picked, source.columns.capital_scale) == (
        {"name": "甲公司", "credit_code": "C1", "registered_on": "2002-01-03", "capital": "50", "address": "路1号",
         "status": "存续"},
        10_000,
    )  # fmt: skip


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_tabs_and_semicolons_separate_too(path, mark):
    write(path, row(1).replace(",", mark), header=HEADER.replace(",", mark))
    assert read(path)[0] == [(2, name(1))]


def test_the_operating_address_is_preferred_to_the_registered_one(path):
    write(path, "甲,C1,注册路,经营路", header="企业名称,统一社会信用代码,注册地址,经营地址")
    source = scan.open_register(path)
    rows = [row for batch in source.batches for row in batch.rows]
    assert source.columns.pick(rows[0][1])[9] == "经营路"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf\r\n \n", "空的"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "XLS"),
        (b"PK\x03\x04garbage", "压缩文件已损坏"),
        ("企业名称,统一社会信用代码\n".encode("utf-16"), "UTF-16"),
        ("名称,电话\n甲,1\n".encode(), "统一社会信用代码"),
        (bytes(range(256)) * 20, "没有认出表头"),
        (b"x" * 3_000_000, "没有认出表头"),
    ],
)
def test_what_is_no_register_is_refused_in_a_sentence(path, content, words):
    path.write_bytes(content)
    with pytest.raises(scan.UnusableFile) as refused:
        scan.open_register(path)
    assert words in str(refused.value.sentence)
