"""The officer's page of a case and the owner's behind the tracking link: what each reads and may do."""

from datetime import date
from decimal import Decimal

import pytest

from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide
from lending.district_review.services import review
from lending.models import Deadline, Recommendation
from tests.factories import NOW
from tests.lending import story
from visits.models import Consent

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def track(client, case, follow="") -> str:
    answer = client.get(f"/track/{case.track_token}/{follow}")
    assert answer.status_code == 200
    return answer.content.decode()


def decline(cast, item, code="R03", text="与税务核对,欠缴 2026 年三季度增值税"):
    answer = Answer(outcome="declined", decided_on=TODAY, reason_code=code, reason_text=text)
    decide(recommendation=item, answer=answer, by=cast.bank, now=NOW)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 302),
        ("officer", 200),
        ("officer2", 404),
        ("panel", 403),
        ("panel_other", 403),
        ("bank", 403),
        ("city", 403),
    ],
)
def test_who_follows_a_case_on_the_phone(cast, web, who, status):
    case = story.visited(cast)
    assert web(getattr(cast, who) if who else None).get(f"/m/cases/{case.number}/").status_code == status


def test_the_officer_reads_why_it_came_back_and_where_to_go(cast, web):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="租约缺页")
    html = web(cast.officer).get(f"/m/cases/{case.number}/").content.decode()
    assert [
        words
        for words in ("租约缺页", "已退回,等您补正", f"/m/visit/{case.business.credit_code}/")
        if words not in html
    ] == []


def test_the_officer_hands_the_link_over_as_a_code_to_scan(cast, web, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "lending.progress.follow.qr_svg", lambda address: drawn.append(address) or "<svg></svg>"
    )
    case = story.visited(cast)
    web(cast.officer).get(f"/m/cases/{case.number}/")
    assert drawn == [f"http://localhost:8000/track/{case.track_token}/"]


def test_the_owner_needs_no_account_and_the_page_is_nobody_elses(cast, web):
    case = story.visited(cast)
    answer = web().get(f"/track/{case.track_token}/")
    assert (answer.status_code, answer["Cache-Control"], answer["X-Robots-Tag"]) == (
        200,
        "no-store",
        "noindex, nofollow",
    )
    assert 'name="robots" content="noindex, nofollow"' in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "%00", "a" * 22, "..%2f", "x" * 2000, "中"])
def test_an_unknown_link_is_404(cast, web, token):
    story.visited(cast)
    assert web().get(f"/track/{token}/").status_code == 404
    assert web().post(f"/track/{token}/withdraw/", {"case": "yes"}).status_code == 404


def test_the_owner_reads_no_names_of_people(cast, web):
    item = story.pushed(cast, banks=(cast.first_bank, cast.other_bank))
    decline(cast, item)
    html = track(web(), item.case)
    names = [cast.officer.name, cast.panel.name, cast.bank.name, "测试业主"]
    assert [name for name in names if name in html] == []


def test_a_refusal_is_told_in_words_meant_for_the_owner(cast, web):
    item = story.pushed(cast)
    decline(cast, item)
    html = track(web(), item.case)
    assert "到税务部门补缴并更新后,通常几天即可再申请" in html
    assert [words for words in ("R03", "欠缴 2026 年三季度") if words in html] == []


def test_the_owner_sees_until_when_the_bank_must_answer(cast, web):
    item = story.pushed(cast)
    html = track(web(), item.case)
    assert [
        words
        for words in ("银行正在办理", "剩 15 天", "12月5日24时", cast.first_bank.name)
        if words not in html
    ] == []


def test_a_report_that_the_team_has_not_checked_is_not_told_to_the_owner(cast, web):
    item = story.pushed(cast)
    decide(
        recommendation=item,
        by=cast.bank,
        now=NOW,
        answer=Answer(outcome="no_need", decided_on=TODAY, reason_text="电话称不需要"),
    )
    html = track(web(), item.case)
    assert [words for words in ("无真实需求", "电话称不需要") if words in html] == []


def test_a_granted_line_is_told_without_the_rate(cast, web):
    item = story.pushed(cast)
    answer = Answer(
        outcome="approved", credit_line_yuan=Decimal("500000.00"), annual_rate_pct=Decimal("3.8500"), term_months=12,
        guarantee="credit", decided_on=TODAY,
    )  # fmt: skip
    decide(recommendation=item, by=cast.bank, now=NOW, answer=answer)
    html = track(web(), item.case)
    assert ("银行已同意授信" in html, "额度50万元" in html, "3.85" in html) == (True, True, False)


def test_the_owner_withdraws_one_consent(cast, web):
    case = story.visited(cast, banks=(cast.first_bank, cast.other_bank))
    consent = Consent.objects.get(recipient=cast.first_bank)
    html = (
        web()
        .post(f"/track/{case.track_token}/withdraw/", {"consent": consent.pk}, follow=True)
        .content.decode()
    )
    consent.refresh_from_db()
    assert (consent.withdrawn_at, "已撤回对沪江示范银行的授权" in html) == (NOW, True)
    assert Consent.objects.get(recipient=cast.other_bank).withdrawn_at is None
    assert (case.events.last().kind, case.events.last().by) == ("consent_withdrawn", None)
    again = (
        web()
        .post(f"/track/{case.track_token}/withdraw/", {"consent": consent.pk}, follow=True)
        .content.decode()
    )
    assert "这项授权已经撤回" in again


def test_the_link_of_one_firm_does_not_withdraw_the_consent_of_another(cast, web):
    case, other = story.visited(cast), story.visited(cast)
    consent = Consent.objects.filter(business=other.business).first()
    web().post(f"/track/{case.track_token}/withdraw/", {"consent": consent.pk})
    consent.refresh_from_db()
    assert consent.withdrawn_at is None


@pytest.mark.parametrize("consent", ["x", "\x00", "9" * 40, "-1", "²"])
def test_rubbish_withdraws_nothing(cast, web, consent):
    case = story.visited(cast)
    assert web().post(f"/track/{case.track_token}/withdraw/", {"consent": consent}).status_code == 302
    assert (story.fresh(case).stage, Consent.objects.filter(withdrawn_at__isnull=True).count()) == (
        "authorised",
        2,  # one bank and the team
    )


def test_the_owner_withdraws_the_whole_case_and_the_banks_stop(cast, web):
    item = story.pushed(cast, banks=(cast.first_bank, cast.other_bank))
    html = (
        web().post(f"/track/{item.case.track_token}/withdraw/", {"case": "yes"}, follow=True).content.decode()
    )
    assert ("您已撤回申请" in html, story.fresh(item.case).stage, story.fresh(item.case).closed_at) == (
        True,
        "withdrawn",
        NOW,
    )
    assert set(Recommendation.objects.values_list("state", flat=True)) == {"withdrawn"}
    bank_clocks = Deadline.objects.filter(kind="bank_decision").values_list("state", "next_look_at")
    assert set(bank_clocks) == {("cancelled", None)}
    events = list(item.case.events.order_by("seq").values_list("kind", "bank__code"))[-3:]
    assert events == [
        ("recommendation_withdrawn", "DEMO-B1"),
        ("recommendation_withdrawn", "DEMO-B2"),
        ("withdrawn", None),
    ]


def test_a_closed_case_is_not_withdrawn_again(cast, web):
    case = story.visited(cast)
    for _ in range(2):
        html = (
            web().post(f"/track/{case.track_token}/withdraw/", {"case": "yes"}, follow=True).content.decode()
        )
    assert "办件当前环节不能进行此操作" in html
    assert case.events.filter(kind="withdrawn").count() == 1


def test_the_owner_of_a_refused_case_with_no_bank_left_is_told_to_sign_again(cast, web):
    item = story.pushed(cast)
    decline(cast, item)
    html = track(web(), item.case)
    assert "现在没有可以推送的银行授权" in html
