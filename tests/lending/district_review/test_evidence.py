"""What is shown under each criterion: flags with source and date, never a verdict."""

from datetime import date
from decimal import Decimal

import pytest

from lending.district_review.evidence import Facts, criteria_of, evidence, note
from lending.district_review.rules import CRITERIA, faults
from tests.lending.story import five


def item(category="纳税", name="纳税信用等级", value="A", adverse=False) -> dict:
    return {
        "category": category, "item": name, "value": value, "department": "税务局", "as_of": "2026-04-30", "is_adverse": adverse,
        "source": "市平台",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("category", "name", "expected"),
    [
        ("登记注册", "登记状态", ("compliant_operation",)),
        ("行政许可", "食品经营许可", ("compliant_operation",)),
        ("经营异常", "列入经营异常名录", ("compliant_operation", "good_credit_standing")),
        ("纳税", "纳税信用等级", ("good_credit_standing", "compliant_operation")),
        ("纳税", "近12个月申报", ("compliant_operation",)),
        ("社保", "参保人数", ("compliant_operation",)),
        ("司法", "被执行人", ("good_credit_standing",)),
        ("行政处罚", "一般行政处罚", ("good_credit_standing",)),
        ("不动产", "租赁备案", ("fixed_premises",)),
        ("水电气", "近三月用电量", ("fixed_premises",)),
        ("进出口", "出口额", ("genuine_need",)),
        ("知识产权", "发明专利", ()),
    ],
)
def test_an_item_speaks_to_its_criteria(category, name, expected):
    assert criteria_of(item(category, name)) == expected


@pytest.mark.parametrize(
    ("category", "name"), [("知识产权", "专利侵权"), ("水电气", "欠费"), ("别的", "什么")]
)
def test_an_adverse_item_never_falls_under_the_table(category, name):
    assert "good_credit_standing" in criteria_of(item(category, name, adverse=True))


def test_adverse_items_stand_first_with_source_and_date():
    found = evidence([item(), item("司法", "被执行人", "12万元", adverse=True)], ["市平台"], Facts())
    assert found["good_credit_standing"] == [
        {"text": "司法·被执行人:12万元", "source": "税务局", "at": date(2026, 4, 30), "state": "late"},
        {"text": "纳税信用等级:A", "source": "税务局", "at": date(2026, 4, 30), "state": "info"},
    ]


def test_a_clean_answer_is_said_and_silence_is_not():
    clean = [line["text"] for line in evidence([], ["市平台"], Facts())["good_credit_standing"]]
    assert clean == ["已查来源中没有不利信息"]
    assert evidence([], [], Facts())["good_credit_standing"] == []


def test_a_visit_by_phone_leaves_the_premises_open():
    facts = Facts(
        visit_mode="phone", visit_mode_name="电话", visited_by="某支行 周访", visited_on=date(2026, 11, 20)
    )
    (line,) = evidence([], [], facts)["fixed_premises"]
    assert (line["state"], line["text"]) == ("soon", "未实地走访(电话),经营场所请另行核实")
    assert note([line]) == ""


@pytest.mark.parametrize(("metres", "state"), [(500, "info"), (510, "soon")])
def test_a_visit_far_from_the_address_is_to_be_checked(metres, state):
    lines = evidence([], [], Facts(visit_mode="on_site", distance_m=metres))["fixed_premises"]
    assert [line["state"] for line in lines if "米" in line["text"]] == [state]


@pytest.mark.parametrize(
    ("words", "states"),
    [("采购面粉", ["info"]), ("偿还他行贷款", ["soon", "info"]), ("用于炒股和理财", ["soon", "info"])],
)
def test_words_of_forbidden_uses_are_flagged_and_not_judged(words, states):
    lines = evidence([], [], Facts(purpose_name="流动资金周转", purpose_text=words))["lawful_purpose"]
    assert [line["state"] for line in lines] == states


def test_the_draft_of_the_evidence_fits_the_field():
    lines = evidence([item(value="长" * 400), item(name="另一项纳税信用", value="长" * 400)], [], Facts())[
        "good_credit_standing"
    ]
    assert len(note(lines)) == 500


def test_the_need_is_told_in_wan():
    facts = Facts(amount_yuan=Decimal("1234500.00"), purpose_name="购置设备")
    assert evidence([], [], facts)["genuine_need"][0]["text"] == "需求123.45万元,购置设备"


@pytest.mark.parametrize("outcome", ["recommend", "not_recommended", "return"])
def test_five_verdicts_with_evidence_have_no_fault(outcome):
    assert faults(outcome, five()) == {}


@pytest.mark.parametrize(("outcome", "wrong"), [("recommend", 5), ("not_recommended", 5), ("return", 0)])
def test_only_returning_may_leave_everything_open(outcome, wrong):
    assert len(faults(outcome, {})) == wrong
    assert len(faults(outcome, {key: {"met": None} for key in CRITERIA})) == wrong
