"""Chapter 3: the district's team reviews against five criteria."""

FIVE = ("compliant_operation", "fixed_premises", "genuine_need", "good_credit_standing", "lawful_purpose")


def verdict(**changes) -> dict:
    criteria = {name: {"met": True, "evidence": "走访照片与信用查询结果"} for name in FIVE}
    return {"outcome": "recommend", "criteria": criteria, "reason": "", "banks": ["DEMO-B1"]} | changes


def test_1_four_of_five_is_not_enough_to_recommend(people, story):
    four = {name: {"met": name != "fixed_premises", "evidence": "核实"} for name in FIVE}
    answer = people("panel").call(
        f"cases/{story.number}/district-review/", verdict(criteria=four), status=422
    )
    assert answer["code"] == "criteria_incomplete"


def test_2_the_case_page_shows_what_there_is_to_review(people, story):
    page = people("panel").page(f"/district/cases/{story.number}/")
    assert all(words in page for words in ("合规持续经营", "纳税信用等级", "周访", "50"))


def test_3_the_team_recommends(people, story):
    people("panel2").call(f"cases/{story.number}/district-review/", verdict(), status=201)
    assert people("panel").read(f"cases/{story.number}/")["stage"] == "recommended"


def test_4_a_second_verdict_comes_too_late(people, story):
    late = people("panel").call(f"cases/{story.number}/district-review/", verdict(), status=409)
    assert late["code"] == "wrong_stage"
