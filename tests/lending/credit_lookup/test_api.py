"""`POST cases/{number}/credit-lookup/` for each person, and what it answers."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from lending.credit_lookup.adapters import check_sources
from lending.models import CreditLookup
from tests.factories import NOW
from tests.lending import story


def url(case) -> str:
    return f"/api/v1/cases/{case.number}/credit-lookup/"


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        (None, 401, "not_signed_in"), ("panel_other", 404, "not_found"), ("bank", 404, "not_found"),
        ("officer2", 404, "not_found"), ("sysadmin", 404, "not_found"), ("auditor", 404, "not_found"),
        ("officer", 403, "not_allowed"), ("city", 403, "not_allowed"), ("panel", 201, None), ("panel2", 201, None),
    ],
)  # fmt: skip
def test_who_may_look_up(cast, api, who, status, code):
    case = story.visited(cast)
    story.credit_item(case.business)
    answer = api(getattr(cast, who) if who else None).post(url(case), {})
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.django_db
def test_the_answer_carries_the_receipts(cast, api):
    case = story.visited(cast)
    story.credit_item(case.business)
    answer = api(cast.panel).post(url(case), {}).json()
    kept = CreditLookup.objects.get()
    assert (answer["case"], answer["stage"]) == (case.number, "under_review")
    (receipt,) = answer["lookups"]
    assert receipt["id"] == kept.pk
    assert receipt["items"] == [
        {"category": "纳税", "item": "纳税信用等级", "value": "A", "department": "税务局", "as_of": "2026-04-30", "is_adverse": False}
    ]  # fmt: skip
    assert receipt["response_sha256"] == kept.response_sha256


@pytest.mark.django_db
def test_without_consent_it_is_422(cast, api):
    answer = api(cast.panel).post(url(story.visited(cast, consent=False)), {})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_consent")


@pytest.mark.django_db
def test_in_another_stage_it_is_409(cast, api):
    answer = api(cast.panel).post(url(story.pushed(cast).case), {})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_stage")


@pytest.mark.django_db
def test_when_nothing_answers_it_is_422_and_the_receipts_are_kept(cast, api):
    case = story.visited(cast)
    answer = api(cast.panel).post(url(case), {})
    assert (answer.status_code, answer.json()["code"]) == (422, "lookup_unavailable")
    assert answer.json()["fields"] == {"city-platform": "该来源还没有导入数据"}
    assert list(CreditLookup.objects.values_list("case", "answer")) == [(case.pk, "not_fetched")]


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["nowhere", "%00", "310104-2026-9999999", "x" * 300, "%F0%9F%98%80"])
def test_an_unknown_number_is_404(cast, api, number):
    answer = api(cast.panel).post(f"/api/v1/cases/{number}/credit-lookup/", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([{"code": "a", "adapter": "fax"}], "names the adapter 'fax'"),
        ([{"code": "a", "adapter": "http", "url": "https://x.invalid"}], "a lacks secret"),
        ([{"code": "a", "adapter": "http"}], "a lacks secret, url"),
        ([{"code": "", "adapter": "dataset"}], "code '' is empty"),
        ([{"code": "a", "adapter": "dataset"}] * 2, "given twice"),
        ([{"code": "x" * 41, "adapter": "dataset"}], "too long"),
    ],
)
def test_a_source_that_could_never_answer_stops_the_start(settings, sources, said):
    with pytest.raises(ImproperlyConfigured, match=said):
        check_sources(sources)
    settings.CREDIT_SOURCES = sources
    with pytest.raises(SystemCheckError, match=said):
        call_command("check")


def test_the_secret_is_not_repeated_in_the_mistake():
    with pytest.raises(ImproperlyConfigured) as mistake:
        check_sources([{"code": "a", "adapter": "fax", "secret": "hush-hush"}])
    assert "hush-hush" not in str(mistake.value)
