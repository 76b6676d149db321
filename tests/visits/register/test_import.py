"""`import_register`, row by row: what is made, changed, left alone and refused, and that the sum holds."""

import csv
import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from accounts.models import Organisation
from tests.visits.register.files import HEADER, code, row, write
from visits.register.models import Business, BusinessList, ImportRejection, ImportRun, ListMembership

pytestmark = pytest.mark.django_db


def run(path, *options) -> dict:
    out = StringIO()
    call_command("import_register", str(path), *map(str, options), stdout=out)
    counts = json.loads(out.getvalue().splitlines()[-1])
    names = ("created", "updated", "unchanged", "rejected", "headers")
    assert counts["read"] == sum(counts[name] for name in names)
    return {name: counts[name] for name in names}


def counts(created=0, updated=0, unchanged=0, rejected=0, headers=1) -> dict:
    return {
        "created": created,
        "updated": updated,
        "unchanged": unchanged,
        "rejected": rejected,
        "headers": headers,
    }


def faults(path) -> list[tuple]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(int(line["line"]), line["field"], line["code"]) for line in csv.DictReader(file)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "register.csv"


def test_a_row_becomes_a_business_as_given_and_as_understood(path):
    write(
        path,
        row(
            1,
            企业名称="上海示例（集团） 有限公司",
            注册资金='"1,000(万美元)"',
            地区="闸北",
            注册地址="上海市静安区示例路1号",
        ),
    )
    assert run(path) == counts(created=1)
    business = Business.objects.get()
    assert (business.name, business.name_search) == ("上海示例（集团） 有限公司", "上海示例(集团)有限公司")
    assert (business.capital_text, business.capital_amount, business.capital_currency) == (
        "1,000(万美元)", Decimal("10000000.00"), "USD",
    )  # fmt: skip
    assert (business.district.code, business.district_source, business.district_conflict) == (
        "310106",
        "column",
        "",
    )
    assert (business.registered_on, business.kind, business.registered_type) == (
        date(2002, 1, 3),
        "company",
        "",
    )
    assert business.imported_by == ImportRun.objects.get()


def test_a_second_import_of_the_same_file_changes_nothing(path, tmp_path):
    write(
        path,
        row(1),
        row(2),
        row(3, 统一社会信用代码="91310104MADEM00010"),
        row(2),
        row(1, 企业名称="上海示例改名有限公司"),
    )
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    assert run(path, "--errors", first) == counts(created=2, unchanged=1, rejected=2)
    stamps = list(Business.objects.order_by("pk").values_list("updated_at", "imported_by"))
    assert run(path, "--errors", second) == counts(unchanged=3, rejected=2)
    assert list(Business.objects.order_by("pk").values_list("updated_at", "imported_by")) == stamps
    assert (
        faults(second) == faults(first) == [(4, "credit_code", "code_check"), (6, "credit_code", "duplicate")]
    )


def test_a_changed_fact_touches_its_row_alone(path):
    write(path, row(1), row(2))
    run(path)
    write(path, row(1), row(2, 注册资金="80(万元人民币)"))
    before = Business.objects.get(credit_code=code(1)).updated_at
    assert run(path) == counts(updated=1, unchanged=1)
    assert Business.objects.get(credit_code=code(2)).capital_amount == Decimal("800000.00")
    assert Business.objects.get(credit_code=code(1)).updated_at == before


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_the_same_rows_in_another_encoding_change_nothing(path, encoding):
    write(path, row(1), row(2))
    run(path)
    write(path, row(1), row(2), encoding=encoding, end="\r\n")
    assert run(path) == counts(unchanged=2)


def test_the_same_rows_as_a_workbook_change_nothing(path, tmp_path):
    write(path, row(1), row(2))
    run(path)
    workbook = Workbook()
    for line in (HEADER, row(1), row(2)):
        workbook.active.append(line.split(","))
    workbook.save(tmp_path / "r.xlsx")
    assert run(tmp_path / "r.xlsx") == counts(unchanged=2)


def test_repeated_headers_are_counted_and_blank_lines_are_not(path):
    write(path, row(1), HEADER, "", row(2), HEADER)
    assert run(path) == counts(created=2, headers=3)


def test_of_a_repeated_code_with_other_facts_the_first_row_stands_in_any_later_import(path, tmp_path):
    write(path, row(1), row(1, 企业名称="上海后来有限公司"), row(1))
    assert run(path, "--errors", tmp_path / "e.csv") == counts(created=1, unchanged=1, rejected=1)
    assert run(path) == counts(unchanged=2, rejected=1)
    assert Business.objects.get().name == "上海示例1号有限公司"
    rejection = ImportRejection.objects.order_by("pk").first()
    assert (rejection.line, rejection.code, rejection.excerpt) == (3, "duplicate", "上海后来有限公司")
    assert "第 2 行" in rejection.sentence


def test_every_kind_of_broken_row_is_refused_with_line_field_and_code(path, tmp_path):
    lines = [
        row(1),
        row(2, 企业名称="N/A"),
        row(3, 注册日期="2021-02-30"),
        row(4, 统一社会信用代码="9.1E+17"),
        row(5, 企业名称="名" * 201),
        row(6, 注册地址="路" * 301),
        row(7, 企业类型="50(万美元)", 注册资金="Jean"),
        row(8, 企业名称="上海\ufffd\ufffd有限公司"),
        row(9, 企业名称="——123"),
        row(10, 统一社会信用代码=""),
        row(11),
    ]
    write(path, *lines)
    assert run(path, "--errors", tmp_path / "e.csv") == counts(created=2, rejected=9)
    assert faults(tmp_path / "e.csv") == [
        (3, "name", "missing"), (4, "registered_on", "date"), (5, "credit_code", "code_spreadsheet"),
        (6, "name", "too_long"), (7, "address", "too_long"), (8, "capital", "displaced"), (9, "name", "encoding"),
        (10, "name", "name"), (11, "credit_code", "code_missing"),
    ]  # fmt: skip
    assert ImportRejection.objects.count() == 9


def test_characters_that_copy_gives_a_meaning_to_are_kept(path):
    scope = '"制表\t反斜\\杠\\N""引号""\n换行"'
    write(path, row(1, 经营范围=scope, 企业名称="上海\\N示例有限公司"))
    assert run(path) == counts(created=1)
    business = Business.objects.get()
    assert (business.scope_text, business.name) == ('制表\t反斜\\杠\\N"引号"\n换行', "上海\\N示例有限公司")


def test_a_legacy_number_is_taken_with_its_flag(path):
    write(path, row(1, 统一社会信用代码="310115000000017"), row(2, 统一社会信用代码="310115600000013"))
    from stdnum.iso7064 import mod_11_10

    numbers = [stem + mod_11_10.calc_check_digit(stem) for stem in ("31011500000001", "31011560000001")]
    write(path, *[row(1, 统一社会信用代码=number, 地区="N/A", 注册地址="N/A") for number in numbers])
    assert run(path) == counts(created=2)
    found = Business.objects.order_by("credit_code").values_list(
        "is_legacy_code", "kind", "district__code", "district_source"
    )
    assert list(found) == [
        (True, "company", "310115", "authority"),
        (True, "sole_trader", "310115", "authority"),
    ]


def test_a_business_of_another_province_is_kept_without_a_district(path):
    other = code(1, authority="440101")
    write(path, row(1, 统一社会信用代码=other, 所在省份="广东", 地区="广州", 注册地址="广州市天河区甲路1号"))
    assert run(path) == counts(created=1)
    business = Business.objects.get()
    assert (business.district, business.district_source, business.province_text) == (None, "none", "广东")


def test_a_conflict_of_districts_is_flagged_and_counted_again_by_later_imports(path):
    write(path, row(1, 注册地址="上海市浦东新区甲路1号"))
    run(path)
    run(path)
    assert Business.objects.get().district_conflict == "地区栏:徐汇 | 地址:浦东新区"
    assert list(ImportRun.objects.values_list("conflicts", flat=True)) == [1, 1]


def test_a_district_decided_by_a_person_outlives_an_import(path):
    write(path, row(1))
    run(path)
    pudong = Organisation.objects.get(code="310115")
    Business.objects.update(district=pudong, district_source="hand")
    write(path, row(1, 地区="静安", 注册资金="9万人民币"))
    assert run(path) == counts(updated=1)
    business = Business.objects.get()
    assert (business.district, business.district_source, business.capital_text) == (
        pudong,
        "hand",
        "9万人民币",
    )


def test_a_renamed_district_is_noticed_without_a_change_in_the_file(path):
    write(path, row(1, 地区="甲新区", 注册地址="N/A", 统一社会信用代码=code(1, authority="310000")))
    run(path)
    assert Business.objects.get().district is None
    Organisation.objects.filter(code="310104").update(aliases=["甲新区"])
    assert run(path) == counts(updated=1)
    assert Business.objects.get().district.code == "310104"
    assert run(path) == counts(unchanged=1)


def test_a_file_without_a_column_leaves_that_column_alone(path):
    write(path, row(1))
    run(path)
    write(
        path, f"上海示例1号有限公司,{code(1)}", f"上海新来有限公司,{code(2)}", header="名称,统一社会信用代码"
    )
    assert run(path) == counts(created=1, unchanged=1)
    assert Business.objects.get(credit_code=code(1)).address == "上海市徐汇区示例路1号"
    assert run(path) == counts(unchanged=2)


def test_a_list_is_joined_once_and_its_date_moves_forward_only(path):
    its_list = BusinessList.objects.get_or_create(code="innovative_sme", defaults={"name": "创新型中小企业"})[
        0
    ]
    write(path, row(1), row(2))
    run(path)
    run(path, "--list", "innovative_sme", "--as-of", "2026-06-01")
    run(path, "--list", "innovative_sme", "--as-of", "2026-05-01")
    its_list.refresh_from_db()
    members = ListMembership.objects.filter(list=its_list).values_list("business__credit_code", "as_of")
    assert sorted(members) == [(code(1), date(2026, 6, 1)), (code(2), date(2026, 6, 1))]
    assert its_list.as_of == date(2026, 6, 1)
    assert list(ImportRun.objects.order_by("pk").values_list("listed", flat=True)) == [0, 2, 0]


def test_a_dry_run_counts_and_stores_no_business(path, tmp_path):
    write(path, row(1), row(2, 注册日期="昨天"))
    assert run(path, "--dry-run", "--errors", tmp_path / "e.csv") == counts(created=1, rejected=1)
    assert (Business.objects.count(), faults(tmp_path / "e.csv")) == (0, [(3, "registered_on", "date")])
    assert list(ImportRun.objects.values_list("state", "is_dry_run", "created")) == [("done", True, 1)]


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"", [], "空的"),
        (b"%PDF-1.4", [], "PDF"),
        ("名称,电话\n甲,1".encode(), [], "没有认出表头"),
        ((HEADER + "\n").encode(), ["--list", "nonsense"], "nonsense"),
    ],
)
def test_an_unusable_file_or_list_is_one_sentence(path, content, options, words):
    path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("import_register", str(path), *options, stdout=StringIO())


def test_a_file_that_is_not_there_is_one_sentence(path):
    with pytest.raises(CommandError, match=r"register\.csv"):
        call_command("import_register", str(path), stdout=StringIO())
