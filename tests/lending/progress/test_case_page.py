"""/district/cases/<number>/: what it shows, what may be done there, and what becomes of a form that came too late."""

import re
from datetime import timedelta

import pytest

from lending.models import CreditLookup, DistrictReview, FinancingCase
from tests.factories import NOW
from tests.lending import story
from tests.lending.story import FIVE
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def url(case, deed="") -> str:
    return f"/district/cases/{case.number}/{deed}"


def form(case, outcome="recommend", **changes) -> dict:
    said = {f"{name}_met": "yes" for name in FIVE} | {f"{name}_note": "已核实" for name in FIVE}
    return (
        said
        | {"outcome": outcome, "seen": story.fresh(case).events_count, "reason": "", "banks": ["DEMO-B1"]}
        | changes
    )


def buttons(html: str) -> list[str]:
    return re.findall(r'name="outcome" value="(\w+)"', html)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 302),
        ("officer", 403),
        ("bank", 403),
        ("auditor", 403),
        ("panel_other", 404),
        ("panel", 200),
        ("city", 200),
    ],
)
def test_who_may_look(cast, web, who, status):
    case = story.looked_up(cast)
    assert web(getattr(cast, who) if who else None).get(url(case)).status_code == status


def test_the_city_reads_and_does_nothing(cast, web):
    case = story.looked_up(cast)
    html = web(cast.city).get(url(case)).content.decode()
    assert (buttons(html), url(case, "lookup/") in html, "纳税信用等级" in html) == ([], False, True)
    for deed in ("review/", "lookup/", "resume/", "reopen/", "report/1/"):
        assert web(cast.city).post(url(case, deed), form(case)).status_code == 403


def test_the_page_shows_evidence_with_source_and_date(cast, web):
    case = story.visited(cast)
    story.credit_item(
        case.business, category="司法", item="被执行人", value="12万元", department="法院", is_adverse=True
    )
    story.look_up(case=case, by=cast.panel, now=NOW)
    html = web(cast.panel).get(url(case)).content.decode()
    assert "司法·被执行人:12万元" in html
    assert "法院 · 2026年4月30日" in html
    assert [
        label
        for label in ("合规持续经营", "固定经营场所", "真实融资需求", "信用状况良好", "贷款用途依法合规")
        if label not in html
    ] == []
    assert re.findall(r'value="(?:yes|no)"[^>]* checked', html) == []


def test_the_three_answers_look_different(cast, web, settings):
    settings.CREDIT_SOURCES = [
        {"code": code, "adapter": "dataset"} for code in ("full", "other", "never-loaded")
    ]
    case = story.visited(cast)
    story.credit_item(case.business, source="full")
    story.credit_item(story.visited(cast).business, source="other")
    story.look_up(case=case, by=cast.panel, now=NOW)
    html = web(cast.panel).get(url(case)).content.decode()
    assert re.findall(r"receipt__answer--(\w+)", html) == ["found", "not_fetched", "no_record"]


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (lambda cast: story.visited(cast, consent=False), []),
        (story.visited, ["not_recommended", "return"]),
        (story.looked_up, ["not_recommended", "return", "recommend"]),
        (story.recommended, ["return"]),
        (lambda cast: story.pushed(cast).case, []),
    ],
    ids=["intake", "authorised", "under review", "recommended", "with bank"],
)
def test_the_bar_holds_what_the_stage_allows(cast, web, prepare, expected):
    case = prepare(cast)
    assert buttons(web(cast.panel).get(url(case)).content.decode()) == expected


def test_with_the_receipts_expired_the_bar_does_not_offer_to_recommend(cast, web):
    case = story.looked_up(cast, now=NOW - timedelta(days=30))
    assert buttons(web(cast.panel).get(url(case)).content.decode()) == ["not_recommended", "return"]


def test_a_visitor_sees_why_somebody_else_must_judge(cast, web):
    case = story.looked_up(cast)
    Visit.objects.update(officer=cast.panel)
    html = web(cast.panel).get(url(case)).content.decode()
    assert (buttons(html), "须由专班其他成员审核" in html) == ([], True)
    assert buttons(web(cast.panel2).get(url(case)).content.decode()) != []


def test_recommending_leads_back_to_the_case(cast, web):
    case = story.looked_up(cast)
    answer = web(cast.panel).post(url(case, "review/"), form(case))
    assert (answer.status_code, answer["Location"]) == (302, url(case))
    made = DistrictReview.objects.get()
    assert (story.fresh(case).stage, list(made.banks.all())) == ("recommended", [cast.first_bank])


def test_what_cannot_stand_is_shown_again_with_what_was_typed(cast, web):
    case = story.looked_up(cast)
    said = form(case, fixed_premises_met="no", fixed_premises_note="只见到虚拟地址", reason="待核实")
    answer = web(cast.panel).post(url(case, "review/"), said)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert [
        words
        for words in ("此项不符合,不能推荐。", "只见到虚拟地址", "待核实", "内容都还在")
        if words not in html
    ] == []
    assert len(re.findall(r'value="(?:yes|no)" checked', html)) == 5
    assert DistrictReview.objects.count() == 0


def test_a_form_older_than_the_case_is_shown_again_and_then_holds(cast, web):
    case = story.looked_up(cast)
    old = form(case, genuine_need_note="电话回访过")
    story.look_up(case=case, by=cast.panel2, now=NOW)
    answer = web(cast.panel).post(url(case, "review/"), old)
    html = answer.content.decode()
    assert (answer.status_code, "办件刚刚被他人办理" in html, "电话回访过" in html) == (409, True, True)
    assert (DistrictReview.objects.count(), story.fresh(case).stage) == (0, "under_review")
    seen = int(re.search(r'name="seen" value="(\d+)"', html)[1])
    assert web(cast.panel).post(url(case, "review/"), old | {"seen": seen}).status_code == 302


def test_a_form_for_a_case_that_was_judged_meanwhile_is_refused(cast, web):
    case = story.looked_up(cast)
    old = form(case)
    assert web(cast.panel2).post(url(case, "review/"), old).status_code == 302
    answer = web(cast.panel).post(url(case, "review/"), old)
    assert (answer.status_code, DistrictReview.objects.count()) == (409, 1)


BAD = [
    {"outcome": ""}, {"outcome": "approve"}, {"seen": ""}, {"seen": "x"}, {"seen": "9" * 400}, {"banks": ["NO-SUCH"]}, {"banks": ["\x00"]},
    {"reason": "长" * 501}, {"reason": "\x00"}, {"fixed_premises_met": "perhaps"}, {"fixed_premises_note": "长" * 501},
    {"fixed_premises_note": "a\x00b"}, {"banks": ["DEMO-B2"]},
]  # fmt: skip


@pytest.mark.parametrize("changes", BAD, ids=range(len(BAD)))
def test_a_broken_form_is_shown_again(cast, web, changes):
    case = story.looked_up(cast)
    assert web(cast.panel).post(url(case, "review/"), form(case, **changes)).status_code == 422
    assert DistrictReview.objects.count() == 0


def test_the_lookup_button_looks_up(cast, web):
    case = story.visited(cast)
    story.credit_item(case.business)
    answer = web(cast.panel).post(url(case, "lookup/"), follow=True)
    assert "已取得信用查询结果" in answer.content.decode()
    assert (CreditLookup.objects.count(), story.fresh(case).stage) == (1, "under_review")


def test_a_second_tab_does_not_look_up_again(cast, web):
    case = story.visited(cast)
    story.credit_item(case.business)
    for _tab in ("first", "second"):
        web(cast.panel).post(url(case, "lookup/"), {"seen": case.events_count})
    assert CreditLookup.objects.count() == 1


def test_a_lookup_that_brings_nothing_says_so_on_the_case(cast, web):
    case = story.visited(cast)
    html = web(cast.panel).post(url(case, "lookup/"), follow=True).content.decode()
    assert ("信用信息暂时没有取到" in html, "该来源还没有导入数据" in html) == (True, True)
    assert story.fresh(case).stage == "authorised"


def test_a_returned_case_is_taken_up_again_from_the_page(cast, web):
    case = story.looked_up(cast)
    web(cast.panel).post(url(case, "review/"), form(case, "return", reason="缺租约"))
    assert "缺租约" in web(cast.panel).get(url(case)).content.decode()
    assert (
        "请写明原因"
        in web(cast.panel).post(url(case, "resume/"), {"reason": ""}, follow=True).content.decode()
    )
    web(cast.panel).post(url(case, "resume/"), {"reason": "租约已核对"})
    assert story.fresh(case).stage == "under_review"


@pytest.mark.parametrize("deed", ["", "review/", "lookup/", "resume/", "reopen/", "report/1/"])
def test_another_district_finds_nothing(cast, web, deed):
    case = story.looked_up(cast)
    client = web(cast.panel_other)
    answer = client.post(url(case, deed), form(case)) if deed else client.get(url(case))
    assert answer.status_code == 404
    assert FinancingCase.objects.get().stage == "under_review"


def test_the_page_costs_the_same_for_one_and_three_receipts(cast, web, django_assert_num_queries):
    case, panel = story.looked_up(cast), web(cast.panel)
    for more in (0, 2):
        for _ in range(more):
            story.look_up(case=case, by=cast.panel, now=NOW)
        with django_assert_num_queries(
            18
        ):  # the clocks of a bank come with the case; one of them asks the rule of the lookup
            panel.get(url(case))
