"""`POST cases/{number}/district-review/`: who may, what is refused, and two members at the same moment."""

import pytest

from lending.models import DistrictReview
from tests.factories import NOW
from tests.lending import story
from tests.lending.story import five

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def url(case) -> str:
    return f"/api/v1/cases/{case.number}/district-review/"


def body(**changes) -> dict:
    return {"outcome": "recommend", "criteria": five(), "reason": "", "banks": ["DEMO-B1"]} | changes


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        (None, 401, "not_signed_in"), ("panel_other", 404, "not_found"), ("bank", 404, "not_found"),
        ("officer2", 404, "not_found"), ("auditor", 404, "not_found"), ("officer", 403, "not_allowed"),
        ("city", 403, "not_allowed"), ("panel", 201, None), ("panel2", 201, None),
    ],
)  # fmt: skip
def test_who_may_review(cast, api, who, status, code):
    case = story.looked_up(cast)
    answer = api(getattr(cast, who) if who else None).post(url(case), body())
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_review_is_answered_with_what_was_recorded(cast, api):
    case = story.looked_up(cast, banks=(cast.first_bank, cast.other_bank))
    answer = api(cast.panel).post(url(case), body(banks=["DEMO-B1", "DEMO-B2", "DEMO-B1"]))
    made = DistrictReview.objects.get()
    assert answer.json() == {
        "id": made.pk, "case": case.number, "stage": "recommended", "outcome": "recommend", "reason": "",
        "reviewed_at": "2026-11-20T10:00:00+08:00", "banks": ["DEMO-B1", "DEMO-B2"],
        "lookups": [case.lookups.get().pk],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "status", "code", "fields"),
    [
        ({"criteria": five(genuine_need=False)}, 422, "criteria_incomplete", ["criteria.genuine_need"]),
        ({"criteria": {}}, 422, "criteria_incomplete", [f"criteria.{name}" for name in five()]),
        ({"criteria": five("")}, 422, "criteria_incomplete", [f"criteria.{name}" for name in five()]),
        ({"outcome": "return"}, 422, "reason_missing", ["reason"]),
        ({"outcome": "not_recommended", "reason": "  "}, 422, "reason_missing", ["reason"]),
        ({"outcome": "approve"}, 400, "invalid", ["outcome"]),
        ({"outcome": None}, 400, "invalid", ["outcome"]),
        ({"outcome": ["recommend"]}, 400, "invalid", ["outcome"]),
        ({"outcome": {"a": 1}}, 400, "invalid", ["outcome"]),
        ({"criteria": []}, 400, "invalid", ["criteria.non_field_errors"]),
        ({"criteria": "all"}, 400, "invalid", ["criteria.non_field_errors"]),
        ({"criteria": {"genuine_need": True}}, 400, "invalid", ["criteria.genuine_need.non_field_errors"]),
        ({"criteria": {"genuine_need": {}}}, 400, "invalid", ["criteria.genuine_need.met"]),
        ({"criteria": {"genuine_need": {"met": "perhaps"}}}, 400, "invalid", ["criteria.genuine_need.met"]),
        ({"criteria": {"genuine_need": {"met": None}}}, 400, "invalid", ["criteria.genuine_need.met"]),
        ({"criteria": {"good_looks": {"met": True}}}, 400, "invalid", ["criteria.good_looks"]),
        ({"criteria": five("长" * 501)}, 400, "invalid", [f"criteria.{name}.evidence" for name in five()]),
        ({"criteria": five("a\x00b")}, 400, "invalid", [f"criteria.{name}.evidence" for name in five()]),
        ({"reason": "长" * 501}, 400, "invalid", ["reason"]),
        ({"reason": {"a": 1}}, 400, "invalid", ["reason"]),
        ({"banks": ["NO-SUCH"]}, 400, "invalid", ["banks"]),
        ({"banks": ["310104"]}, 400, "invalid", ["banks"]),
        ({"banks": "DEMO-B1"}, 400, "invalid", ["banks"]),
        ({"banks": [["DEMO-B1"]]}, 400, "invalid", ["banks.0"]),
        ({"banks": ["\x00"]}, 400, "invalid", ["banks.0"]),
        ({"banks": ["x"] * 21}, 400, "invalid", ["banks"]),
        ({"banks": [10**4000]}, 400, "invalid", ["banks.0"]),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_refused_with_its_field(cast, api, changes, status, code, fields):
    answer = api(cast.panel).post(url(story.looked_up(cast)), body(**changes))
    assert (answer.status_code, DistrictReview.objects.count()) == (status, 0)
    assert (answer.json()["code"], list(answer.json()["fields"])) == (code, fields)


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'"x"', b"{", b'{"outcome": NaN}', b"\xff", b"[" * 5000,
                                 b'{"outcome": "return", "reason": "\\ud800"}'])  # fmt: skip
def test_what_is_no_object_is_refused(cast, api, raw):
    answer = api(cast.panel).generic("POST", url(story.looked_up(cast)), raw, content_type="application/json")
    assert answer.status_code == 400


def test_a_visitor_is_refused_before_the_form_is_read(cast, api):
    from visits.models import Visit

    case = story.looked_up(cast)
    Visit.objects.update(officer=cast.panel)
    answer = api(cast.panel).post(url(case), body(criteria={}))
    assert (answer.status_code, answer.json()["code"]) == (403, "reviewer_is_visitor")


def test_a_second_verdict_comes_too_late(cast, api):
    case = story.recommended(cast)
    answer = api(cast.panel2).post(url(case), body())
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_stage")
