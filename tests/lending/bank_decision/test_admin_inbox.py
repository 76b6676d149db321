"""The inbox: heaps, order, search, and what can be done from the list."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lending.models import Recommendation
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
INBOX = "/admin/lending/recommendation/"


def ago(days: float):
    return timezone.now() - timedelta(days=days, hours=1)


def numbers(answer) -> list[str]:
    return [row.case.number for row in answer.context["cl"].result_list]


def counts(answer) -> dict[str, int]:
    return {str(tab["label"]): tab["count"] for tab in answer.context["tabs"] if tab["count"]}


def choices(answer, title: str) -> list[str]:
    (spec,) = (spec for spec in answer.context["cl"].filter_specs if spec.field_path == title)
    (choice,) = spec.choices(answer.context["cl"])
    return [str(value) for value, _label in next(iter(choice["form"].fields.values())).choices]


def test_the_most_urgent_stands_first_and_every_heap_says_how_high_it_is(cast, web):
    new, late, soon = stage.push(cast, at=ago(0)), stage.push(cast, at=ago(20)), stage.push(cast, at=ago(13))
    received = stage.push(cast, at=ago(5), state="received")
    stage.push(cast, at=ago(6), state="decided")
    stage.push(cast, to=cast.other_bank, at=ago(1))
    answer = web(cast.bank).get(INBOX)
    assert numbers(answer) == [row.case.number for row in (late, soon, received, new)]
    assert counts(answer) == {
        "全部待办": 4, "待接收": 3, "待对接": 1, "三日内到期": 1, "超期": 1, "已决定": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tab", "found"), [("late", 1), ("soon", 1), ("pushed", 3), ("received", 0), ("decided", 0)]
)
def test_a_tab_shows_its_heap(cast, web, tab, found):
    for days in (0, 20, 13):
        stage.push(cast, at=ago(days))
    assert len(numbers(web(cast.bank).get(f"{INBOX}?tab={tab}"))) == found


def test_what_was_granted_and_not_paid_has_a_heap_of_its_own(cast, web, api):
    pushed, client = stage.push(cast, at=ago(1)), api(cast.bank)
    terms = {
        "outcome": "approved",
        "credit_line_yuan": "500000",
        "annual_rate_pct": "4",
        "term_months": 6,
        "guarantee": "credit",
    }
    client.post(f"/api/v1/recommendations/{pushed.pk}/decision/", terms)
    page = f"{INBOX}?tab=unpaid"
    assert numbers(web(cast.bank).get(page)) == [pushed.case.number]
    client.post(
        f"/api/v1/recommendations/{pushed.pk}/disbursements/", {"amount_yuan": "1", "annual_rate_pct": "4"}
    )
    assert numbers(web(cast.bank).get(page)) == []


@pytest.mark.parametrize("term", ["青禾", "MADE", "３１０１０４", "number"])
def test_search_finds_by_name_code_and_number(cast, web, term):
    pushed = stage.push(cast, stage.case(cast, name="上海青禾示范商贸1号有限公司", at=ago(1)), at=ago(1))
    asked = pushed.case.number if term == "number" else term
    assert numbers(web(cast.bank).get(INBOX, {"q": asked})) == [pushed.case.number]
    assert numbers(web(cast.bank).get(INBOX, {"q": "没有这家"})) == []


def test_three_rows_cost_as_many_queries_as_one(cast, web):
    client, spent = web(cast.bank), []
    stage.push(cast, at=ago(1))
    for rows in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            assert len(numbers(client.get(INBOX))) == rows
        spent.append(len(queries))
        stage.push(cast, at=ago(2))
        stage.push(cast, at=ago(3))
    assert spent[0] == spent[1]


def test_a_row_is_received_from_the_list_and_the_list_stays_as_it_was(cast, web):
    pushed = stage.push(cast, at=ago(1))
    answer = web(cast.bank).post(f"{INBOX}{pushed.pk}/receive/?tab=pushed")
    assert answer.url == f"{INBOX}?tab=pushed"
    assert Recommendation.objects.get(pk=pushed.pk).state == "received"
    assert web(cast.bank).get(f"{INBOX}{pushed.pk}/receive/").status_code == 405


def test_many_are_received_at_once_and_those_refused_are_named(cast, web):
    good, gone = stage.push(cast, at=ago(1)), stage.push(cast, at=ago(1))
    Recommendation.objects.filter(pk=gone.pk).update(state="withdrawn")
    body = {"action": "receive_many", "_selected_action": [good.pk, gone.pk]}
    # both are ticked on a page that was loaded before one of them was withdrawn
    answer = web(cast.bank).post(INBOX, body, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said == ["已接收 1 笔。"]
    Recommendation.objects.filter(pk=gone.pk).update(state="withdrawn")
    answer = web(cast.bank).post(f"{INBOX}?tab=withdrawn", body, follow=True)
    assert [gone.case.number in str(message) for message in answer.context["messages"]] == [True]


@pytest.mark.parametrize(
    ("person", "actions"),
    [("bank", ["receive_many"]), ("bankhead", ["receive_many", "allot_many"]), ("city", [])],
)
def test_each_role_finds_only_its_own_actions(cast, web, person, actions):
    stage.push(cast, at=ago(1))
    form = web(getattr(cast, person)).get(INBOX).context["action_form"]
    offered = [name for name, _label in form.fields["action"].choices if name] if form else []
    assert offered == actions


def test_the_city_reads_the_inbox_and_receives_nothing(cast, web):
    pushed = stage.push(cast, at=ago(1))
    assert numbers(web(cast.city).get(INBOX)) == [pushed.case.number]
    assert web(cast.city).post(f"{INBOX}{pushed.pk}/receive/").status_code == 403


def test_the_coordinator_allots_ticked_rows_to_a_branch(cast, web):
    pushed, client = stage.push(cast, at=ago(1)), web(cast.bankhead)
    body = {"action": "allot_many", "_selected_action": pushed.pk}
    page = client.post(INBOX, body)
    assert [branch.pk for branch in page.context["form"].fields["branch"].queryset] == [cast.branch.pk]
    client.post(INBOX, body | {"apply": 1, "branch": cast.branch.pk})
    assert Recommendation.objects.get(pk=pushed.pk).branch == cast.branch


def test_the_first_page_says_what_to_do_first(cast, web):
    late = stage.push(cast, at=ago(20))
    stage.push(cast, at=ago(1))
    answer = web(cast.bank).get("/admin/")
    assert next(item["row"].pk for item in answer.context["first_rows"]) == late.pk
    assert {str(f["label"]): f["value"] for f in answer.context["figures"] if f["value"]} == {
        "待接收": 2,
        "超期": 1,
    }
