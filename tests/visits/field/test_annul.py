"""Taking a visit back, and reading one's visits."""

import uuid

import pytest

from accounts.roles import Role
from tests import factories as make
from tests.visits.field.test_record import plain
from visits.models import Assignment, BusinessList, Consent, ListMembership, Visit

pytestmark = pytest.mark.django_db
URL = "/api/v1/visits/"


@pytest.fixture
def visit(cast, api):
    body = plain(make.business("测试米店"), "unreachable", note="门锁着")
    api(cast.officer).post(URL, body)
    return Visit.objects.get()


def test_an_officer_annuls_a_visit_with_a_reason_and_the_row_stays(cast, api, visit):
    answer = api(cast.officer).post(f"{URL}{visit.pk}/annul/", {"reason": "登记错了门牌"})
    visit.refresh_from_db()
    assert (answer.status_code, visit.annulled_by, visit.annulled_reason) == (
        200,
        cast.officer,
        "登记错了门牌",
    )
    assert answer.json()["annulled_reason"] == "登记错了门牌"


def test_a_visit_is_annulled_once(cast, api, visit):
    codes = [
        api(cast.officer).post(f"{URL}{visit.pk}/annul/", {"reason": word}).status_code for word in "甲乙"
    ]
    visit.refresh_from_db()
    assert (codes, visit.annulled_reason) == ([200, 409], "甲")


def test_a_visit_that_became_a_case_is_the_district_teams(cast, api):
    body = make.visit_body(make.business())
    api(cast.officer).post(URL, body)
    answer = api(cast.officer).post(f"{URL}{body['id']}/annul/", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"], "区级工作专班" in answer.json()["detail"]) == (
        409,
        "visit_has_case",
        True,
    )


def test_what_was_signed_at_a_visit_that_became_no_case_ends_with_it(cast, api):
    """Neither firm nor officer has a district: the visit is kept, and so are its consents."""
    officer = make.user("nowhere", Role.FIELD_OFFICER, cast.first_bank, "林访")
    walked = {"list": BusinessList.objects.first(), "grid": make.grid(cast.xuhui)}
    firm = make.business(district=None, district_source="none", grid=walked["grid"])
    ListMembership.objects.create(business=firm, list=walked["list"])
    Assignment.objects.create(officer=officer, bank=cast.first_bank, starts_on="2026-01-01", **walked)
    body = make.visit_body(firm, banks=(cast.first_bank,))
    said = api(officer).post(URL, body).json()
    assert (said["reason"], Consent.objects.filter(withdrawn_at=None).count()) == ("district_unknown", 1)
    assert api(officer).post(f"{URL}{body['id']}/annul/", {"reason": "登记错了"}).status_code == 200
    assert Consent.objects.get().withdrawn_at == Visit.objects.get().annulled_at


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 201}, {"reason": "\x00"}, {"reason": []}, []],
)
def test_a_reason_is_asked_for(cast, api, visit, body):
    answer = api(cast.officer).post(f"{URL}{visit.pk}/annul/", body)
    assert (answer.status_code, Visit.objects.get().annulled_at) == (400, None)


@pytest.mark.parametrize(
    ("who", "status"), [("officer2", 404), ("panel", 403), ("panel_other", 404), ("bank", 404), ("city", 403)]
)
def test_nobody_else_annuls_it(cast, api, visit, who, status):
    answer = api(getattr(cast, who)).post(f"{URL}{visit.pk}/annul/", {"reason": "x"})
    assert (answer.status_code, Visit.objects.get().annulled_at) == (status, None)


def test_a_visit_that_is_not_there_is_404(cast, api):
    assert api(cast.officer).post(f"{URL}{uuid.uuid4()}/annul/", {"reason": "x"}).status_code == 404


def test_officers_read_their_own_visits(cast, api, visit):
    api(cast.officer2).post(URL, plain(make.business()))
    mine = api(cast.officer).get(URL).json()["results"]
    said = {
        name: mine[0][name] for name in ("id", "business", "outcome", "note", "case", "missing", "officer")
    }
    assert (len(mine), said) == (
        1,
        {
            "id": str(visit.pk), "business": {"credit_code": visit.business.credit_code, "name": "测试米店"},
            "outcome": "unreachable", "note": "门锁着", "case": None, "missing": [], "officer": "周访",
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "status"),
    [("officer", 200), ("officer2", 404), ("panel", 200), ("panel_other", 404), ("bank", 404), ("city", 200)],
)
def test_one_visit_is_read_by_who_may_see_it(cast, api, visit, who, status):
    assert api(getattr(cast, who)).get(f"{URL}{visit.pk}/").status_code == status


def test_visits_come_newest_first_page_by_page(cast, api):
    for _ in range(5):
        api(cast.officer).post(URL, plain(make.business()))
    first = api(cast.officer).get(URL, {"page_size": 3}).json()
    second = api(cast.officer).get(first["next"]).json()
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == [str(pk) for pk in Visit.objects.order_by("-recorded_at").values_list("pk", flat=True)]
