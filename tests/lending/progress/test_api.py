"""`GET cases/` and `GET cases/{number}/`: who sees what of a case, filters, and the same cost for one and three."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide, disburse, receive
from lending.models import Recommendation
from tests.factories import NOW, SHANGHAI
from tests.lending import story

pytestmark = pytest.mark.django_db
URL = "/api/v1/cases/"
TODAY = date(2026, 11, 20)


@pytest.fixture
def at(monkeypatch):
    def set_clock(now: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    set_clock(NOW)
    return set_clock


def both(cast):
    return (cast.first_bank, cast.other_bank)


def granted(amount="300000.00") -> Answer:
    return Answer(
        outcome="partly_approved", credit_line_yuan=Decimal(amount), annual_rate_pct=Decimal("3.8500"), term_months=12,
        guarantee="credit", decided_on=TODAY,
    )  # fmt: skip


def numbers(client, query="") -> list[str]:
    answer = client.get(URL + query)
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def test_what_a_case_says(cast, api, at):
    case = story.visited(cast)
    found = api(cast.panel).get(f"{URL}{case.number}/").json()
    assert {name: found[name] for name in found if name != "timeline"} == {
        "number": case.number, "stage": "authorised", "stage_name": "待信用查询", "district": "310104",
        "district_name": "徐汇区", "amount_yuan": "500000.00", "opened_at": "2026-11-20T10:00:00+08:00", "due_at": None,
        "business": {"credit_code": case.business.credit_code, "name": case.business.name, "kind": "company"},
    }  # fmt: skip
    assert found["timeline"] == [
        {"at": "2026-11-20T10:00:00+08:00", "event": "opened", "event_name": "走访立件", "stage": "intake", "by": "周访",
         "organisation": "沪江示范银行徐汇区支行", "detail": "实地走访,需求50万元"},
        {"at": "2026-11-20T10:00:00+08:00", "event": "authorised", "event_name": "需求与授权齐全", "stage": "authorised",
         "by": "周访", "organisation": "沪江示范银行徐汇区支行", "detail": ""},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "before", "after"),
    [
        (None, 401, 401), ("officer", 200, 200), ("officer2", 404, 404), ("panel", 200, 200), ("panel2", 200, 200),
        ("panel_other", 404, 404), ("bank", 404, 200), ("bankhead", 404, 200), ("bank_other", 404, 404),
        ("city", 200, 200), ("sysadmin", 404, 404), ("secadmin", 404, 404), ("auditor", 404, 404),
    ],
)  # fmt: skip
def test_who_sees_a_case_before_and_after_the_push(cast, api, at, who, before, after):
    case = story.recommended(cast, banks=both(cast))
    client = api(getattr(cast, who) if who else None)
    assert client.get(f"{URL}{case.number}/").status_code == before
    story.issued_list(cast, [(case, cast.first_bank)])
    assert client.get(f"{URL}{case.number}/").status_code == after
    assert client.get(URL).status_code == (401 if who is None else 200)


@pytest.mark.parametrize("number", ["nowhere", "%00", "x" * 400, "..", "%E4%B8%AD"])
def test_an_unknown_number_is_404(cast, api, at, number):
    assert api(cast.city).get(f"{URL}{number}/").status_code == 404


def test_filters_narrow(cast, api, at):
    early = story.visited(cast)
    pushed = story.pushed(cast)
    panel = api(cast.panel)
    assert numbers(panel) == [pushed.case.number, early.number]
    assert numbers(panel, "?stage=authorised") == [early.number]
    assert numbers(panel, "?stage=with_bank") == [pushed.case.number]
    assert numbers(panel, "?bank=DEMO-B1") == [pushed.case.number]
    assert numbers(panel, "?bank=DEMO-B2") == []
    assert numbers(panel, "?district=310104") == [pushed.case.number, early.number]
    assert numbers(panel, "?district=310115") == []
    assert numbers(panel, "?stage=with_bank&bank=DEMO-B1&overdue=false&district=310104") == [
        pushed.case.number
    ]


def test_overdue_begins_with_the_moment_that_is_due(cast, api, at):
    pushed = story.pushed(cast)
    due = datetime(2026, 12, 6, tzinfo=SHANGHAI)
    for now, late in ((due - timedelta(seconds=1), []), (due, [pushed.case.number])):
        at(now)
        for who in (cast.panel, cast.bank, cast.officer, cast.city):
            assert numbers(api(who), "?overdue=true") == late
            assert numbers(api(who), "?overdue=0") == ([] if late else [pushed.case.number])


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("?stage=nowhere", "unknown_stage", "stage"), ("?stage=%00", "unknown_stage", "stage"),
        ("?stage=AUTHORISED", "unknown_stage", "stage"), ("?district=999999", "unknown_organisation", "district"),
        ("?district=DEMO-B1", "unknown_organisation", "district"), ("?district=%00", "unknown_organisation", "district"),
        ("?bank=310104", "unknown_organisation", "bank"), ("?bank=" + "x" * 5000, "unknown_organisation", "bank"),
        ("?overdue=perhaps", "invalid", "overdue"), ("?overdue=2", "invalid", "overdue"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(cast, api, at, query, code, field):
    answer = api(cast.panel).get(URL + query)
    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (400, code, [field])


def test_a_broken_cursor_is_no_fault(cast, api, at):
    assert api(cast.panel).get(URL + "?cursor=%00rubbish").status_code in (400, 404)


def test_a_bank_that_declined_does_not_learn_that_another_granted(cast, api, at):
    story.pushed(cast, banks=both(cast))
    first, other = Recommendation.objects.order_by("pk")
    decide(
        recommendation=first,
        by=cast.bank,
        now=NOW,
        answer=Answer(outcome="declined", decided_on=TODAY, reason_code="R18"),
    )
    decide(recommendation=other, by=cast.bank_other, now=NOW, answer=granted())
    disburse(
        recommendation=other, amount_yuan=Decimal("100000.00"), annual_rate_pct=Decimal("3.85"), disbursed_on=TODAY,
        by=cast.bank_other, now=NOW,
    )  # fmt: skip
    stages = {
        who: api(getattr(cast, who)).get(f"{URL}{first.case.number}/").json()["stage"]
        for who in ("panel", "officer", "bank", "bank_other")
    }
    assert stages == {
        "panel": "disbursed",
        "officer": "disbursed",
        "bank": "declined",
        "bank_other": "disbursed",
    }
    assert numbers(api(cast.bank), "?stage=disbursed") == []
    assert numbers(api(cast.bank), "?stage=declined") == [first.case.number]
    assert numbers(api(cast.bank), "?bank=DEMO-B2") == []
    text = api(cast.bank).get(f"{URL}{first.case.number}/").content.decode()
    assert [
        word
        for word in ("申浦示范银行", "DEMO-B2", "赵贷", "disbursed", "approved", "30万元")
        if word in text
    ] == []


def test_an_officer_reads_that_a_bank_answered_and_not_what_it_offered(cast, api, at):
    case = story.recommended(cast, banks=both(cast))
    item = story.issued_list(cast, [(case, cast.other_bank)]).items.get()
    decide(recommendation=item, by=cast.bank_other, now=NOW, answer=granted())
    found = api(cast.officer).get(f"{URL}{case.number}/").json()
    (decided,) = [entry for entry in found["timeline"] if entry["event"] == "decided"]
    assert (decided["event_name"], decided["organisation"], decided["by"], decided["detail"]) == (
        "部分授信",
        "其他银行",
        "",
        "",
    )
    own = api(cast.bank_other).get(f"{URL}{case.number}/").json()["timeline"][-1]
    assert (own["organisation"], own["by"], own["detail"]) == ("申浦示范银行", "赵贷", "额度30万元")


def test_nobody_reads_the_rate_in_passing(cast, api, at):
    item = story.pushed(cast)
    decide(recommendation=item, by=cast.bank, now=NOW, answer=granted())
    for who in (cast.panel, cast.officer, cast.bank, cast.city):
        assert "3.85" not in api(who).get(f"{URL}{item.case.number}/").content.decode()


def test_a_bank_reads_the_way_to_it_and_its_own_deeds(cast, api, at):
    item = story.pushed(cast, banks=both(cast))
    receive(recommendation=item, by=cast.bank, now=NOW)
    events = [entry["event"] for entry in api(cast.bank).get(f"{URL}{item.case.number}/").json()["timeline"]]
    assert events == [
        "opened",
        "authorised",
        "credit_looked_up",
        "recommended",
        "listed",
        "pushed",
        "received",
    ]
    other = api(cast.bank_other).get(f"{URL}{item.case.number}/").json()["timeline"]
    assert [entry["event"] for entry in other] == events[:6]


def test_cases_cost_the_same_for_one_and_three(cast, api, at, django_assert_num_queries):
    panel = api(cast.panel)
    for count, extra in ((1, 0), (3, 2)):
        for _ in range(extra or 1):
            story.pushed(cast)
        with django_assert_num_queries(6):
            assert len(panel.get(URL).json()["results"]) == count
