"""HTML in every field: kept as it was typed, and shown as text wherever it is shown."""

import pytest

from lending.models import FinancingCase
from tests import factories as make
from visits.models import FinancingNeed, Visit

pytestmark = pytest.mark.django_db
EVIL = '<script>alert("x")</script>\'"&<img src=x onerror=alert(1)>'


def test_markup_in_every_field_is_only_text_on_every_page(cast, api, web):
    shop = make.business(EVIL, address=EVIL)
    body = make.visit_body(shop, banks=(cast.first_bank,), note=EVIL, protection_reason=EVIL)
    body["need"] |= {"purpose_text": EVIL, "contact_name": EVIL[:60]}
    body["consent"]["signed_name"] = EVIL[:60]
    assert api(cast.officer).post("/api/v1/visits/", body).status_code == 201
    assert (Visit.objects.get().note, FinancingNeed.objects.get().purpose_text) == (EVIL, EVIL)
    case = FinancingCase.objects.get()
    officer, panel = web(cast.officer), web(cast.panel)
    pages = [
        (officer, "/m/"), (officer, "/m/visits/"), (officer, f"/m/visits/{body['id']}/"),
        (officer, f"/m/visit/{shop.credit_code}/"), (officer, "/m/?search=script"), (officer, f"/m/cases/{case.number}/"),
        (panel, f"/district/cases/{case.number}/"), (panel, "/district/"), (web(), f"/track/{case.track_token}/"),
    ]  # fmt: skip
    seen = 0
    for client, path in pages:
        answer = client.get(path)
        if answer.status_code == 404:
            continue
        text = answer.content.decode()
        seen += 1
        assert ("<script>alert" in text, "<img src=x" in text) == (False, False), path
    assert seen >= 7


def test_the_api_answers_markup_as_json_and_says_so(cast, api):
    shop = make.business(EVIL)
    body = make.visit_body(shop, note=EVIL, outcome="no_need", need=None, consent=None)
    client = api(cast.officer)
    client.post("/api/v1/visits/", body)
    answer = client.get(f"/api/v1/visits/{body['id']}/")
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
        "application/json",
        "nosniff",
    )
    assert (answer.json()["note"], answer.json()["business"]["name"]) == (EVIL, EVIL)


@pytest.mark.parametrize(
    "field", ["id", "mode", "outcome", "started_at", "code", "credit_code", "channel", "sent_at"]
)
def test_markup_where_a_word_is_expected_is_refused_in_words(cast, api, field):
    answer = api(cast.officer).post("/api/v1/visits/", make.visit_body(make.business(), **{field: EVIL}))
    assert answer.status_code in (400, 404, 422)
    assert answer.headers["Content-Type"] == "application/json"
