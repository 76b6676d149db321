"""What the owner may do behind the tracking link, besides looking."""

import re
import uuid
from datetime import timedelta

import pytest

from accounts.errors import Invalid
from lending.credit_lookup.services import look_up
from lending.credit_lookup.verifying import verify_need
from lending.district_review.services import review
from lending.errors import AlreadyMoved, WrongStage
from lending.models import FinancingCase
from lending.progress import amending, owners_word
from lending.progress.annulling import annul_origin
from lending.progress.withdrawing import withdraw_all_consents, withdraw_case
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from tests.visits.intake import telling
from visits.intake.reports import answer_report
from visits.models import Consent, ConsentSigning, DoNotDisturb, OwnerReport

pytestmark = pytest.mark.django_db
NEED = {
    "amount_wan": "20", "purpose": "orders", "purpose_text": "中秋订单", "term_months": "6", "urgency": "week",
    "guarantee": "credit", "contact_name": "", "contact_phone": "",
}  # fmt: skip
SIGNED = {
    "notice_version": "2026-01", "scopes": ["credit_lookup", "share_need"], "recipients": ["DEMO-B2"],
    "signed_name": "李老板", "signature_png": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def own(cast) -> FinancingCase:
    """A case that the owner declared alone."""
    firm = make.business("测试老字号米店", at=cast.xuhui)
    story.credit_item(firm)
    telling.declared(cast, firm, cast.first_bank)
    return story.fresh(FinancingCase.objects.get())


def page(web, case, **facts) -> str:
    return web().get(f"/track/{case.track_token}/", **facts).content.decode()


def returned(cast, case) -> FinancingCase:
    if case.origin_visit_id is None:
        verify_need(case=case, note="致电登记电话,李老板确认", by=cast.panel, now=NOW)
        case = story.fresh(case)
    look_up(case=case, by=cast.panel, now=NOW)
    review(case=story.fresh(case), by=cast.panel, now=NOW, outcome="return", criteria={}, reason="请写清用途")
    return story.fresh(case)


def test_the_owner_confirms_that_the_need_is_genuine(cast, web):
    case = story.looked_up(cast)
    assert "这项需求是您本人提出的吗" in page(web, case)
    told = web().post(f"/track/{case.track_token}/confirm/", follow=True).content.decode()
    after = story.fresh(case)
    assert ("已确认" in told, after.need.confirmed_at, after.events.last().kind) == (
        True,
        NOW,
        "need_confirmed",
    )
    assert "这项需求是您本人提出的吗" not in page(web, case)
    assert (
        "企业主在自己的手机上确认了这项需求"
        in web(cast.panel).get(f"/district/cases/{case.number}/").content.decode()
    )
    assert "企业主已在手机上确认属实" in web(cast.officer).get(f"/m/cases/{case.number}/").content.decode()


def test_confirmed_twice_counts_once_and_a_closed_case_not_at_all(cast):
    case = story.visited(cast)
    owners_word.confirm_need(case=case, now=NOW)
    owners_word.confirm_need(case=case, now=NOW + timedelta(hours=1))
    assert (story.fresh(case).need.confirmed_at, case.events.filter(kind="need_confirmed").count()) == (
        NOW,
        1,
    )
    withdraw_case(case=case, by=None, now=NOW)
    with pytest.raises(WrongStage):
        owners_word.confirm_need(case=case, now=NOW)


def test_who_declared_alone_is_not_asked_whether_they_did(web, own):
    assert "这项需求是您本人提出的吗" not in page(web, own)


def test_a_need_that_is_not_the_owners_is_told_to_the_team_and_flagged(cast, web):
    case = story.looked_up(cast)
    body = {"id": str(uuid.uuid4()), "text": "我没有申请过", "contact": "139"}
    phone = web()
    told = phone.post(f"/track/{case.track_token}/disown/", body, follow=True).content.decode()
    again = phone.post(f"/track/{case.track_token}/disown/", body, follow=True).status_code
    report = OwnerReport.objects.get()
    assert (report.kind, report.case_number, report.district, again) == (
        "disowned",
        case.number,
        cast.xuhui,
        200,
    )
    assert (report.reference in told, "等待答复" in told) == (True, True)
    assert list(case.events.filter(kind="need_disowned").values_list("by", "detail")) == [
        (None, {"report": report.pk})
    ]
    queue = web(cast.panel).get("/district/cases/").content.decode()
    desk = web(cast.panel).get(f"/district/cases/{case.number}/").content.decode()
    assert ("企业主称非本人申报" in queue, "我没有申请过" in desk) == (True, True)
    answer_report(report=report, by=cast.panel, now=NOW, answer="已联系走访人员核实。")
    assert "企业主称非本人申报" not in web(cast.panel).get("/district/cases/").content.decode()


def test_a_complaint_is_answered_where_it_was_made(cast, web):
    case = story.visited(cast)
    web().post(f"/track/{case.track_token}/complain/", {"id": str(uuid.uuid4()), "text": "<i>等了很久</i>"})
    assert "投诉待答复" in web(cast.panel).get("/district/cases/").content.decode()
    answer_report(report=OwnerReport.objects.get(), by=cast.city, now=NOW, answer="已督促办理。")
    html = page(web, case)
    assert ("已督促办理" in html, "&lt;i&gt;等了很久" in html, cast.city.name in html) == (True, True, False)


@pytest.mark.parametrize("body", [{}, {"id": "x", "text": "x"}, {"id": str(uuid.uuid4()), "text": " "}])
@pytest.mark.parametrize("place", ["complain", "disown"])
def test_a_complaint_that_cannot_be_read_is_asked_for_again(cast, web, place, body):
    case = story.visited(cast)
    answer = web().post(f"/track/{case.track_token}/{place}/", body)
    assert (answer.status_code, OwnerReport.objects.count(), case.events.count()) == (400, 0, 2)


def test_the_owner_asks_for_peace_and_takes_it_back(cast, web):
    case = story.visited(cast)
    phone = web()
    told = phone.post(f"/track/{case.track_token}/quiet/", {"months": "12"}, follow=True).content.decode()
    assert ("已登记勿扰" in told, "勿扰至" in told, DoNotDisturb.objects.get().business) == (
        True,
        True,
        case.business,
    )
    phone.post(f"/track/{case.track_token}/quiet/", {"lift": "yes"})
    assert DoNotDisturb.objects.get().lifted_at == NOW


def test_the_owner_mends_a_returned_need_and_the_case_goes_on(cast, web, own):
    case = returned(cast, own)
    html = page(web, case)
    assert ("请写清用途" in html, "补充或修改需求" in html) == (True, True)
    told = web().post(f"/track/{case.track_token}/need/", NEED, follow=True).content.decode()
    after = story.fresh(case)
    assert ("已收到" in told, after.stage, after.amount_yuan, after.need.purpose_text) == (
        True,
        "authorised",
        200000,
        "中秋订单",
    )
    assert (after.need.contact_phone, after.need.preferred_banks) == ("13900001111", ["DEMO-B1"])
    assert [event.kind for event in case.events.order_by("seq")][-2:] == ["need_amended", "supplemented"]


def test_the_page_to_mend_a_need_shows_no_telephone_number(web, cast, own):
    case = returned(cast, own)
    html = web().get(f"/track/{case.track_token}/need/").content.decode()
    assert ("13900001111" in html, "李老板" in html, 'value="30"' in html) == (False, False, True)


def test_what_was_returned_to_an_officer_the_officer_brings_back(cast, web):
    firm = make.business(at=cast.xuhui)
    story.credit_item(firm)
    case = returned(cast, story.visited(cast, of=firm))
    assert "补充或修改需求" not in page(web, case)
    web().post(f"/track/{case.track_token}/need/", NEED)
    assert story.fresh(case).stage == "returned"
    with pytest.raises(WrongStage):
        amending.mend_need(case=case, said=telling.need(), now=NOW)


@pytest.mark.parametrize("bring", [story.looked_up, story.recommended])
def test_a_need_under_way_is_not_mended(cast, web, bring):
    case = bring(cast)
    told = web().post(f"/track/{case.track_token}/need/", NEED, follow=True).content.decode()
    assert ("现在不能修改需求" in told, story.fresh(case).need_id) == (True, case.need_id)


@pytest.mark.parametrize(
    ("field", "value"), [("amount_wan", ""), ("amount_wan", "x"), ("purpose", ""), ("contact_phone", "x")]
)
def test_a_need_that_cannot_be_read_changes_nothing(cast, web, own, field, value):
    case = returned(cast, own)
    answer = web().post(f"/track/{case.track_token}/need/", NEED | {field: value})
    assert (answer.status_code, story.fresh(case).stage) == (400, "returned")


def test_the_owner_signs_at_home_what_was_missing_at_the_visit(cast, web):
    case = story.visited(cast, consent=False)
    assert "选择银行并签署授权" in page(web, case)
    web().post(f"/track/{case.track_token}/consent/", SIGNED)
    signing = ConsentSigning.objects.get()
    assert (story.fresh(case).stage, signing.witnessed_by, case.events.last().kind) == (
        "authorised",
        None,
        "supplemented",
    )


def test_who_left_the_choice_to_the_team_names_the_bank_later(cast, web):
    firm = make.business(at=cast.xuhui)
    telling.declared(cast, firm, recipients=[cast.xuhui], preferred_banks=())
    case = FinancingCase.objects.get()
    web().post(f"/track/{case.track_token}/consent/", SIGNED)
    assert set(Consent.objects.values_list("recipient__code", flat=True)) == {"310104", "DEMO-B2"}
    assert story.fresh(case).events.last().kind == "consent_given"


def opened(phone, path: str) -> dict:
    """What the form holds hidden, as a browser sends it along."""
    return {"id": re.search(r'name="id" value="([0-9a-f-]{36})"', phone.get(path).content.decode())[1]}


def test_a_signature_sent_twice_signs_once_and_another_one_again(cast, web):
    case, phone = story.visited(cast), web()
    path = f"/track/{case.track_token}/consent/"
    form = SIGNED | opened(phone, path)
    told = [phone.post(path, form, follow=True).content.decode() for _ in range(2)]
    assert (["已收到" in page for page in told], ConsentSigning.objects.count()) == ([True, True], 2)
    phone.post(path, form | {"recipients": ["DEMO-B1"]})  # after the back button: not what was sent before
    phone.post(path, SIGNED | opened(phone, path))
    assert (ConsentSigning.objects.count(), case.events.filter(kind="consent_given").count()) == (4, 3)


@pytest.mark.parametrize("is_returned", [True, False])
def test_a_need_sent_twice_is_mended_once_and_answered_twice_alike(cast, web, own, is_returned):
    case = returned(cast, own) if is_returned else story.visited(cast, consent=False)
    phone, path = web(), f"/track/{case.track_token}/need/"
    form = NEED | {"contact_name": "李会计", "contact_phone": "13900001111"} | opened(phone, path)
    told = [phone.post(path, form, follow=True).content.decode() for _ in range(2)]
    assert [("已收到" in page, "现在不能修改" in page) for page in told] == [(True, False)] * 2
    assert (story.fresh(case).stage, case.events.filter(kind="need_amended").count()) == (
        "authorised" if is_returned else "intake",
        1,
    )


def test_a_signature_does_not_bring_a_returned_case_back(cast, own):
    case = returned(cast, own)
    amending.add_consent(case=case, said=telling.consent(cast.other_bank), now=NOW)
    assert (story.fresh(case).stage, case.events.last().kind) == ("returned", "consent_given")


@pytest.mark.parametrize("recipients", [["310115"], ["NO"], ["DEMO-B1", "DEMO-B2", "X", "Y"]])
def test_a_consent_to_nobody_or_to_strangers_is_refused(cast, web, recipients):
    case = story.visited(cast, consent=False)
    answer = web().post(f"/track/{case.track_token}/consent/", SIGNED | {"recipients": recipients})
    assert (answer.status_code, Consent.objects.count()) == (400, 0)
    with pytest.raises(Invalid):
        amending.add_consent(case=case, said=telling.consent(cast.pudong), now=NOW)


def test_a_closed_case_takes_no_consent(cast, web):
    case = story.visited(cast)
    withdraw_case(case=case, by=None, now=NOW)
    told = web().post(f"/track/{case.track_token}/consent/", SIGNED, follow=True).content.decode()
    assert ("现在不能增加授权" in told, Consent.objects.count()) == (True, 2)  # one bank and the team
    with pytest.raises(WrongStage):
        amending.add_consent(case=case, said=telling.consent(cast.other_bank), now=NOW)


def test_withdrawing_all_is_asked_twice_and_leaves_nothing(cast, web):
    case = story.visited(cast, banks=(cast.first_bank, cast.other_bank))
    html = page(web, case)
    assert "<summary>撤回全部授权</summary>" in html  # opened first, confirmed then
    told = web().post(f"/track/{case.track_token}/withdraw/", {"all": "yes"}, follow=True).content.decode()
    assert ("已撤回全部授权" in told, Consent.objects.filter(withdrawn_at__isnull=True).count()) == (True, 0)
    assert "确认撤回全部授权" not in page(web, case)


def test_what_ended_by_the_officers_mistake_was_not_taken_back_by_the_owner(cast, web):
    first = story.visited(cast)
    annul_origin(case=first, by=cast.officer, now=NOW, reason="点错了")
    case = story.visited(cast, of=first.business, consent=False)
    html = page(web, case)
    assert ("已收到您的需求" in html, "还差融资需求或授权" in html, "您已撤回" in html) == (True, True, False)


def test_the_link_of_who_declared_at_the_door_tells_nothing_of_what_was_before(cast, web):
    """Anybody may have stood there: with which banks the firm had to do is not theirs to read."""
    firm = make.business(at=cast.xuhui)
    before = story.visited(cast, of=firm, banks=(cast.other_bank,))
    withdraw_case(case=before, by=None, now=NOW)
    telling.declared(cast, firm, cast.first_bank)
    case = FinancingCase.objects.get(closed_at__isnull=True)
    html = page(web, case)
    assert ("沪江示范银行" in html, "申浦示范银行" in html) == (True, False)
    old = Consent.objects.get(recipient=cast.other_bank)
    web().post(f"/track/{case.track_token}/withdraw/", {"consent": old.pk})
    old.refresh_from_db()
    assert old.withdrawn_at is None


@pytest.mark.parametrize(
    "place", ["", "withdraw/", "confirm/", "disown/", "complain/", "quiet/", "need/", "consent/"]
)
def test_every_page_of_an_unknown_link_is_404_and_asks_for_nothing(web, db, django_assert_num_queries, place):
    for token in ("x", "a" * 19, "中" * 22, "a" * 40, "a.b" * 8):
        with django_assert_num_queries(0):
            answers = {
                web().get(f"/track/{token}/{place}", follow=True).status_code,
                web().post(f"/track/{token}/{place}").status_code,
            }
        assert answers <= {404, 405}, token


@pytest.mark.parametrize("place", ["disown/", "complain/", "quiet/", "consent/"])
def test_no_page_of_the_link_is_kept_or_indexed(cast, web, place):
    answer = web().get(f"/track/{story.visited(cast).track_token}/{place}")
    assert (answer.status_code, answer["Cache-Control"], answer["X-Robots-Tag"]) == (
        200,
        "no-store",
        "noindex, nofollow",
    )


def test_the_page_costs_the_same_for_one_complaint_and_three(cast, web):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    case, costs = story.visited(cast), []
    for number in (1, 2):
        for _ in range(number):
            web().post(f"/track/{case.track_token}/complain/", {"id": str(uuid.uuid4()), "text": "慢"})
        with CaptureQueriesContext(connection) as seen:
            page(web, case)
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_the_owners_story_names_whom_a_withdrawn_consent_was_for_and_the_teams_does_not(cast, web, own):
    withdraw_all_consents(case=own, now=NOW)
    html = page(web, own)
    assert ("不再提供给沪江示范银行。" in html, "不再提供给徐汇区工作专班。" in html) == (True, True)
    assert "不再提供给" not in web(cast.panel).get(f"/district/cases/{own.number}/").content.decode()


def test_the_team_has_one_name_on_the_owners_page(cast, web, own):
    html = page(web, own)
    listed = html[
        html.index('class="own-consents"') : html.index("</ul>", html.index('class="own-consents"'))
    ]
    assert ("徐汇区工作专班" in listed, ">徐汇区<" in listed) == (True, False)


def test_a_need_declared_elsewhere_is_explained_and_may_be_disowned(cast, web, own):
    assert "有人在您的门牌码上又报了一项需求" not in page(web, own)
    telling.declared(cast, own.business, cast.other_bank, now=NOW)
    html, ask = page(web, own), f"/track/{own.track_token}/complain/?about=door"
    assert ("没有另立办件" in html, ask in html) == (True, True)
    assert "门牌码上另报的那项需求不是我申报的。" in web().get(ask).content.decode()


@pytest.mark.parametrize(
    "take_back", [withdraw_all_consents, lambda **facts: withdraw_case(by=None, **facts)]
)
def test_a_page_opened_before_the_withdrawal_says_that_the_firm_took_it_back(cast, take_back):
    case = story.looked_up(cast)
    seen = story.fresh(case).events_count
    take_back(case=case, now=NOW)
    with pytest.raises(AlreadyMoved, match="企业已撤回授权"):
        look_up(case=story.fresh(case), by=cast.panel, now=NOW, seen=seen)
    with pytest.raises(AlreadyMoved, match="企业已撤回授权"):
        review(
            case=story.fresh(case), by=cast.panel, now=NOW, outcome="return", criteria={}, reason="请写清", seen=seen
        )  # fmt: skip
