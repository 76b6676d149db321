"""One firm from the visit to the money, through the API: after each step the figures have moved by that step."""

import pytest
from django.utils import timezone

from lending.sla.calendar import day_of
from tests import factories as make
from tests.lending import story

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


@pytest.fixture
def figures(cast, api):
    """The six steps as the district reads them: 户 each, in the order of the funnel."""

    def read(who=None, query: str = "") -> list[int]:
        answer = api(who or cast.panel).get(f"{V1}/dashboard/funnel/{query}")
        return [step["firms"] for step in answer.json()["steps"]]

    return read


def post(api, who, path: str, body: dict | None = None) -> dict:
    answer = api(who).post(f"{V1}/{path}", body or {})
    assert answer.status_code in (200, 201), (path, answer.status_code, answer.content.decode())
    return answer.json()


def test_figures_follow_a_firm_from_the_visit_to_the_money(cast, api, figures):
    firm = make.business(at=cast.xuhui)
    story.credit_item(firm)
    number = post(api, cast.officer, "visits/", make.visit_body(firm, banks=(cast.first_bank,)))["case"]
    assert figures() == [1, 1, 1, 0, 0, 0]
    post(api, cast.panel, f"cases/{number}/credit-lookup/")
    review = {"outcome": "recommend", "criteria": story.five(), "banks": ["DEMO-B1"]}
    post(api, cast.panel, f"cases/{number}/district-review/", review)
    assert figures() == [1, 1, 1, 0, 0, 0]
    items = [{"case": number, "bank": "DEMO-B1"}]
    post(api, cast.panel, "recommendation-lists/", {"district": "310104", "items": items})
    assert figures() == [1, 1, 1, 1, 0, 0]
    row = api(cast.bank).get(f"{V1}/recommendations/").json()["results"][0]
    today = day_of(timezone.now()).isoformat()
    decision = {
        "outcome": "partly_approved", "credit_line_yuan": "400000.00", "annual_rate_pct": "3.65", "term_months": 12,
        "guarantee": "credit", "is_first_loan": True, "is_no_repay_renewal": False, "decided_on": today,
    }  # fmt: skip
    post(api, cast.bank, f"recommendations/{row['id']}/decision/", decision)
    assert figures() == [1, 1, 1, 1, 1, 0]
    loan = {"amount_yuan": "250000.00", "annual_rate_pct": "3.65", "disbursed_on": today}
    post(api, cast.bank, f"recommendations/{row['id']}/disbursements/", loan)
    assert figures() == [1, 1, 1, 1, 1, 1]
    assert figures(cast.panel_other) == [0] * 6
    assert figures(cast.city, "?bank=DEMO-B2") == [0] * 6
    own = api(cast.bank).get(f"{V1}/dashboard/banks/").json()["banks"][0]
    told = {
        name: own[name]
        for name in ("recommended", "decided", "granted_pct", "granted_yuan", "disbursed_yuan", "on_time_pct")
    }
    assert told == {
        "recommended": 1, "decided": 1, "granted_pct": 100.0, "granted_yuan": "400000.00",
        "disbursed_yuan": "250000.00", "on_time_pct": 100.0,
    }  # fmt: skip


def test_a_declined_case_is_counted_with_its_reason_and_an_annulled_visit_not_at_all(cast, api, figures, web):
    pushed = story.pushed(cast, now=make.just_now())
    body = {
        "outcome": "declined",
        "reason_code": "R07",
        "reason_text": "缺少担保",
        "decided_on": day_of(timezone.now()).isoformat(),
    }
    post(api, cast.bank, f"recommendations/{pushed.pk}/decision/", body)
    stray = make.visit_body(make.business(at=cast.xuhui), outcome="no_need", need=None, consent=None)
    visit = post(api, cast.officer, "visits/", stray)["visit"]
    before = figures()
    post(api, cast.officer, f"visits/{visit}/annul/", {"reason": "登记错了企业"})
    assert (before, figures()) == ([2, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0])
    reasons = web(cast.panel).get("/district/").context["reasons"]
    assert [(row["reason"].code, row["reason"].count) for row in reasons] == [("R07", 1)]


def test_what_the_team_has_done_is_gone_from_the_table_at_once(cast, api, web):
    case = story.looked_up(cast, now=make.just_now())
    client = web(cast.panel)
    before = [(row["word"], row["number"]) for row in client.get("/district/").context["tasks"]]
    post(
        api,
        cast.panel,
        f"cases/{case.number}/district-review/",
        {"outcome": "recommend", "criteria": story.five()},
    )
    after = [(row["word"], row["number"]) for row in client.get("/district/").context["tasks"]]
    assert (before, after) == ([("待审核", case.number)], [("待推送", case.number)])
