"""Capital, kind, date, blanks and search forms, by table."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visits.register import rules_capital, rules_facts, rules_name


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("146.2万人民币", "1462000.00", "CNY"),
        ("200(万元人民币)", "2000000.00", "CNY"),
        ("101(万人民币元)", "1010000.00", "CNY"),
        ("100(万元(人民币))", "1000000.00", "CNY"),
        ("5（万元）", "50000.00", "CNY"),
        ("34.9000(万)", "349000.00", "CNY"),
        ("13,216,206.3898(万元人民币)", "132162063898.00", "CNY"),
        ("200(万人民币 )", "2000000.00", "CNY"),
        ("２００（万元人民币）", "2000000.00", "CNY"),
        ("1.5亿元", "150000000.00", "CNY"),
        ("5000000", "5000000.00", "CNY"),
        ("人民币50万元整", "500000.00", "CNY"),
        ("0万人民币", "0.00", "CNY"),
        ("50万美元", "500000.00", "USD"),
        ("美元50万元", "500000.00", "USD"),
        ("USD 500,000", "500000.00", "USD"),
        ("720(万港币 )", "7200000.00", "HKD"),
        ("780(万元(港币))", "7800000.00", "HKD"),
        ("4,000(万香港元)", "40000000.00", "HKD"),
        ("50,000(万日元)", "500000000.00", "JPY"),
        ("1,938(万欧元)", "19380000.00", "EUR"),
        ("290(万德国马克)", "2900000.00", "DEM"),
        ("2,156(万瑞士法郎)", "21560000.00", "CHF"),
        ("3,030.8600(万新加坡元)", "30308600.00", "SGD"),
    ],
)
def test_capital_is_an_amount_in_its_own_currency(text, amount, currency):
    assert rules_capital.parse(text) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Jean",
        "CHI YEE GAVIN）",
        "-5万",
        "5万法郎",
        "10万元人民币美元",
        "壹佰万元",
        "万",
        "1.2.3万",
        "9" * 30,
        "5万火星币",
    ],
)
def test_capital_that_is_not_certain_stays_text(text):
    assert rules_capital.parse(text) == (None, "")


def test_a_bare_number_counts_what_the_title_of_its_column_says():
    assert rules_capital.parse("50", 10_000) == (Decimal("500000.00"), "CNY")
    assert rules_capital.parse("50万美元", 10_000) == (Decimal("500000.00"), "USD")


@given(st.text(max_size=60))
def test_no_text_breaks_capital_or_dates(text):
    amount, currency = rules_capital.parse(text)
    assert (amount is None) is (currency == "")
    assert rules_facts.parse_date(text) is None or isinstance(rules_facts.parse_date(text), date)


@pytest.mark.parametrize(
    ("code", "is_legacy", "type_text", "name", "kind"),
    [
        ("91310101X", False, "有限责任公司", "甲公司", "company"),
        ("91310101X", False, "个人独资企业", "甲厂", "company"),
        ("92310101X", False, "个体户", "甲店", "sole_trader"),
        ("92310101X", False, "个体工商户", "甲家庭农场", "family_farm"),
        ("93310101X", False, "", "甲果蔬专业合作社", "cooperative"),
        ("91310101X", False, "集体所有制", "甲供销合作社", "company"),
        ("91310101X", False, "家庭农场", "甲农场", "family_farm"),
        ("51310101X", False, "", "甲学会", "other"),
        ("N1310101X", False, "", "甲经济合作社", "other"),
        ("310101600000001", True, "", "甲店", "sole_trader"),
        ("310101000000001", True, "", "甲公司", "company"),
    ],
)
def test_kind_follows_the_code_and_family_farms_their_name(code, is_legacy, type_text, name, kind):
    assert rules_facts.kind(code, is_legacy, type_text, name) == kind


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1989-01-02", date(1989, 1, 2)),
        ("2002/1/3", date(2002, 1, 3)),
        ("2002年1月3日", date(2002, 1, 3)),
        ("20020103", date(2002, 1, 3)),
        ("2002-01-03 00:00:00", date(2002, 1, 3)),
        ("２００２－０１－０３", date(2002, 1, 3)),
        ("2021-02-30", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("03/04/2002", None),
        ("1月3日", None),
    ],
)
def test_a_date_is_read_or_refused_but_never_bent(text, day):
    assert rules_facts.parse_date(text) == day


@pytest.mark.parametrize("text", ["", "N/A", "n/a", "Ｎ／Ａ", "null", "-", "——", "无", " "])
def test_ways_of_saying_nothing(text):
    assert rules_facts.is_blank(text.strip()) is True


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("存续（在营、开业、在册）", "active"),
        ("在业", "active"),
        ("注销", "closed"),
        ("吊销，未注销", "closed"),
        ("其他", "unknown"),
    ],
)
def test_status_words(text, status):
    assert rules_facts.status(text) == status


@pytest.mark.parametrize(
    "name",
    [
        "上海示例(集团)有限公司",
        "上海示例（集团）有限公司",
        "上海 示例\u3000（集团)有限公司",
        "上海示例【集团】有限公司",
    ],
)
def test_brackets_of_any_width_and_spaces_are_one_search_form(name):
    assert rules_name.search_form(name) == "上海示例(集团)有限公司"


def test_width_and_case_of_latin_letters_are_one_search_form():
    assert rules_name.search_form("ＡＢＢ·ß") == "abb·ss"


def test_grams_are_every_character_and_every_pair():
    assert set(rules_name.grams("上海市")) == {
        ord("上"), ord("海"), ord("市"), ord("海") << 16 | ord("上"), ord("市") << 16 | ord("海"),
    }  # fmt: skip


@given(
    st.text("上海甲乙有限公司𠮷a", min_size=1, max_size=20) | st.text(min_size=1, max_size=20),
    st.booleans(),
    st.data(),
)
def test_what_is_asked_of_a_part_every_name_with_that_part_has(stem, is_company, data):
    whole = stem + "有限公司" if is_company else stem
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    assert set(rules_name.asked_grams(whole[start:end])) <= set(rules_name.grams(whole))


@pytest.mark.parametrize("part", ["有限公司", "有限", "限公司", "公司", "公", "司"])
def test_a_piece_of_the_common_ending_asks_the_index_for_nothing(part):
    assert rules_name.asked_grams(part) == []


def test_a_question_asks_for_pairs_and_of_one_character_for_itself():
    assert (rules_name.asked_grams("上海市"), rules_name.asked_grams("上")) == (
        sorted([ord("海") << 16 | ord("上"), ord("市") << 16 | ord("海")]), [ord("上")],
    )  # fmt: skip
