"""接收, 首次对接 and 放款 where people work: beside the decision's clock on both pages of a case, and in the inbox."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from lending.bank_decision import services
from lending.models import Deadline
from tests.factories import NOW
from tests.lending.bank_decision.test_steps_of_a_bank import (
    CONTACTED_BY,
    HOUR,
    RECEIVED_BY,
    SECOND,
    approve,
    pushed,
)

pytestmark = pytest.mark.django_db
INBOX = "/admin/lending/recommendation/"


@pytest.fixture
def push(cast):
    return pushed(cast)


@pytest.fixture
def look(web, monkeypatch):
    """look(user, address, at) is the page as it is then."""

    def page(user, address: str, at=NOW + HOUR) -> str:
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        answer = web(user).get(address)
        assert answer.status_code == 200
        return answer.content.decode()

    return page


def pages(push) -> tuple[str, str]:
    return f"{INBOX}{push.pk}/change/", f"/district/cases/{push.case.number}/"


def shown(html: str) -> list[tuple[str, ...]]:
    """(what and whose, how long, address) of each clock in the list, as it stands there."""
    found = re.findall(r'<li class="interim__clock">(.*?)</li>', html, re.S)
    return [
        (
            strip_tags(re.search(r'interim__kind">(.*?)</span>', one)[1]),
            strip_tags(re.search(r'chip__label">(.*?)</span>', one)[1]),
            re.search(r'<a href="([^"]+)"', one)[1],
        )
        for one in found
    ]


def address(push, kind: str) -> str:
    clock = Deadline.objects.get(case=push.case, kind=kind, bound=push.bank)
    return f"/deadlines/{clock.pk}/"


def late_in(html: str) -> list[str]:
    return re.findall(r"(\w+超时)</span>", html)


@pytest.mark.parametrize("place", [0, 1])
def test_the_open_steps_stand_beside_the_decision_and_lead_to_their_explanation(cast, look, push, place):
    user, where = (cast.bank, cast.panel)[place], pages(push)[place]
    both = [
        ("接收", "剩 4 天", address(push, "receipt")), ("首次对接", "剩 7 天", address(push, "contact")),
    ]  # fmt: skip
    assert shown(look(user, where)) == both
    for _kind, _left, explained in both:
        look(user, explained)
    services.receive(recommendation=push, by=cast.bank, now=NOW + HOUR)
    assert shown(look(user, where)) == both[1:]


@pytest.mark.parametrize("place", [0, 1])
def test_a_late_step_stands_first_and_the_decision_keeps_its_own_clock(cast, look, push, place):
    Deadline.objects.filter(kind="contact").update(due_at=RECEIVED_BY - 24 * HOUR)
    html = look((cast.bank, cast.panel)[place], pages(push)[place], RECEIVED_BY - SECOND)
    assert [clock[:2] for clock in shown(html)] == [("首次对接", "超期 1 天"), ("接收", "今天到期")]
    assert html.index(f"/deadlines/{push.deadline_id}/") < html.index(address(push, "contact"))


@pytest.mark.parametrize("place", [0, 1])
def test_after_an_approval_it_is_the_disbursement(cast, look, push, place):
    approve(push, cast.bank)
    html = look((cast.bank, cast.panel)[place], pages(push)[place])
    assert shown(html) == [("放款", "剩 30 天", address(push, "disbursement"))]


def test_a_bank_reads_its_own_steps_and_the_team_those_of_each_bank_by_name(cast, look):
    push = pushed(cast, cast.first_bank, cast.other_bank)
    bank, panel = pages(push)
    assert [clock[0] for clock in shown(look(cast.bank, bank))] == ["接收", "首次对接"]
    assert [clock[0] for clock in shown(look(cast.city, bank))] == ["接收", "首次对接"]
    names = sorted(clock[0] for clock in shown(look(cast.panel, panel)))
    both = (cast.first_bank.name, cast.other_bank.name)
    assert names == sorted(f"{kind} · {bank}" for kind in ("接收", "首次对接") for bank in both)


@pytest.mark.parametrize("place", [0, 1])
def test_they_cost_no_statement_more(cast, look, push, place):
    user, where, spent = (cast.bank, cast.panel)[place], pages(push)[place], []
    for clocks in (2, 0):
        with CaptureQueriesContext(connection) as seen:
            assert len(shown(look(user, where))) == clocks
        spent.append(len(seen))
        Deadline.objects.exclude(pk=push.deadline_id).delete()
    assert spent[0] == spent[1]


@pytest.mark.parametrize("where", [INBOX, "/admin/"])
def test_a_row_whose_step_has_run_out_is_marked_from_that_very_second(cast, look, push, where):
    assert late_in(look(cast.bank, where, RECEIVED_BY - SECOND)) == []
    assert late_in(look(cast.bank, where, RECEIVED_BY)) == ["接收超时"]
    assert late_in(look(cast.bank, where, CONTACTED_BY)) == ["接收超时", "首次对接超时"]
    services.receive(recommendation=push, by=cast.bank, now=CONTACTED_BY)
    assert late_in(look(cast.bank, where, CONTACTED_BY)) == ["首次对接超时"]


def test_what_another_bank_lets_run_out_marks_no_row(cast, look):
    push = pushed(cast, cast.first_bank, cast.other_bank)
    services.receive(recommendation=push, by=cast.bank, now=NOW + HOUR)
    assert late_in(look(cast.bank, INBOX, RECEIVED_BY)) == []
    assert late_in(look(cast.bank_other, INBOX, RECEIVED_BY)) == ["接收超时"]


@pytest.mark.parametrize("where", [INBOX, "/admin/"])
def test_three_marked_rows_cost_as_many_statements_as_one(cast, look, where):
    spent = []
    for rows, more in ((1, 1), (3, 2)):
        for _ in range(more):
            pushed(cast)
        with CaptureQueriesContext(connection) as seen:
            assert len(late_in(look(cast.bank, where, RECEIVED_BY))) == rows
        spent.append(len(seen))
    assert spent[0] == spent[1]
