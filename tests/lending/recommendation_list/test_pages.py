"""/district/lists/: the draft, issuing from it, and the frozen list."""

import re

import pytest

from lending.models import Recommendation, RecommendationList
from tests.factories import NOW
from tests.lending import story
from visits.models import Consent

pytestmark = pytest.mark.django_db
URL = "/district/lists/"


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def both(cast):
    return (cast.first_bank, cast.other_bank)


def ticks(html: str) -> dict[str, list[str]]:
    """{field: values that are ticked} of the draft."""
    found: dict[str, list[str]] = {}
    for name, value, rest in re.findall(
        r'<input type="checkbox"[^>]*? name="(case|bank-[0-9-]+)" value="([^"]+)"([^>]*)>', html
    ):
        found.setdefault(name, [])
        if " checked" in rest:
            found[name].append(value)
    return found


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 302), ("officer", 403), ("bank", 403), ("auditor", 403), ("panel", 200), ("city", 200)],
)
def test_who_may_look(cast, web, who, status):
    assert web(getattr(cast, who) if who else None).get(URL).status_code == status


def test_the_draft_suggests_the_bank_the_owner_prefers(cast, web):
    case = story.recommended(cast, banks=(cast.other_bank, cast.first_bank))
    html = web(cast.panel).get(URL).content.decode()
    assert ticks(html) == {"case": [], f"bank-{case.number}": ["DEMO-B2"]}


def test_a_preferred_bank_without_consent_is_not_offered(cast, web):
    case = story.recommended(cast, banks=both(cast))
    Consent.objects.filter(recipient=cast.first_bank).update(withdrawn_at=NOW)
    assert ticks(web(cast.panel).get(URL).content.decode()) == {
        "case": [],
        f"bank-{case.number}": ["DEMO-B2"],
    }


def test_a_case_without_any_consent_cannot_be_ticked(cast, web):
    story.recommended(cast)
    Consent.objects.update(withdrawn_at=NOW)
    html = web(cast.panel).get(URL).content.decode()
    assert (
        "没有有效的银行授权,不能推送" in html,
        len(re.findall(r"data-bulk-item[^>]* disabled", html)),
    ) == (True, 1)


def test_issuing_leads_to_the_frozen_list(cast, web):
    case = story.recommended(cast, banks=both(cast))
    answer = web(cast.panel).post(
        f"{URL}issue/", {"case": [case.number], f"bank-{case.number}": ["DEMO-B1", "DEMO-B2"]}
    )
    made = RecommendationList.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}{made.number}/")
    html = web(cast.panel).get(answer["Location"]).content.decode()
    assert [
        words
        for words in (
            made.number,
            made.digest,
            case.business.name,
            "沪江示范银行",
            "申浦示范银行",
            "12月5日24时",
        )
        if words not in html
    ] == []


def test_only_what_is_ticked_is_pushed(cast, web):
    ticked, left = story.recommended(cast), story.recommended(cast)
    said = {"case": [ticked.number], f"bank-{ticked.number}": ["DEMO-B1"], f"bank-{left.number}": ["DEMO-B1"]}
    assert web(cast.panel).post(f"{URL}issue/", said).status_code == 302
    assert list(Recommendation.objects.values_list("case__number", flat=True)) == [ticked.number]


def test_a_refused_list_keeps_the_ticks_and_names_the_item(cast, web):
    good, bad = story.recommended(cast), story.recommended(cast)
    Consent.objects.filter(business=bad.business).update(withdrawn_at=NOW)
    said = {
        "case": [good.number, bad.number],
        f"bank-{good.number}": ["DEMO-B1"],
        f"bank-{bad.number}": ["DEMO-B1"],
    }
    answer = web(cast.panel).post(f"{URL}issue/", said)
    html = answer.content.decode()
    assert (answer.status_code, ticks(html)["case"]) == (422, [good.number, bad.number])
    assert "企业已于2026-11-20撤回对沪江示范银行的授权" in html
    assert RecommendationList.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        (lambda case: {}, 400, "请至少选择一个办件和一家银行"),
        (lambda case: {"case": [case.number]}, 422, "请选择银行"),
        (
            lambda case: {"case": [case.number], f"bank-{case.number}": ["NO-SUCH"]},
            400,
            "请至少选择一个办件和一家银行",
        ),
        (lambda case: {"case": ["nowhere", "\x00"]}, 400, "请至少选择一个办件和一家银行"),
        (lambda case: {"case": ["x" * 9000] * 3}, 400, "请至少选择一个办件和一家银行"),
    ],
)
def test_forms_that_say_nothing_are_shown_again(cast, web, said, status, words):
    answer = web(cast.panel).post(f"{URL}issue/", said(story.recommended(cast)))
    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert RecommendationList.objects.count() == 0


@pytest.mark.parametrize(
    ("who", "status"), [(None, 302), ("officer", 403), ("bank", 403), ("city", 403), ("panel_other", 400)]
)
def test_who_may_issue(cast, web, who, status):
    case = story.recommended(cast)
    said = {"case": [case.number], f"bank-{case.number}": ["DEMO-B1"]}
    assert web(getattr(cast, who) if who else None).post(f"{URL}issue/", said).status_code == status
    assert story.fresh(case).stage == "recommended"


def test_a_bank_that_has_declined_is_not_offered_again(cast, web):
    from datetime import date

    from lending.bank_decision.rules import Answer
    from lending.bank_decision.services import decide
    from lending.recommendation_list.services import reopen_for_another_bank

    case = story.recommended(cast, banks=both(cast))
    item = story.issued_list(cast, [(case, cast.first_bank)]).items.get()
    decide(
        recommendation=item,
        by=cast.bank,
        now=NOW,
        answer=Answer(outcome="declined", decided_on=date(2026, 11, 20), reason_code="R18"),
    )
    reopen_for_another_bank(case=story.fresh(case), by=cast.panel, now=NOW, reason="换一家")
    html = web(cast.panel).get(URL).content.decode()
    assert (ticks(html)[f"bank-{case.number}"], html.count("曾推送")) == (["DEMO-B2"], 0)


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 302), ("officer", 403), ("bank", 403), ("panel_other", 404), ("panel", 200), ("city", 200)],
)
def test_who_reads_a_list(cast, web, who, status):
    made = story.pushed(cast).list
    assert web(getattr(cast, who) if who else None).get(f"{URL}{made.number}/").status_code == status


@pytest.mark.parametrize("number", ["TJ-0", "%00", "x" * 900])
def test_an_unknown_list_is_404(cast, web, number):
    assert web(cast.panel).get(f"{URL}{number}/").status_code == 404


def test_pages_cost_the_same_for_one_and_three(cast, web, django_assert_num_queries):
    panel = web(cast.panel)
    for extra in (1, 2):
        for _ in range(extra):
            story.recommended(cast)
            story.pushed(cast)
        with django_assert_num_queries(14):
            assert panel.get(URL).status_code == 200
