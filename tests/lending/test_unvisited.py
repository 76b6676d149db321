"""The whole loop for a need that an owner declared alone: nothing on the way may lean on a visit."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lending.audit import broken_links
from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide
from lending.credit_lookup.services import look_up
from lending.credit_lookup.verifying import verify_need
from lending.district_review.services import review
from lending.errors import BankNotNamed, NoConsent
from lending.models import Alert, Deadline, FinancingCase, Recommendation
from lending.progress.withdrawing import withdraw_all_consents, withdraw_one_consent
from lending.recommendation_list.draft import draft
from lending.recommendation_list.services import issue_list
from lending.sla.sweep import sweep
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from tests.visits.intake import telling
from visits.models import Consent

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def firm(cast):
    firm = make.business("测试老字号米店", at=cast.xuhui)
    story.credit_item(firm)
    return firm


@pytest.fixture
def case(cast, firm) -> FinancingCase:
    """The team has asked the firm whether it is theirs: without that nothing is looked up."""
    telling.declared(cast, firm, cast.first_bank, cast.other_bank)
    verify_need(case=FinancingCase.objects.get(), note="致电登记电话,李老板确认", by=cast.panel, now=NOW)
    return story.fresh(FinancingCase.objects.get())


def recommended(cast, case) -> FinancingCase:
    look_up(case=case, by=cast.panel, now=NOW)
    review(case=story.fresh(case), by=cast.panel, now=NOW, outcome="recommend", criteria=story.five())
    return story.fresh(case)


def pushed(cast, case) -> Recommendation:
    issued = issue_list(
        district=cast.xuhui, items=[(recommended(cast, case), cast.first_bank)], by=cast.panel, now=NOW
    )
    return issued.items.get()


def test_from_the_door_to_the_banks_answer(cast, case):
    item = pushed(cast, case)
    answer = Answer(
        outcome="approved", credit_line_yuan=Decimal("300000.00"), annual_rate_pct=Decimal("3.8500"), term_months=12,
        guarantee="credit", decided_on=date(2026, 11, 20),
    )  # fmt: skip
    decide(recommendation=item, answer=answer, by=cast.bank, now=NOW)
    assert (story.fresh(case).stage, list(broken_links())) == ("approved", [])


def test_the_bank_is_told_that_nobody_has_been_there(cast, case):
    told = pushed(cast, case).snapshot
    assert told["visit"] == {
        "on": "2026-11-20",
        "mode": "declared",
        "mode_name": "企业主自行申报",
        "organisation": "",
    }
    assert told["contact"] == {"name": "李老板", "phone": "13900001111"}


@pytest.mark.parametrize("stage", ["authorised", "under_review", "recommended", "with_bank"])
def test_every_desk_shows_the_case_at_every_stage(cast, case, web, api, monkeypatch, stage):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    if stage == "under_review":
        look_up(case=case, by=cast.panel, now=NOW)
    elif stage == "recommended":
        recommended(cast, case)
    elif stage == "with_bank":
        item = pushed(cast, case)
        for who in (cast.bank, cast.bankhead):
            assert web(who).get(f"/admin/lending/recommendation/{item.pk}/change/").status_code == 200
            assert api(who).get(f"/api/v1/recommendations/{item.pk}/").status_code == 200
    page = web(cast.panel).get(f"/district/cases/{case.number}/")
    assert (
        page.status_code,
        "尚未走访核实" in page.content.decode(),
        "自行签署,无见证" in page.content.decode(),
    ) == (200, True, True)
    for path in ("/district/", "/district/cases/", "/district/lists/", f"/go/{case.number}/"):
        assert web(cast.panel).get(path).status_code in (200, 302), path
    assert api(cast.panel).get(f"/api/v1/cases/{case.number}/").json()["stage"] == stage
    assert web(cast.city).get(f"/district/cases/{case.number}/").status_code == 200


def test_the_queue_flags_what_nobody_visited_until_somebody_has(cast, case, firm, web):
    def queue() -> str:
        return web(cast.panel).get("/district/cases/").content.decode()

    assert "自行申报未走访" in queue()
    story.visited(cast, of=firm, now=LATER)
    assert "自行申报未走访" not in queue()


def test_evidence_says_what_the_need_is_worth(cast, case, web, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    look_up(case=case, by=cast.panel, now=NOW)
    html = web(cast.panel).get(f"/district/cases/{case.number}/").content.decode()
    wanted = (
        "扫门牌码自行申报,尚未走访",
        "企业主自行签署授权,没有见证人",
        "尚未走访,经营场所请另行核实",
        "企业主申报",
    )
    assert [words for words in wanted if words not in html] == []


def test_a_returned_case_reminds_the_team_because_there_is_no_officer(cast, case):
    look_up(case=case, by=cast.panel, now=NOW)
    review(case=story.fresh(case), by=cast.panel, now=NOW, outcome="return", criteria={}, reason="请说明用途")
    clock = Deadline.objects.get(kind="supplement", stopped_at__isnull=True)
    sweep(now=clock.due_at - timedelta(days=4) + timedelta(hours=1))
    letters = Alert.objects.filter(deadline=clock, step="due_soon")
    assert {letter.recipient_user for letter in letters} >= {cast.panel, cast.panel2}
    assert not any("没有可用邮箱" in letter.why for letter in letters)


def test_the_funnel_counts_the_need_and_no_visit(cast, case, api):
    steps = api(cast.panel).get("/api/v1/dashboard/funnel/?from=2026-11-01&to=2026-11-30").json()["steps"]
    firms = {step["step"]: step["firms"] for step in steps}
    assert (firms["visited"], firms["need"], firms["authorised"]) == (0, 1, 1)


@pytest.mark.parametrize("is_one", [True, False])
def test_withdrawing_stops_the_next_push_and_what_the_draft_offered(cast, case, is_one):
    ready = recommended(cast, case)
    offered = [choice.bank for choice in draft(cast.panel, NOW)[0].choices]
    assert offered == [cast.first_bank, cast.other_bank]
    if is_one:
        consent = Consent.objects.get(recipient=cast.first_bank)
        withdraw_one_consent(case=ready, consent_id=consent.pk, now=LATER)
    else:
        withdraw_all_consents(case=ready, now=LATER)
    left = [choice.bank for choice in draft(cast.panel, LATER)[0].choices]
    assert left == ([cast.other_bank] if is_one else [])
    with pytest.raises(BankNotNamed if is_one else NoConsent):
        issue_list(district=cast.xuhui, items=[(ready, cast.first_bank)], by=cast.panel, now=LATER)
    assert Recommendation.objects.count() == 0


def test_withdrawing_all_stops_the_next_lookup(cast, case):
    assert withdraw_all_consents(case=case, now=LATER) == 3
    with pytest.raises(NoConsent):
        look_up(case=case, by=cast.panel, now=LATER)
    assert case.lookups.count() == 0


def test_withdrawing_ends_every_signature_for_that_bank(cast, firm):
    """The officer came twice, and the owner signed twice: one withdrawal is enough."""
    case = story.visited(cast, of=firm)
    story.visited(cast, of=firm, now=LATER)
    newest = Consent.objects.filter(recipient=cast.first_bank).order_by("-pk").first()
    withdraw_one_consent(case=case, consent_id=newest.pk, now=LATER + timedelta(hours=1))
    assert Consent.objects.filter(recipient=cast.first_bank, withdrawn_at__isnull=True).count() == 0


def test_withdrawing_stops_lookup_and_push_through_http_too(cast, firm, web, api):
    now = make.just_now()
    telling.declared(cast, firm, cast.first_bank, now=now)
    case = FinancingCase.objects.get()
    note = {"note": "致电登记电话,李老板确认"}
    assert api(cast.panel).post(f"/api/v1/cases/{case.number}/verification/", note).status_code == 201
    assert api(cast.panel).post(f"/api/v1/cases/{case.number}/credit-lookup/").status_code in (200, 201)
    review(
        case=story.fresh(case), by=cast.panel, now=make.just_now(), outcome="recommend", criteria=story.five()
    )
    web().post(f"/track/{case.track_token}/withdraw/", {"all": "yes"})
    body = {"district": "310104", "items": [{"case": case.number, "bank": "DEMO-B1"}]}
    pushed = api(cast.panel).post("/api/v1/recommendation-lists/", body)
    looked = api(cast.panel).post(f"/api/v1/cases/{case.number}/credit-lookup/")
    page = web(cast.panel).post(
        "/district/lists/issue/", {"case": case.number, f"bank-{case.number}": "DEMO-B1"}
    )
    assert [(answer.status_code, answer.json()["code"]) for answer in (pushed, looked)] == [
        (422, "no_consent")
    ] * 2
    assert (page.status_code, Recommendation.objects.count()) == (422, 0)
