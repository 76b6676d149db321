"""`manage.py import_credit_data`: any encoding, row by row, all or nothing, and a second time nothing."""

import csv
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from lending.credit_lookup.dataset import rules
from lending.models import CreditItem
from tests.factories import credit_code

pytestmark = pytest.mark.django_db
HEADER = "credit_code,category,item,value,department,as_of,is_adverse"
CHINESE = "统一社会信用代码,类别,事项,内容,来源部门,数据日期,是否不利"
A, B, C = (credit_code(number) for number in (7001, 7002, 7003))


def row(code=A, item="纳税信用等级", value="A", day="2026-04-30", adverse="0") -> str:
    return f"{code},纳税,{item},{value},税务局,{day},{adverse}"


def load(tmp_path, *lines, encoding="utf-8", header=HEADER, ends="\n", **options) -> dict:
    path = tmp_path / "items.csv"
    path.write_bytes(ends.join([header, *lines, ""]).encode(encoding))
    return run(path, **options)


def run(path, **options) -> dict:
    out = StringIO()
    call_command("import_credit_data", str(path), stdout=out, **({"source": "city-platform"} | options))
    counts = json.loads(out.getvalue().splitlines()[-1])
    counts.pop("seconds")
    return counts


def counts(read, created=0, updated=0, unchanged=0, rejected=0, headers=1) -> dict:
    return {"read": read, "created": created, "updated": updated, "unchanged": unchanged, "rejected": rejected, "headers": headers}  # fmt: skip


def test_rows_become_items(tmp_path):
    assert load(tmp_path, row(), row(B, "欠税", "12万元", "2026/10/1", "是")) == counts(3, created=2)
    kept = CreditItem.objects.order_by("credit_code").values_list(
        "source", "credit_code", "item", "value", "as_of", "is_adverse"
    )
    assert list(kept) == [
        ("city-platform", A, "纳税信用等级", "A", date(2026, 4, 30), False),
        ("city-platform", B, "欠税", "12万元", date(2026, 10, 1), True),
    ]


def test_a_second_time_nothing_changes(tmp_path):
    lines = [row(), row(B)]
    load(tmp_path, *lines)
    before = list(CreditItem.objects.order_by("pk").values_list("pk", "value"))
    assert load(tmp_path, *lines) == counts(3, unchanged=2)
    assert list(CreditItem.objects.order_by("pk").values_list("pk", "value")) == before


def test_only_what_differs_is_written(tmp_path):
    load(tmp_path, row(A), row(B))
    assert load(tmp_path, row(A, value="B"), row(B), row(C)) == counts(4, created=1, updated=1, unchanged=1)
    assert dict(CreditItem.objects.values_list("credit_code", "value")) == {A: "B", B: "A", C: "A"}


def test_another_day_of_the_same_item_is_another_row(tmp_path):
    load(tmp_path, row(day="2025-04-30"))
    assert load(tmp_path, row(day="2026-04-30")) == counts(2, created=1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("header", [HEADER, CHINESE])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_headers_and_line_ends(tmp_path, encoding, header, ends):
    found = load(tmp_path, row(), row(B), encoding=encoding, header=header, ends=ends)
    assert found == counts(3, created=2)
    assert set(CreditItem.objects.values_list("category", "department")) == {("纳税", "税务局")}


def test_a_workbook_is_read_too(tmp_path):
    book = Workbook()
    book.active.append(CHINESE.split(","))
    book.active.append([A, "纳税", "纳税信用等级", "A", "税务局", date(2026, 4, 30), 0])
    book.save(tmp_path / "items.xlsx")
    assert run(tmp_path / "items.xlsx") == counts(2, created=1)


def test_codes_are_normalised(tmp_path):
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in A.lower())
    load(tmp_path, row(wide))
    assert CreditItem.objects.get().credit_code == A


BAD = [
    (row(""), "credit_code", "code_missing"), (row(A[:-1] + ("0" if A[-1] != "0" else "1")), "credit_code", "code_check"),
    (row("9.13E+17"), "credit_code", "code_spreadsheet"), (row("123"), "credit_code", "code_length"),
    (row(item=""), "item", "missing"), (row(item="长" * 81), "item", "too_long"), (row(value=" "), "value", "missing"),
    (row(value="长" * 401), "value", "too_long"), (row(day="2026-02-30"), "as_of", "date"), (row(day=""), "as_of", "date"),
    (row(adverse="也许"), "is_adverse", "flag"), (row() + ",多一列", "", "columns"), (A, "", "columns"),
    ('"' + row(), "", "quotes"), (row(value="a\x00b"), "", "null_byte"), (row(value="长" * 30_000), "", "too_long"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "field", "code"), BAD)
def test_a_bad_row_costs_itself_and_says_why(tmp_path, line, field, code):
    errors = tmp_path / "errors.csv"
    assert load(tmp_path, row(B), line, row(C), errors=errors) == counts(4, created=2, rejected=1)
    (said,) = csv.DictReader(errors.open(encoding="utf-8"))
    assert (said["line"], said["field"], said["code"], bool(said["sentence"])) == ("3", field, code, True)


def test_a_line_in_another_encoding_costs_itself(tmp_path):
    path = tmp_path / "items.csv"
    path.write_bytes(
        "\n".join([CHINESE, row(B)]).encode() + b"\n" + row(C).encode("gb18030") + b"\n" + row(A).encode()
    )
    assert run(path) == counts(4, created=2, rejected=1)


def test_repeated_headers_are_counted_and_not_rejected(tmp_path):
    assert load(tmp_path, row(), HEADER, CHINESE, row(B)) == counts(5, created=2, headers=3)


def test_the_first_row_of_a_key_stands(tmp_path):
    errors = tmp_path / "errors.csv"
    found = load(tmp_path, row(value="A"), row(value="A"), row(value="B"), errors=errors)
    assert found == counts(4, created=1, unchanged=1, rejected=1)
    (said,) = csv.DictReader(errors.open(encoding="utf-8"))
    assert (said["line"], said["code"], CreditItem.objects.get().value) == ("4", "duplicate", "A")


def test_a_dry_run_stores_nothing(tmp_path):
    assert load(tmp_path, row(), dry_run=True) == counts(2, created=1)
    assert CreditItem.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "空的"), (b"\xef\xbb\xbf\n", "空的"), (b"a,b,c\n1,2,3\n", "没有认出表头"), (b"%PDF-1.7", "PDF"),
        (b"\xff\xfea\0", "UTF-16"), (b"PK\x03\x04rubbish", "XLSX"), ("类别,事项\n".encode(), "没有认出表头"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_data_set_is_refused_whole(tmp_path, content, said):
    path = tmp_path / "items.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        run(path)
    assert CreditItem.objects.count() == 0


def test_an_unknown_source_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(CommandError, match="city-platform"):
        load(tmp_path, row(), source="nowhere")
    with pytest.raises(CommandError, match="打不开"):
        run(tmp_path / "absent.csv")


def test_a_breakdown_leaves_nothing_half_loaded(tmp_path, monkeypatch):
    from lending.credit_lookup.dataset import services

    load(tmp_path, row(A))
    monkeypatch.setattr(services.staging, "take_repeats", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load(tmp_path, row(A, value="B"), row(B))
    assert list(CreditItem.objects.values_list("credit_code", "value")) == [(A, "A")]


@pytest.mark.parametrize("field", rules.FIELDS)
def test_every_synonym_leads_to_one_field(field):
    assert {rules.field_of(title) for title in rules.SYNONYMS[field].split()} == {field}
