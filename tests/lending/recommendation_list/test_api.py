"""`recommendation-lists/`: who may issue and who reads what."""

import pytest

from lending.models import RecommendationList
from tests.factories import NOW
from tests.lending import story

pytestmark = pytest.mark.django_db
URL = "/api/v1/recommendation-lists/"


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def body(case, bank="DEMO-B1", **changes) -> dict:
    return {"district": "310104", "items": [{"case": case.number, "bank": bank}]} | changes


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        (None, 401, "not_signed_in"), ("officer", 403, "not_allowed"), ("bank", 403, "not_allowed"),
        ("city", 403, "not_allowed"), ("auditor", 403, "not_allowed"), ("panel_other", 404, "not_found"),
        ("panel", 201, None), ("panel2", 201, None),
    ],
)  # fmt: skip
def test_who_may_issue(cast, api, who, status, code):
    case = story.recommended(cast)
    answer = api(getattr(cast, who) if who else None).post(URL, body(case))
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_the_answer_says_what_was_pushed_and_until_when(cast, api):
    case = story.recommended(cast)
    answer = api(cast.panel).post(URL, body(case)).json()
    made = RecommendationList.objects.get()
    item = made.items.get()
    assert answer == {
        "number": "TJ-310104-20261120-01", "district": "310104", "issued_at": "2026-11-20T10:00:00+08:00",
        "issued_by": "陈审", "items_count": 1, "digest": made.digest,
        "items": [{
            "id": item.pk, "case": case.number, "business": case.business.name, "bank": "DEMO-B1",
            "pushed_at": "2026-11-20T10:00:00+08:00", "due_at": "2026-12-06T00:00:00+08:00", "state": "pushed",
        }],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "status", "code", "fields"),
    [
        ({"items": []}, 400, "invalid", ["items.non_field_errors"]),
        ({"items": None}, 400, "invalid", ["items"]),
        ({"items": "all"}, 400, "invalid", ["items.non_field_errors"]),
        ({"items": [None]}, 400, "invalid", ["items.0"]),
        ({"items": [{"case": "x"}]}, 400, "invalid", ["items.0.bank"]),
        ({"items": [{"case": {"a": 1}, "bank": "DEMO-B1"}]}, 400, "invalid", ["items.0.case"]),
        ({"items": [{"case": "\x00", "bank": "DEMO-B1"}]}, 400, "invalid", ["items.0.case"]),
        ({"items": [{"case": "x" * 25, "bank": "DEMO-B1"}]}, 400, "invalid", ["items.0.case"]),
        ({"items": [{"case": "nowhere", "bank": "NO-SUCH"}]}, 400, "invalid", ["items.0.bank"]),
        ({"items": [{"case": "nowhere", "bank": "310104"}]}, 400, "invalid", ["items.0.bank"]),
        ({"items": [{"case": "nowhere", "bank": "DEMO-B1"}]}, 404, "not_found", ["items.0.case"]),
        ({"items": [{"case": "x", "bank": "y"}] * 201}, 400, "invalid", ["items.non_field_errors"]),
        ({"district": "nowhere"}, 400, "invalid", ["district"]),
        ({"district": "\x00"}, 400, "invalid", ["district"]),
        ({"district": None}, 400, "invalid", ["district"]),
        ({"district": "310115"}, 403, "not_allowed", []),
        ({"district": "DEMO-B1"}, 400, "invalid", ["district"]),
    ],
)
def test_what_cannot_stand_is_refused_with_its_field(cast, api, changes, status, code, fields):
    answer = api(cast.panel).post(URL, body(story.recommended(cast), **changes))
    found = answer.json()
    assert (answer.status_code, found["code"], list(found["fields"])) == (status, code, fields)
    assert RecommendationList.objects.count() == 0


def test_refusals_name_the_item(cast, api):
    case = story.recommended(cast)
    answer = api(cast.panel).post(URL, body(case, bank="DEMO-B2"))
    assert (answer.status_code, answer.json()["code"]) == (422, "bank_not_in_consent")
    assert list(answer.json()["fields"]) == ["items.0.bank"]
    assert api(cast.panel).post(URL, body(case)).status_code == 201
    again = api(cast.panel).post(URL, body(case))
    assert (again.status_code, again.json()["code"]) == (409, "already_pushed")


def test_each_reads_the_lists_and_items_that_concern_them(cast, api):
    case = story.recommended(cast, banks=(cast.first_bank, cast.other_bank))
    made = story.issued_list(cast, [(case, cast.first_bank), (case, cast.other_bank)])
    items = {
        who: [
            [item["bank"] for item in row["items"]]
            for row in api(getattr(cast, who)).get(URL).json()["results"]
        ]
        for who in ("panel", "city", "bank", "bank_other", "panel_other", "officer", "auditor")
    }
    assert items == {
        "panel": [["DEMO-B1", "DEMO-B2"]], "city": [["DEMO-B1", "DEMO-B2"]], "bank": [["DEMO-B1"]],
        "bank_other": [["DEMO-B2"]], "panel_other": [], "officer": [], "auditor": [],
    }  # fmt: skip
    counts = {
        who: api(getattr(cast, who)).get(f"{URL}{made.number}/").json()["items_count"]
        for who in ("panel", "city", "bank", "bank_other")
    }
    assert counts == {"panel": 2, "city": 2, "bank": 1, "bank_other": 1}
    statuses = {
        who: api(getattr(cast, who)).get(f"{URL}{made.number}/").status_code
        for who in ("panel", "bank", "panel_other", "officer")
    }
    assert statuses == {"panel": 200, "bank": 200, "panel_other": 404, "officer": 404}


@pytest.mark.parametrize("number", ["TJ-1", "%00", "x" * 500])
def test_an_unknown_list_is_404(cast, api, number):
    answer = api(cast.panel).get(f"{URL}{number}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_lists_cost_the_same_for_one_and_three(cast, api, django_assert_num_queries):
    panel = api(cast.panel)
    for count in (1, 2):
        for _ in range(count):
            story.pushed(cast)
        with django_assert_num_queries(3):
            assert len(panel.get(URL).json()["results"]) == {1: 1, 2: 3}[count]
