"""`recommendations/` through HTTP: who sees what, what is refused and how."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
URL = "/api/v1/recommendations/"
TERMS = {
    "outcome": "partly_approved", "credit_line_yuan": "300000.00", "annual_rate_pct": "3.85", "term_months": 12,
    "guarantee": "credit",
}  # fmt: skip
LOAN = {"amount_yuan": "100000.00", "annual_rate_pct": "3.85", "loan_last4": "0001"}
DEEDS = {
    "receipt": {}, "contact": {"mode": "phone", "is_reached": True}, "decision": TERMS, "disbursements": LOAN,
}  # fmt: skip


@pytest.fixture
def pushed(cast):
    return stage.push(cast, at=timezone.now() - timedelta(hours=1))


def test_the_inbox_holds_the_banks_own_items_the_most_urgent_first(cast, api, pushed):
    older = stage.push(cast, at=timezone.now() - timedelta(days=14))
    theirs = stage.push(cast, to=cast.other_bank, at=timezone.now() - timedelta(hours=1))
    rows = api(cast.bank).get(URL).json()["results"]
    assert [(row["id"], row["days_left"]) for row in rows] == [(older.pk, 1), (pushed.pk, 15)]
    assert [row["id"] for row in api(cast.bank_other).get(URL).json()["results"]] == [theirs.pk]


def test_an_item_says_what_the_bank_must_know(cast, api, pushed):
    got = api(cast.bank).get(f"{URL}{pushed.pk}/").json()
    assert (got["case"], got["bank"], got["state"], got["amount_yuan"], got["decision"]) == (
        pushed.case.number, "DEMO-B1", "pushed", "500000.00", None,
    )  # fmt: skip
    assert [item["name"] for item in got["snapshot"]["criteria"]] == [name for _code, name in stage.CRITERIA]


@pytest.mark.parametrize("deed", [None, *DEEDS])
def test_what_was_pushed_to_another_bank_is_not_there(cast, api, pushed, deed):
    client = api(cast.bank_other)
    path = f"{URL}{pushed.pk}/"
    answer = client.get(path) if deed is None else client.post(f"{path}{deed}/", DEEDS[deed])
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    ("person", "status"), [("panel", 403), ("panel_other", 404), ("officer", 404), ("city", 403)]
)
def test_who_sees_it_may_not_yet_do_it(cast, api, pushed, deed, person, status):
    assert api(getattr(cast, person)).post(f"{URL}{pushed.pk}/{deed}/", DEEDS[deed]).status_code == status


@pytest.mark.parametrize(
    ("person", "status"), [(None, 401), ("officer", 403), ("sysadmin", 403), ("city", 200), ("panel", 200)]
)
def test_the_list_is_for_those_who_work_with_it(cast, api, pushed, person, status):
    assert api(person and getattr(cast, person)).get(URL).status_code == status


def test_a_branch_sees_what_was_allotted_to_it(cast, api, pushed):
    from accounts.roles import Role
    from tests import factories as make

    clerk = make.user("clerk", Role.BANK_REVIEWER, cast.branch)
    assert api(clerk).get(f"{URL}{pushed.pk}/").status_code == 404
    pushed.branch = cast.branch
    pushed.save(update_fields=["branch"])
    assert api(clerk).get(f"{URL}{pushed.pk}/").json()["branch"] == cast.branch.code


@pytest.mark.parametrize(
    ("query", "ids"),
    [("state=pushed", 1), ("state=decided", 0), ("bank=DEMO-B1", 1), ("bank=DEMO-B2", 0), ("due_before=2020-01-01", 0),
     ("due_before=2099-01-01T00:00:00%2B08:00", 1), ("due_before=2099-01-01", 1)],
)  # fmt: skip
def test_filters_narrow(cast, api, pushed, query, ids):
    assert len(api(cast.bank).get(f"{URL}?{query}").json()["results"]) == ids


@pytest.mark.parametrize(
    "query",
    ["state=x", "bank=x", "bank=%00", "due_before=x", "due_before=2026-02-30", "due_before=2026-13-01T00:00"],
)
def test_filters_that_make_no_sense_are_refused(cast, api, pushed, query):
    answer = api(cast.bank).get(f"{URL}?{query}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [query.split("=")[0]])


def test_three_items_cost_as_many_queries_as_one(cast, api, pushed):
    client, spent = api(cast.bank), []
    client.post(f"{URL}{pushed.pk}/decision/", TERMS)
    for rows in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(URL).json()["results"]) == rows
        spent.append(len(queries))
        for _turn in range(2):
            made = stage.push(cast, at=timezone.now() - timedelta(hours=1))
            client.post(f"{URL}{made.pk}/decision/", TERMS)
    assert spent[0] == spent[1]


def test_the_whole_way_to_the_money(cast, api, pushed):
    bank, path = api(cast.bank), f"{URL}{pushed.pk}/"
    states = [bank.post(f"{path}{deed}/", body).json()["state"] for deed, body in DEEDS.items()]
    assert states == ["received", "contacted", "decided", "decided"]
    decision = bank.get(path).json()["decision"]
    assert (decision["annual_rate_pct"], [loan["amount_yuan"] for loan in decision["disbursements"]]) == (
        "3.8500", ["100000.00"],
    )  # fmt: skip


def test_the_telephone_number_is_given_while_the_firm_is_to_be_called(cast, api, pushed):
    bank, path = api(cast.bank), f"{URL}{pushed.pk}/"
    assert bank.get(path).json()["snapshot"]["contact"]["phone"] == "13800001234"
    answer = bank.post(f"{path}decision/", TERMS).json()
    assert answer["snapshot"]["contact"]["phone"] == "138****1234"


def test_an_unusual_rate_is_taken_and_doubted(cast, api, pushed):
    answer = api(cast.bank).post(f"{URL}{pushed.pk}/decision/", TERMS | {"annual_rate_pct": "12"})
    assert (answer.status_code, list(answer.json()["warnings"])) == (201, ["annual_rate_pct"])


def test_the_panel_of_the_district_confirms_and_another_does_not_know_of_it(cast, api, pushed):
    path = f"{URL}{pushed.pk}/"
    api(cast.bank).post(f"{path}decision/", {"outcome": "no_need"})
    word = {"is_confirmed": True}
    assert api(cast.panel_other).post(f"{path}confirmation/", word).status_code == 404
    assert api(cast.bank).post(f"{path}confirmation/", word).status_code == 403
    assert api(cast.panel).post(f"{path}confirmation/", word).json()["state"] == "decided"
    assert api(cast.panel).post(f"{path}confirmation/", word).status_code == 409


BAD = [
    None,
    "",
    "x",
    "\x00",
    -1,
    0,
    1e308,
    "NaN",
    "Infinity",
    10**40,
    "9" * 5000,
    [],
    {},
    [[]],
    True,
    "2026-02-30",
    "😀" * 600,
]


@pytest.mark.parametrize("value", BAD, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("deed", ["contact", "decision", "disbursements"])
def test_bad_values_in_any_field_are_refused_and_never_a_fault(cast, api, pushed, deed, value):
    client, path = api(cast.bank), f"{URL}{pushed.pk}/"
    if deed == "disbursements":
        client.post(f"{path}decision/", TERMS)
    names = ["at", "mode", "is_reached", "note"] if deed == "contact" else list(DEEDS[deed])
    if deed == "decision":
        names += [
            "product",
            "reason_code",
            "reason_text",
            "decided_on",
            "is_first_loan",
            "is_no_repay_renewal",
        ]
    statuses = {
        name: client.post(f"{path}{deed}/", DEEDS[deed] | {name: value}).status_code for name in names
    }
    assert {name: status for name, status in statuses.items() if status not in (201, 400, 409, 422)} == {}


@pytest.mark.parametrize("body", ["", "[]", "null", "1", '"x"', "{", '{"outcome":', "[[[[", '{"a":' * 200])
def test_a_body_that_is_no_object_is_refused(cast, api, pushed, body):
    answer = api(cast.bank).post(f"{URL}{pushed.pk}/decision/", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 40])
def test_an_id_that_is_not_there_is_404(cast, api, pk):
    assert api(cast.bank).get(f"{URL}{pk}/").status_code == 404


def test_the_same_key_decides_once_and_answers_twice(cast, api, pushed):
    client, path = api(cast.bank), f"{URL}{pushed.pk}/decision/"
    first, again = (client.post(path, TERMS, headers={"X-Idempotency-Key": "k1"}) for _turn in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert client.post(path, TERMS).json()["code"] == "already_decided"
