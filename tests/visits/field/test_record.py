"""`POST visits/`: what a complete, an incomplete and a refused visit answer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from lending.models import FinancingCase
from tests import factories as make
from visits.codes import rules, services
from visits.models import Consent, ConsentSigning, FinancingNeed, RefusedScan, Visit

pytestmark = pytest.mark.django_db


body_now = make.visit_body  # its times are those of now


def plain(business, outcome="no_need", **changes):
    return body_now(business, **({"outcome": outcome, "need": None, "consent": None} | changes))


def test_a_visit_with_need_and_consent_opens_a_case(cast, api):
    shop = make.business("测试米店")
    body = body_now(shop, banks=(cast.first_bank, cast.other_bank))
    answer = api(cast.officer).post("/api/v1/visits/", body)
    case = FinancingCase.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {"status": "ok", "visit": body["id"], "case": case.number, "missing": [], "reason": ""},
    )
    need = FinancingNeed.objects.get()
    assert (need.amount_yuan, need.purpose, need.preferred_banks) == (
        Decimal("500000.00"), "working_capital", ["DEMO-B1", "DEMO-B2"],
    )  # fmt: skip
    visit = Visit.objects.get()
    assert (visit.officer, visit.organisation, visit.district, visit.case_number) == (
        cast.officer, cast.branch, cast.xuhui, case.number,
    )  # fmt: skip


def test_each_recipient_gets_a_consent_of_its_own_and_only_once(cast, api):
    body = body_now(make.business(), banks=(cast.first_bank, cast.other_bank))
    body["consent"]["recipients"] = ["DEMO-B1", "DEMO-B2", "DEMO-B1", "310104"]
    assert api(cast.officer).post("/api/v1/visits/", body).status_code == 201
    given = Consent.objects.order_by("recipient__code").values_list("recipient__code", "scopes")
    assert list(given) == [
        ("310104", ["credit_lookup", "share_need"]),
        ("DEMO-B1", ["credit_lookup", "share_need"]),
        ("DEMO-B2", ["credit_lookup", "share_need"]),
    ]
    signing = ConsentSigning.objects.get()
    assert (signing.signed_name, signing.witnessed_by, str(signing.visit_id)) == (
        "测试业主",
        cast.officer,
        body["id"],
    )


def test_a_consent_that_names_nobody_is_to_the_district_team(cast, api):
    assert api(cast.officer).post("/api/v1/visits/", body_now(make.business())).json()["status"] == "ok"
    assert [consent.recipient for consent in Consent.objects.all()] == [cast.xuhui]


def test_a_scope_may_be_one_word(cast, api):
    body = body_now(make.business())
    body["consent"]["scope"] = "credit_lookup"
    assert api(cast.officer).post("/api/v1/visits/", body).json()["status"] == "ok"
    assert Consent.objects.get().scopes == ["credit_lookup"]


@pytest.mark.parametrize(
    ("lacking", "missing"),
    [
        ({"need": {}}, ["need.amount_yuan", "need.purpose"]),
        ({"need": {"purpose": "orders"}}, ["need.amount_yuan"]),
        ({"need": {"amount_yuan": "1000"}}, ["need.purpose"]),
        ({"consent": None}, ["consent"]),
        (
            {"need": {"purpose": "orders", "amount_yuan": None}, "consent": None},
            ["need.amount_yuan", "consent"],
        ),
    ],
)
def test_a_need_with_missing_parts_is_kept_and_named(cast, api, lacking, missing):
    answer = api(cast.officer).post("/api/v1/visits/", body_now(make.business(), **lacking))
    assert (answer.status_code, answer.json()["status"], answer.json()["missing"]) == (
        201,
        "incomplete",
        missing,
    )
    assert FinancingCase.objects.get().stage == "intake"


@pytest.mark.parametrize("outcome", [o for o in Visit.Outcome.values if o != "need"])
def test_a_visit_without_need_opens_no_case(cast, api, outcome):
    answer = api(cast.officer).post("/api/v1/visits/", plain(make.business(), outcome))
    assert (answer.status_code, answer.json()["status"], answer.json()["case"]) == (201, "ok", None)
    assert FinancingCase.objects.count() == 0


def test_a_second_visit_joins_the_open_case(cast, api):
    shop = make.business()
    first = api(cast.officer).post("/api/v1/visits/", body_now(shop, consent=None)).json()
    second = api(cast.officer2).post("/api/v1/visits/", body_now(shop)).json()
    assert (first["missing"], second["status"], second["case"], second["reason"]) == (
        ["consent"], "ok", first["case"], "case_already_open",
    )  # fmt: skip


def test_coordinates_are_rounded_to_four_places(cast, api):
    place = {"lat": 31.188349999, "lon": 121.43654999, "accuracy_m": 15.6}
    api(cast.officer).post("/api/v1/visits/", plain(make.business(), location=place))
    visit = Visit.objects.get()
    assert (visit.lat, visit.lon, visit.accuracy_m) == (Decimal("31.1883"), Decimal("121.4365"), 16)


def test_the_door_code_names_the_business_even_outside_the_officers_district(cast, api):
    far = make.business(at=cast.pudong)
    code = services.issue_code(subject=far, by=cast.city, now=timezone.now())
    scanned = plain(far, credit_code="", code=rules.url_for(code.secret))
    assert api(cast.officer).post("/api/v1/visits/", scanned).status_code == 201
    assert Visit.objects.get().code == code
    without = plain(far)
    assert api(cast.officer2).post("/api/v1/visits/", without).json() == {
        "status": "error", "visit": None, "case": None, "missing": [], "reason": "not_found",
        "code": "not_found", "detail": "没有找到,或您无权查看。", "fields": {},
    }  # fmt: skip


def test_a_revoked_code_is_refused_and_the_scan_kept(cast, api):
    shop, now = make.business(), timezone.now()
    code = services.issue_code(subject=shop, by=cast.panel, now=now)
    services.revoke(code=code, by=cast.panel, now=now - timedelta(hours=1), reason="门牌丢失")
    answer = api(cast.officer).post("/api/v1/visits/", plain(shop, code=rules.token_for(code.secret)))
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"], answer.json()["code"]) == (
        422, "error", "code_revoked", "code_revoked",
    )  # fmt: skip
    kept = RefusedScan.objects.get()
    assert (kept.reason, kept.code, kept.scanned_by, Visit.objects.count()) == (
        "revoked",
        code,
        cast.officer,
        0,
    )


def test_an_expired_code_is_refused_and_the_scan_kept(cast, api):
    shop, now = make.business(), timezone.now()
    code = services.issue_code(subject=shop, by=cast.panel, now=now - timedelta(days=365, hours=1))
    answer = api(cast.officer).post("/api/v1/visits/", plain(shop, code=rules.token_for(code.secret)))
    assert (answer.status_code, answer.json()["reason"]) == (422, "code_expired")
    assert RefusedScan.objects.get().reason == "expired"


def test_a_door_code_and_a_credit_code_of_two_firms_are_refused(cast, api):
    shop, other = make.business(), make.business()
    code = services.issue_code(subject=shop, by=cast.panel, now=timezone.now())
    answer = api(cast.officer).post("/api/v1/visits/", plain(other, code=rules.token_for(code.secret)))
    assert (answer.status_code, answer.json()["code"]) == (422, "code_mismatch")


def test_an_officers_code_is_no_door(cast, api):
    code = services.issue_code(subject=cast.officer, by=cast.officer, now=timezone.now())
    answer = api(cast.officer).post(
        "/api/v1/visits/", plain(make.business(), code=rules.token_for(code.secret))
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "code_not_business")


@pytest.mark.parametrize("who", ["panel", "bank", "city", "auditor", "sysadmin"])
def test_only_field_officers_record_visits(cast, api, who):
    answer = api(getattr(cast, who)).post("/api/v1/visits/", plain(make.business()))
    assert (answer.status_code, answer.json()["code"], Visit.objects.count()) == (403, "not_allowed", 0)


def test_nobody_records_nothing(api, cast):
    answer = api().post("/api/v1/visits/", plain(make.business()))
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (
        401,
        "not_signed_in",
        "error",
    )
