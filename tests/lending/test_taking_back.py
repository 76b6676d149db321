"""What an owner takes back, and what has to be asked before an unvisited need is worked on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lending.credit_lookup.services import look_up
from lending.credit_lookup.verifying import verify_need
from lending.errors import NoConsent, NotVerified, ReasonMissing, WrongStage
from lending.models import FinancingCase
from lending.opening import missing_for
from lending.progress.amending import add_consent
from lending.progress.withdrawing import withdraw_all_consents, withdraw_one_consent
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from tests.visits.intake import telling
from visits.consent.queries import consents_for_lookup
from visits.consent.services import withdraw_consents_of_visit
from visits.models import Consent

pytestmark = pytest.mark.django_db
LATER, LATEST = NOW + timedelta(days=1), NOW + timedelta(days=2)
NOTE = "11月20日致电登记电话,李老板确认"


@pytest.fixture
def firm(cast):
    firm = make.business("测试老字号米店", at=cast.xuhui)
    story.credit_item(firm)
    return firm


def of_the_team(cast) -> Consent:
    return Consent.objects.get(recipient=cast.xuhui)


def test_what_the_owner_takes_back_from_the_team_stops_the_lookup_whoever_else_is_named(cast, firm):
    case = story.visited(cast, of=firm, banks=(cast.first_bank, cast.other_bank))
    withdraw_one_consent(case=case, consent_id=of_the_team(cast).pk, now=LATER)
    with pytest.raises(NoConsent):
        look_up(case=story.fresh(case), by=cast.panel, now=LATER)
    assert missing_for(case.need, LATER) == ["consent"]
    assert Consent.objects.filter(withdrawn_at__isnull=True).count() == 2


def test_signed_again_after_that_it_may_be_looked_up(cast, firm):
    case = story.visited(cast, of=firm)
    withdraw_one_consent(case=case, consent_id=of_the_team(cast).pk, now=LATER)
    add_consent(case=case, said=telling.consent(scopes=("credit_lookup",)), now=LATEST)
    assert look_up(case=story.fresh(case), by=cast.panel, now=LATEST)[0].consent.recipient == cast.xuhui


def test_taking_back_a_bank_leaves_the_lookup(cast, firm):
    case = story.visited(cast, of=firm)
    bank = Consent.objects.get(recipient=cast.first_bank)
    withdraw_one_consent(case=case, consent_id=bank.pk, now=LATER)
    assert look_up(case=story.fresh(case), by=cast.panel, now=LATER)


def test_a_visit_annulled_as_a_mistake_is_no_word_of_the_owners(cast, firm):
    case = story.visited(cast, of=firm)
    mistaken = story.said(firm, banks=(cast.first_bank,), now=NOW - timedelta(hours=1))
    story.record_visit(said=mistaken, by=cast.officer, now=NOW)
    withdraw_consents_of_visit(visit_id=mistaken.id, now=LATER)
    assert consents_for_lookup(case.business, now=LATER).count() == 2


def test_the_team_is_not_named_where_nothing_is_looked_up(cast, firm):
    story.visited(cast, of=firm, scopes=("share_need",))
    assert Consent.objects.get().recipient == cast.first_bank


def test_taking_it_back_through_the_page_stops_the_lookup_through_the_api(cast, firm, web, api):
    case = story.visited(cast, of=firm, now=make.just_now())
    page = web().get(f"/track/{case.track_token}/").content.decode()
    assert page.count("查询公共信用信息</p>") == 2  # the bank and the team, each with what it was given
    web().post(f"/track/{case.track_token}/withdraw/", {"consent": of_the_team(cast).pk})
    answer = api(cast.panel).post(f"/api/v1/cases/{case.number}/credit-lookup/")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_consent")
    desk = web(cast.panel).get(f"/district/cases/{case.number}/").content.decode()
    track = web().get(f"/track/{case.track_token}/").content.decode()
    assert ("企业没有有效授权" in desk, "您已撤回查询信用信息的授权" in track) == (True, True)


def test_an_officers_visit_names_the_team_too(cast, firm, api):
    body = make.visit_body(firm, banks=(cast.first_bank,))
    body["consent"]["scope"] = ["credit_lookup"]
    assert api(cast.officer).post("/api/v1/visits/", body).status_code == 201
    assert set(Consent.objects.values_list("recipient__code", "signing")) == {
        (code, Consent.objects.first().signing_id) for code in ("DEMO-B1", "310104")
    }


def test_once_all_is_taken_back_the_page_says_that_nothing_is_done(cast, firm, web):
    case = story.visited(cast, of=firm, now=make.just_now())
    web().post(f"/track/{case.track_token}/withdraw/", {"all": "yes"})
    page = web().get(f"/track/{case.track_token}/").content.decode()
    assert [word in page for word in ("您已撤回全部授权", "重新签署授权", "授权已收到")] == [
        True,
        True,
        False,
    ]
    assert "待信用查询" not in page


@pytest.mark.parametrize("note", ["", "打过", "字" * 301])
def test_a_need_declared_alone_is_looked_up_only_once_the_team_has_asked_the_firm(cast, firm, note):
    telling.declared(cast, firm)
    case = story.fresh(FinancingCase.objects.get())
    with pytest.raises(NotVerified):
        look_up(case=case, by=cast.panel, now=NOW)
    with pytest.raises(ReasonMissing):
        verify_need(case=case, note=note, by=cast.panel, now=NOW)
    verify_need(case=case, note=NOTE, by=cast.panel, now=NOW)
    with pytest.raises(WrongStage):
        verify_need(case=case, note=NOTE, by=cast.panel, now=NOW)
    assert look_up(case=story.fresh(case), by=cast.panel, now=NOW)
    event = case.events.get(kind="need_verified")
    assert (event.by, event.detail) == (cast.panel, {"note": NOTE})


def test_a_visit_since_stands_for_the_call(cast, firm):
    telling.declared(cast, firm)
    story.visited(cast, of=firm)
    assert look_up(case=story.fresh(FinancingCase.objects.get()), by=cast.panel, now=NOW)


def test_a_visit_that_was_annulled_does_not(cast, firm):
    telling.declared(cast, firm)
    case = story.visited(cast, of=firm)
    case.business.visits.update(annulled_at=NOW, annulled_by=cast.officer, annulled_reason="登记有误")
    with pytest.raises(NotVerified):
        look_up(case=story.fresh(case), by=cast.panel, now=NOW)


def test_the_desk_and_the_api_ask_for_the_call_first(cast, firm, web, api):
    telling.declared(cast, firm, now=make.just_now())
    telling.declared(cast, firm, cast.other_bank, now=timezone.now(), contact_phone="13711112222")
    case = FinancingCase.objects.get()
    refused = api(cast.panel).post(f"/api/v1/cases/{case.number}/credit-lookup/")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_verified")
    desk = web(cast.panel)
    page = desk.get(f"/district/cases/{case.number}/").content.decode()
    assert [word in page for word in ("先与企业核实", "13711112222", "data-busy")] == [True, True, False]
    short = desk.post(f"/district/cases/{case.number}/verify/", {"note": "好"}, follow=True).content.decode()
    assert "请写明联系了谁" in short
    desk.post(f"/district/cases/{case.number}/verify/", {"note": NOTE})
    page = desk.get(f"/district/cases/{case.number}/").content.decode()
    assert ("先与企业核实" in page, NOTE in page) == (False, True)
    assert api(cast.panel).post(f"/api/v1/cases/{case.number}/credit-lookup/").status_code == 201
    track = web().get(f"/track/{case.track_token}/").content.decode()
    assert ("已与企业核实" in track, NOTE in track) == (True, False)


def test_everything_taken_back_is_the_whole_firms(cast, firm):
    case = story.visited(cast, of=firm)
    assert withdraw_all_consents(case=case, now=LATER) == 2
    assert not consents_for_lookup(case.business, now=LATER).exists()
