"""The feedback sheet: taken away, filled in, brought back, and brought back again."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook

from lending.models import BankDecision, Recommendation
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
PAGE = "/admin/lending/recommendation/feedback/"
HEAD = "推荐号,决定,授信额度(万元),年利率(%),期限(月),担保方式,首贷户,未授信原因,情况说明,决定日期"


def push(cast, **facts):
    return stage.push(cast, at=timezone.now() - timedelta(hours=1), **facts)


def upload(client, content: bytes, name: str = "反馈.csv"):
    return client.post(PAGE, {"sheet": SimpleUploadedFile(name, content)})


def table(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows]).encode()


def results(answer) -> list[tuple[int, str]]:
    return [(one.number, one.state) for one in answer.context["taken"]]


def test_the_sheet_holds_the_banks_open_work_and_no_formula(cast, web):
    mine = push(cast)
    mine.case.business.name = "=1+1有限公司"
    mine.case.business.save(update_fields=["name"])
    push(cast, to=cast.other_bank)
    push(cast, state="decided")
    content = web(cast.bank).get(f"{PAGE}sheet/").content
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    (row,) = list(sheet.iter_rows(min_row=2))
    assert (row[0].value, row[2].value, row[2].data_type) == (mine.pk, "=1+1有限公司", "s")
    assert LogEntry.objects.get().change_message == "办理反馈表"


def test_a_sheet_filled_in_in_a_spreadsheet_is_taken_row_by_row(cast, web):
    granted, refused, untouched = push(cast), push(cast), push(cast)
    client = web(cast.bank)
    book = load_workbook(io.BytesIO(client.get(f"{PAGE}sheet/").content))
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    terms = {
        "决定": "部分授信",
        "授信额度(万元)": 30,
        "年利率(%)": 3.85,
        "期限(月)": 12,
        "担保方式": "信用",
        "首贷户": "是",
    }
    words = {
        granted.pk: terms,
        refused.pk: {"决定": "不予授信", "未授信原因": "R03 欠税或纳税信用低 → 税务局:补缴"},
    }
    for row in sheet.iter_rows(min_row=2):
        for heading, value in words.get(row[0].value, {}).items():
            sheet.cell(row[0].row, heads[heading], value)
    target = io.BytesIO()
    book.save(target)
    answer = upload(client, target.getvalue(), "反馈.xlsx")
    assert sorted(state for _number, state in results(answer)) == ["done", "done"]
    decisions = {one.recommendation_id: one for one in BankDecision.objects.select_related("reason")}
    assert (decisions[granted.pk].is_first_loan, decisions[refused.pk].reason.code) == (True, "R03")
    assert Recommendation.objects.get(pk=untouched.pk).state == "pushed"
    again = upload(client, target.getvalue(), "反馈.xlsx")
    assert (sorted(state for _number, state in results(again)), BankDecision.objects.count()) == (
        ["rest", "rest"],
        2,
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_row_that_is_refused_says_why_and_stops_no_other(cast, web, encoding):
    dear, good, theirs = push(cast), push(cast), push(cast, to=cast.other_bank)
    rows = [
        f"{dear.pk},部分授信,30,40,12,信用,,,,", f"{good.pk},部分授信,30,3.85,12,信用,,,,", f"{theirs.pk},不予授信,,,,,,R18,,",
        "x,不予授信,,,,,,R18,,", f"{good.pk},看看再说,,,,,,,,", f"{dear.pk},,,,,,,,,",
    ]  # fmt: skip
    answer = upload(web(cast.bank), table(*rows).decode().encode(encoding))
    assert results(answer) == [(2, "late"), (3, "done"), (4, "late"), (5, "late"), (6, "late")]
    assert "年利率(%):年利率填大于 0" in answer.context["taken"][0].sentence
    assert theirs.case.business.name not in answer.content.decode()
    assert BankDecision.objects.get().recommendation == good


def test_a_row_that_says_otherwise_than_what_stands_is_refused(cast, web):
    pushed, client = push(cast), web(cast.bank)
    upload(client, table(f"{pushed.pk},部分授信,30,3.85,12,信用,,,,"))
    answer = upload(client, table(f"{pushed.pk},部分授信,31,3.85,12,信用,,,,"))
    assert (results(answer), BankDecision.objects.count()) == ([(2, "late")], 1)


def zipped(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00\x01", b"%PDF-1.7", b"PK\x03\x04broken", zipped(a=b"x"), "推荐号\n1".encode(), "企业,决定\n".encode(),
        b"\xff" * 40, ("推荐号,决定\n" + '"' + "x" * 200_000).encode(), ("推荐号,决定\n" + "1,同意授信\n" * 1001).encode(),
        b"0" * ((2 << 20) + 1), HEAD.encode() + b"\n\x00,\x00",
        zipped(**{"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<broken"}),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_file_that_is_no_feedback_sheet_is_refused_whole(cast, web, content):
    answer = upload(web(cast.bank), content)
    assert (answer.status_code, answer.context["taken"], BankDecision.objects.count()) == (422, None, 0)


def test_no_file_is_asked_for(cast, web):
    assert web(cast.bank).post(PAGE).context["problem"] == "请选择填好的表格。"


@pytest.mark.parametrize(
    ("person", "status"), [("bank", 200), ("bankhead", 200), ("city", 403), ("sysadmin", 403)]
)
@pytest.mark.parametrize("path", [PAGE, f"{PAGE}sheet/"])
def test_the_sheet_is_for_those_who_decide(cast, web, person, status, path):
    assert web(getattr(cast, person)).get(path).status_code == status
