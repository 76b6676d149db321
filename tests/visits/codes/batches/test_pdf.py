"""The sheet itself: every code decodes to its own address, every word stands where it is read."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.visits.codes.batches.reading import (  # noqa: F401  the fixture
    askew,
    cut_out,
    decode,
    grey,
    pages,
    texts,
    zbar,
)
from visits.codes import images, rules
from visits.codes.batches import fonts, pdf
from visits.codes.labels import Label

UNTIL = datetime(2027, 11, 19, 16, 0, tzinfo=UTC)
LONG_NAME = "上海漕河泾新兴技术开发区科技发展与企业服务管理有限责任公司(集团)"  # 32 characters
LONG_LINE = "上海市徐汇区漕河泾街道虹漕路461号软件大厦东楼第十七层1703室至1709室及地下一层B区仓储与配送中心二号门旁"  # 60


def label(n: int, **changes) -> Label:
    secret = f"ABCDEFGH{n:02d}"
    facts = {
        "kind": "business", "url": rules.url_for(secret), "short": rules.short_code(rules.token_for(secret)),
        "name": f"测试{n}号店", "line": f"上海市徐汇区测试路{n}号", "version": n, "expires_at": UNTIL,
    }  # fmt: skip
    return Label(**facts | changes)


def drawn(labels: list[Label]) -> pdf.Sheets:
    return pdf.draw(labels, title="个体工商户", total=len(labels), issuer="徐汇区制发", day="2026年11月20日")


def street(count: int) -> list[Label]:
    """With the longest texts, brackets and Latin words among the others."""
    odd = {1: {"name": LONG_NAME, "line": LONG_LINE}, 5: {"name": "3M中国(Shanghai Trading & Logistics)"}}
    return [label(n, **odd.get(n % 12, {})) for n in range(count)]


@pytest.mark.parametrize("seen", [lambda image: image, grey, askew, lambda image: grey(askew(image))])
@pytest.mark.parametrize("dpi", [150, 300])
def test_every_label_cut_out_decodes_to_its_own_address(zbar, tmp_path, dpi, seen):  # noqa: F811
    labels = street(24)
    found = [
        decode(seen(piece), tmp_path)
        for page in pages(drawn(labels).content, dpi)
        for piece in cut_out(page, dpi)
    ]
    assert found == [[label.url] for label in labels]


def test_a_whole_page_under_a_scanner_gives_all_its_codes(zbar, tmp_path):  # noqa: F811
    """zbar misses one of twelve now and then in a single picture, so it gets the two a hand would take."""
    labels = street(12)
    (page,) = pages(drawn(labels).content, 200)
    found = {*decode(page, tmp_path), *decode(grey(page), tmp_path), *decode(askew(page), tmp_path)}
    assert found == {label.url for label in labels}


@pytest.mark.parametrize("mask", range(8))
def test_whichever_mask_serves_the_installation_the_codes_decode(zbar, tmp_path, monkeypatch, mask):  # noqa: F811
    monkeypatch.setattr(images, "best_mask", lambda _address: mask)
    labels = street(2)
    (page,) = pages(drawn(labels).content, 150)
    assert [decode(piece, tmp_path) for piece in cut_out(page, 150)[:2]] == [[one.url] for one in labels]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (12, 1), (13, 2), (24, 2), (25, 3)])
def test_twelve_labels_fill_a_page(count, expected):
    sheets = drawn(street(count))
    told = [f"第{n}/{expected}页" in text for n, text in enumerate(texts(sheets.content), start=1)]
    assert (sheets.pages, sheets.count, told) == (expected, count, [True] * expected)


def test_a_label_says_name_address_code_promise_version_and_until_when():
    (text,) = texts(drawn([label(7)]).content)
    short = label(7).short
    for words in ("测试7号店", "上海市徐汇区测试路7号", short, "服务免费", "推荐不等于承诺放贷", "第7版", "2027年11月20日前有效",
                  "小微企业融资走访", "个体工商户", "徐汇区制发2026年11月20日"):  # fmt: skip
        assert words in text, words


def test_a_work_code_promises_no_loan_and_asks_for_no_fee():
    (text,) = texts(drawn([label(1, kind="officer", name="周访", line="沪江示范银行徐汇支行 A017")]).content)
    assert ("扫码核验走访人员" in text, "走访人员工作码" in text, "承诺放贷" in text) == (True, True, False)


def test_long_names_and_addresses_are_set_whole():
    sheets = drawn([label(1, name=LONG_NAME, line=LONG_LINE)])
    (text,) = texts(sheets.content)
    assert (LONG_NAME in text, LONG_LINE in text, sheets.cut) == (True, True, [])


def test_nothing_overlaps_on_a_label_with_the_longest_texts(monkeypatch):
    """Every line keeps its own height, from the heading down to the promise."""
    set_lines = []
    real = pdf.Pen._at

    def note(self, x, y, text, font, size):
        set_lines.append((y, size, text))
        real(self, x, y, text, font, size)

    monkeypatch.setattr(pdf.Pen, "_at", note)
    drawn([label(1, name=LONG_NAME + LONG_NAME, line=LONG_LINE)])
    rows = sorted((y, size) for y, size, _text in set_lines if y > pdf.TOP - pdf.CELL_HEIGHT)
    gaps = [(above - y) / size for (y, size), (above, _) in pairwise(rows)]
    assert (len(rows), min(gaps) >= 1.1) == (10, True), gaps


def test_what_is_too_long_for_any_label_is_cut_and_told():
    sheets = drawn([label(1, name="很长的名称" * 40, line="很长的地址" * 60)])
    assert sheets.cut == ["很长的名称" * 40, "很长的地址" * 60]


def test_rare_characters_are_set_or_marked_and_told():
    """㛃 stands in the embedded font, 𠮷 does not."""
    sheets = drawn([label(1, name="㛃记𠮷野家")])
    (text,) = texts(sheets.content)
    assert ("㛃记〓野家" in text, sheets.missing) == (True, {"㛃记𠮷野家": "𠮷"})


def test_the_fonts_are_embedded_so_that_no_printer_needs_them():
    sheets = drawn([label(1)])
    assert (sheets.is_embedded, sheets.content.count(b"/FontFile2") >= 2) == (True, True)


def test_without_the_font_files_the_reader_s_own_face_is_used_and_told(settings, tmp_path):
    settings.SHEET_FONTS = str(tmp_path)
    fonts.fonts.cache_clear()
    try:
        sheets = drawn([label(1, name="㛃记𠮷野家")])
    finally:
        fonts.fonts.cache_clear()
    assert (sheets.is_embedded, sheets.missing, sheets.content[:5]) == (
        False,
        {"㛃记𠮷野家": "㛃𠮷"},
        b"%PDF-",
    )


def test_markup_in_a_name_is_only_text():
    (text,) = texts(drawn([label(1, name="<b>店</b> & (甲)\\ %PDF")]).content)
    assert "<b>店</b>&(甲)\\%PDF" in text


def test_no_token_stands_in_the_file_but_where_it_is_printed():
    """Neither as metadata nor as a link that a reader would show."""
    content = drawn([label(1)]).content
    assert (rules.token_for("ABCDEFGH01").encode() in content, b"/URI" in content) == (False, False)
