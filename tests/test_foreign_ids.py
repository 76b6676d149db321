"""What is not yours is not yours inside a body either: tests/test_matrix.py asks for addresses, this asks for bodies."""

from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide
from lending.models import BankDecision, FinancingCase, Recommendation, RecommendationList
from tests import factories as make
from tests.lending import story
from visits.codes.rules import token_for
from visits.codes.services import issue_code
from visits.models import Code, Consent, Visit

pytestmark = pytest.mark.django_db
NOWHERE = [
    "NO-SUCH-BANK",
    "310104",
    "DEMO-B1-310104",
    "x\x00",
]  # none, a district, a branch, what no column holds


@pytest.fixture
def there(cast) -> SimpleNamespace:
    """A case of another district, with its officer."""
    officer = make.user("officer-there", Role.FIELD_OFFICER, make.branch(cast.other_bank, cast.pudong))
    firm = make.business("浦东别家店", at=cast.pudong)
    case = story.visited(
        cast, of=firm, by=officer, banks=(cast.first_bank, cast.other_bank), now=make.just_now()
    )
    return SimpleNamespace(officer=officer, firm=firm, case=case)


def refused(answer) -> tuple:
    said = answer.json()
    return answer.status_code, said["code"], list(said["fields"])


# --- visits ---
def test_a_visit_to_a_firm_out_of_sight_is_a_visit_to_nobody(cast, api, there):
    unknown = make.visit_body(there.firm) | {"credit_code": make.credit_code(9999)}
    answers = [
        api(cast.officer).post("/api/v1/visits/", body) for body in (make.visit_body(there.firm), unknown)
    ]
    assert [refused(answer) for answer in answers] == [(404, "not_found", [])] * 2
    assert answers[0].json() == answers[1].json()


def test_a_door_code_does_not_open_another_firms_visit(cast, api, there):
    mine = make.business()
    code = issue_code(subject=mine, by=cast.panel, now=timezone.now())
    body = make.visit_body(there.firm) | {"code": token_for(code.secret)}
    assert refused(api(cast.officer).post("/api/v1/visits/", body)) == (422, "code_mismatch", ["credit_code"])


def test_the_id_of_somebody_elses_visit_shows_nothing_of_it(cast, api, there):
    body = make.visit_body(make.business()) | {"id": str(there.case.origin_visit_id)}
    answer = api(cast.officer).post("/api/v1/visits/", body)
    assert (refused(answer), answer.json()["case"]) == ((409, "visit_id_reused", []), None)


@pytest.mark.parametrize("code", NOWHERE)
def test_a_visit_names_banks_that_are_banks(cast, api, code):
    body = make.visit_body(make.business())
    body["need"]["preferred_banks"] = [code]
    status, kind, fields = refused(api(cast.officer).post("/api/v1/visits/", body))
    assert (status, kind, {name.split(".")[1] for name in fields}) == (400, "invalid", {"preferred_banks"})


@pytest.mark.parametrize("code", ["NO-SUCH-BANK", "DEMO-B1-310104", "310000"])
def test_a_consent_names_banks_and_districts(cast, api, code):
    body = make.visit_body(make.business(), banks=(cast.first_bank,))
    body["consent"]["recipients"] = ["DEMO-B1", code]
    assert refused(api(cast.officer).post("/api/v1/visits/", body)) == (
        400,
        "invalid",
        ["consent.recipients"],
    )
    assert Visit.objects.count() == 0


def test_a_consent_names_a_notice_that_there_is(cast, api):
    body = make.visit_body(make.business(), banks=(cast.first_bank,))
    body["consent"]["notice_version"] = "2099-01"
    assert refused(api(cast.officer).post("/api/v1/visits/", body)) == (
        400,
        "invalid",
        ["consent.notice_version"],
    )


# --- review and lists ---
@pytest.mark.parametrize("code", NOWHERE[:3])
def test_a_review_suggests_banks_that_are_banks(cast, api, code):
    case = story.looked_up(cast)
    body = {"outcome": "recommend", "criteria": story.five(), "banks": ["DEMO-B1", code]}
    answer = api(cast.panel).post(f"/api/v1/cases/{case.number}/district-review/", body)
    assert (refused(answer), story.fresh(case).stage) == ((400, "invalid", ["banks"]), "under_review")


def test_a_case_of_another_district_is_no_case_on_a_list(cast, api, there):
    FinancingCase.objects.filter(pk=there.case.pk).update(stage="recommended")
    mine = {"case": story.recommended(cast).number, "bank": "DEMO-B1"}
    answers = []
    for number in (there.case.number, "310115-2026-9999999"):
        body = {"district": "310104", "items": [mine, {"case": number, "bank": "DEMO-B1"}]}
        answers.append(api(cast.panel).post("/api/v1/recommendation-lists/", body))
    assert [refused(answer) for answer in answers] == [(404, "not_found", ["items.1.case"])] * 2
    assert (answers[0].json(), RecommendationList.objects.count()) == (answers[1].json(), 0)


@pytest.mark.parametrize("code", NOWHERE[:3])
def test_a_list_goes_to_banks_that_are_banks(cast, api, code):
    body = {"district": "310104", "items": [{"case": story.recommended(cast).number, "bank": code}]}
    answer = api(cast.panel).post("/api/v1/recommendation-lists/", body)
    assert (refused(answer), Recommendation.objects.count()) == ((400, "invalid", ["items.0.bank"]), 0)


@pytest.mark.parametrize(
    ("district", "told"),
    [("310115", (403, "not_allowed", [])), ("DEMO-B1", (400, "invalid", ["district"]))],
)
def test_a_list_is_issued_for_ones_own_district(cast, api, district, told):
    body = {"district": district, "items": [{"case": story.recommended(cast).number, "bank": "DEMO-B1"}]}
    assert refused(api(cast.panel).post("/api/v1/recommendation-lists/", body)) == told


def test_the_page_of_lists_leaves_out_what_is_not_there(cast, web, there):
    FinancingCase.objects.filter(pk=there.case.pk).update(stage="recommended")
    body = {"case": there.case.number, f"bank-{there.case.number}": "DEMO-B1"}
    assert web(cast.panel).post("/district/lists/issue/", body).status_code == 400
    assert RecommendationList.objects.count() == 0


# --- banks ---
def test_a_decision_names_a_reason_that_there_is(cast, api):
    item = story.pushed(cast, now=make.just_now())
    body = {"outcome": "declined", "reason_code": "NOPE", "reason_text": "说明"}
    answer = api(cast.bank).post(f"/api/v1/recommendations/{item.pk}/decision/", body)
    assert (refused(answer), BankDecision.objects.count()) == ((422, "decision_invalid", ["reason_code"]), 0)


def test_a_case_is_not_given_to_the_branch_of_another_bank(cast, web):
    item = story.pushed(cast, now=make.just_now())
    given = []
    for branch in (make.branch(cast.other_bank, cast.xuhui), cast.branch):
        web(cast.bankhead).post(
            reverse("admin:lending_recommendation_allot", args=[item.pk]), {"branch": branch.pk}
        )
        given.append(Recommendation.objects.get(pk=item.pk).branch)
    assert given == [None, cast.branch]


def test_a_report_of_another_case_is_not_confirmed_through_ones_own(cast, web):
    first, other = (story.pushed(cast, now=make.just_now()) for _ in range(2))
    answer = Answer(outcome="withdrawn", decided_on=timezone.localdate(), reason_text="企业主来电撤回")
    decide(recommendation=other, answer=answer, by=cast.bank, now=timezone.now())
    report = BankDecision.objects.get()
    states = []
    for case in (
        first.case,
        other.case,
    ):  # the second one to see that it is the case that makes the difference
        web(cast.panel).post(f"/district/cases/{case.number}/report/{report.pk}/", {"confirmed": "yes"})
        states.append(Recommendation.objects.get(pk=other.pk).state)
    assert (states, first.case.events.filter(kind="outcome_confirmed").count()) == (
        ["confirming", "decided"],
        0,
    )


# --- the owner ---
def test_the_tracking_link_withdraws_no_consent_of_another_firm(cast, web, there):
    mine = story.visited(cast, now=make.just_now())
    ended = []
    for firm in (there.firm, mine.business):
        consent = Consent.objects.filter(business=firm).first()
        web().post(f"/track/{mine.track_token}/withdraw/", {"consent": consent.pk})
        ended.append(Consent.objects.filter(withdrawn_at__isnull=False).count())
    assert (ended, mine.events.filter(kind="consent_withdrawn").count()) == ([0, 1], 1)


# --- codes ---
def test_no_code_is_made_for_a_firm_out_of_sight(cast, web, there):
    mine = make.business()
    web(cast.panel).post(f"/codes/print/?business={there.firm.credit_code}&business={mine.credit_code}")
    assert [code.business for code in Code.objects.all()] == [mine]
