"""The page of one recommendation and the deeds on it, as a reviewer meets them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from lending.bank_decision import services
from lending.bank_decision.rules import day_of
from lending.models import BankDecision, ContactAttempt, Disbursement, Recommendation
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
INBOX = "/admin/lending/recommendation/"


@pytest.fixture
def pushed(cast):
    return stage.push(cast, at=timezone.now() - timedelta(hours=1))


def today() -> str:
    return day_of(timezone.now()).isoformat()


def form(**changes) -> dict:
    terms = {
        "outcome": "partly_approved", "credit_line_wan": "30", "annual_rate_pct": "3.85", "term_months": "12",
        "guarantee": "credit", "decided_on": today(),
    }  # fmt: skip
    return terms | changes


def url(row: Recommendation, page: str = "change") -> str:
    return f"{INBOX}{row.pk}/{page}/"


def test_the_page_shows_everything_the_panel_relied_on_as_it_was_frozen(cast, web, pushed):
    pushed.case.business.name = "改名之后有限公司"
    pushed.case.business.save(update_fields=["name"])
    page = web(cast.bank).get(url(pushed)).content.decode()
    told = [name for _code, name in stage.CRITERIA] + [
        "纳税信用等级",
        "罚款2000元,已履行",
        "节前备货",
        pushed.snapshot["business"]["name"],
    ]
    assert [text for text in told if text not in page] == []
    assert ("13800001234" in page, "138****1234" in page) == (False, True)
    assert pushed.deadline.receipt["words"] in page


def test_the_phone_number_is_shown_on_request_and_that_is_logged(cast, web, pushed):
    page = web(cast.bank).post(url(pushed, "reveal")).content.decode()
    assert "13800001234" in page
    assert LogEntry.objects.get().object_id == str(pushed.pk)


def test_the_way_from_receipt_to_the_money(cast, web, pushed):
    client = web(cast.bank)
    client.post(url(pushed, "receive"))
    client.post(
        url(pushed, "contact"), {"contact-mode": "phone", "contact-is_reached": "yes", "contact-note": "已约"}
    )
    assert client.post(url(pushed, "decide"), form()).url == url(pushed)
    loan = {
        "loan-amount_wan": "10.000001",
        "loan-annual_rate_pct": "3.85",
        "loan-disbursed_on": today(),
        "loan-loan_last4": "0001",
        "loan-seen": "0.00",
    }
    assert client.post(url(pushed, "disburse"), loan).url == url(pushed)
    assert (ContactAttempt.objects.get().note, BankDecision.objects.get().credit_line_yuan) == (
        "已约",
        Decimal("300000.00"),
    )
    assert Disbursement.objects.get().amount_yuan == Decimal("100000.01")
    again = client.post(url(pushed, "disburse"), loan)
    assert (again.status_code, "新的放款登记" in again.content.decode()) == (400, True)
    assert Disbursement.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"credit_line_wan": "50"}, "credit_line_wan"), ({"credit_line_wan": "x"}, "credit_line_wan"),
        ({"annual_rate_pct": "36.0001"}, "annual_rate_pct"), ({"term_months": "361"}, "term_months"),
        ({"guarantee": ""}, "guarantee"), ({"outcome": ""}, "outcome"), ({"outcome": "unreachable"}, "outcome"),
        ({"outcome": "declined"}, "reason_code"), ({"outcome": "declined", "reason_code": "R99"}, "reason_text"),
        ({"decided_on": "2099-01-01"}, "decided_on"), ({"decided_on": "2020-01-01"}, "decided_on"),
        ({"decided_on": "\x00"}, "decided_on"), ({"product": "\x00"}, "product"), ({"term_months": "9" * 400}, "term_months"),
        ({"credit_line_wan": "1e999999999"}, "credit_line_wan"), ({"credit_line_wan": "NaN"}, "credit_line_wan"),
    ],
)  # fmt: skip
def test_what_is_refused_stands_beside_its_field_and_what_was_typed_stays(cast, web, pushed, changes, field):
    answer = web(cast.bank).post(url(pushed, "decide"), form(product="沪江快贷") | changes)
    assert (answer.status_code in (400, 422), list(answer.context["form"].errors)) == (True, [field])
    assert ("沪江快贷" in answer.content.decode(), BankDecision.objects.count()) == (field != "product", 0)


def test_what_belongs_to_another_outcome_is_let_go(cast, web, pushed):
    web(cast.bank).post(url(pushed, "decide"), form(outcome="declined", reason_code="R08"))
    decision = BankDecision.objects.get()
    assert (decision.outcome, decision.reason.code, decision.credit_line_yuan, decision.guarantee) == (
        "declined", "R08", None, "",
    )  # fmt: skip


def test_an_unusual_rate_is_asked_about_once(cast, web, pushed):
    client = web(cast.bank)
    answer = client.post(url(pushed, "decide"), form(annual_rate_pct="12"))
    assert (list(answer.context["doubts"]), BankDecision.objects.count()) == (["annual_rate_pct"], 0)
    client.post(url(pushed, "decide"), form(annual_rate_pct="12", is_unusual_confirmed="on"))
    assert BankDecision.objects.get().annual_rate_pct == Decimal("12.0000")


def test_the_slower_of_two_reviewers_is_told_and_keeps_what_was_typed(cast, web, pushed):
    slow = web(cast.bank2)
    slow.get(url(pushed, "decide"))
    services.decide(
        recommendation=pushed,
        answer=stage.declined(decided_on=day_of(timezone.now())),
        by=cast.bank,
        now=timezone.now(),
    )
    answer = slow.post(url(pushed, "decide"), form(product="沪江快贷"))
    page = answer.content.decode()
    assert (answer.status_code, "钱贷" in page, "不予授信" in page, "沪江快贷" in page) == (
        409,
        True,
        True,
        True,
    )
    assert BankDecision.objects.count() == 1


def test_the_coordinator_corrects_and_the_superseded_decision_stays_in_sight(cast, web, pushed):
    web(cast.bank).post(url(pushed, "decide"), form())
    first, client = BankDecision.objects.get(), web(cast.bankhead)
    body = form(credit_line_wan="28", correction_reason="额度录入有误", seen=first.pk)
    assert web(cast.bank).post(url(pushed, "correct"), body).status_code == 403
    assert client.get(url(pushed, "correct")).context["form"].initial["credit_line_wan"] == Decimal("30")
    assert client.post(url(pushed, "correct"), body).url == url(pushed)
    page = client.get(url(pushed)).content.decode()
    assert ("已被更正" in page, "更正后" in page, "额度录入有误" in page) == (True, True, True)
    assert (
        client.post(url(pushed, "correct"), body).status_code == 409
    )  # the page was opened over the first decision
    assert BankDecision.objects.count() == 2


def test_a_correction_without_a_decision_is_refused(cast, web, pushed):
    assert web(cast.bankhead).get(url(pushed, "correct")).status_code == 409


@pytest.mark.parametrize(
    "page", ["change", "decide", "receive", "contact", "disburse", "correct", "allot", "reveal"]
)
def test_another_banks_people_find_nothing(cast, web, pushed, page):
    assert web(cast.bank_other).post(url(pushed, page), form()).status_code == (
        405 if page == "change" else 404
    )
    assert web(cast.bank_other).get(url(pushed)).status_code == 404


@pytest.mark.parametrize("page", ["decide", "receive", "contact", "disburse", "correct", "allot", "reveal"])
def test_the_city_looks_and_does_nothing(cast, web, pushed, page):
    assert web(cast.city).get(url(pushed)).status_code == 200
    assert web(cast.city).post(url(pushed, page), form()).status_code == 403


@pytest.mark.parametrize(
    ("page", "body"),
    [("contact", {}), ("contact", {"contact-mode": "x", "contact-is_reached": "\x00", "contact-at": "9999-99-99T99:99"}),
     ("contact", {"contact-mode": "phone", "contact-is_reached": "yes", "contact-at": "2020-01-01T00:00"}),
     ("disburse", {}), ("disburse", {"loan-amount_wan": "NaN", "loan-seen": "x"})],
)  # fmt: skip
def test_bad_forms_come_back_with_their_errors(cast, web, pushed, page, body):
    web(cast.bank).post(url(pushed, "decide"), form()) if page == "disburse" else None
    assert web(cast.bank).post(url(pushed, page), body).status_code == 400
    assert (ContactAttempt.objects.count(), Disbursement.objects.count()) == (0, 0)


def test_a_bank_does_not_learn_from_the_page_that_another_one_was_asked(cast, web, pushed):
    stage.push(cast, pushed.case, to=cast.other_bank, at=timezone.now() - timedelta(hours=1))
    page = web(cast.bank).get(url(pushed)).content.decode()
    assert cast.other_bank.name not in page
