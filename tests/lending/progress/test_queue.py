"""/district/cases/: who may look, what stands first, and what the address narrows."""

import re
from datetime import timedelta

import pytest

from accounts.roles import Role
from lending.models import FinancingCase
from lending.progress import queue
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from visits.models import Consent

pytestmark = pytest.mark.django_db
URL = "/district/cases/"


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def shown(client, query="") -> list[str]:
    page = client.get(URL + query)
    assert page.status_code == 200
    return re.findall(r'href="/district/cases/([0-9-]+)/"', page.content.decode())


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 302),
        ("officer", 403),
        ("bank", 403),
        ("auditor", 403),
        ("sysadmin", 403),
        ("panel", 200),
        ("city", 200),
    ],
)
def test_who_may_look(cast, web, who, status):
    assert web(getattr(cast, who) if who else None).get(URL).status_code == status


def test_the_city_sees_all_districts_and_a_team_its_own(cast, web):
    assert [b'name="district"' in web(who).get(URL).content for who in (cast.city, cast.panel)] == [
        True,
        False,
    ]
    here = story.visited(cast)
    walker = make.user("walker", Role.FIELD_OFFICER, make.branch(cast.first_bank, cast.pudong))
    there = story.visited(cast, of=make.business(at=cast.pudong), by=walker)
    assert (shown(web(cast.panel)), shown(web(cast.panel_other))) == ([here.number], [there.number])
    assert set(shown(web(cast.city))) == {here.number, there.number}
    assert shown(web(cast.city), "?district=310115") == [there.number]


def test_the_clock_that_ends_first_stands_first(cast, web):
    bank = story.pushed(cast, now=NOW - timedelta(days=2)).case  # due at the end of 3 December
    reviewed = story.looked_up(cast)  # three working days
    waiting = story.visited(cast)  # no clock
    late = story.pushed(cast, now=NOW - timedelta(days=20)).case
    assert shown(web(cast.panel)) == [late.number, reviewed.number, bank.number, waiting.number]
    assert shown(web(cast.panel), "?overdue=1") == [late.number]


def test_tabs_count_and_narrow(cast, web):
    story.visited(cast)
    story.visited(cast)
    story.looked_up(cast)
    page = web(cast.panel).get(URL).content.decode()
    tabs = re.findall(r'tabs__tab" href="([^"]+)"[^>]*>([^<]+)<span class="count[^"]*">(\d+)', page)
    assert tabs == [
        (URL, "在办", "3"), (f"{URL}?stage=authorised", "待信用查询", "2"), (f"{URL}?stage=under_review", "待审核", "1"),
        (f"{URL}?stage=closed", "已办结", "0"),
    ]  # fmt: skip
    assert len(shown(web(cast.panel), "?stage=authorised")) == 2


def test_a_search_finds_by_name_code_and_number(cast, web):
    wanted = story.visited(cast, of=make.business("上海望潮示范仪器有限公司"))
    story.visited(cast)
    panel = web(cast.panel)
    for words in (
        "望潮",
        wanted.number,
        wanted.number[-5:],
        wanted.business.credit_code,
        wanted.business.credit_code[:17].lower(),
    ):
        assert shown(panel, f"?q={words}") == [wanted.number]
    assert shown(panel, "?q=没有这家") == []


@pytest.mark.parametrize(
    "query",
    ["?stage=nowhere", "?stage=%00", "?page=0", "?page=-1", "?page=x", "?page=99999999999999", "?page=²", "?bank=%00", "?bank=nobody",
     "?q=%00", "?q=" + "长" * 3000, "?q=%25_\\", "?district=x", "?overdue=maybe", "?page=999", "?q=%ED%A0%80"],
)  # fmt: skip
def test_what_the_address_asks_in_vain_is_no_fault(cast, web, query):
    story.visited(cast)
    assert web(cast.panel).get(URL + query).status_code == 200


def test_pages_follow_each_other(cast, web, monkeypatch):
    monkeypatch.setattr(queue, "PAGE_SIZE", 2)
    cases = [story.visited(cast, now=NOW - timedelta(minutes=9 - n)).number for n in range(3)]
    assert (shown(web(cast.panel)), shown(web(cast.panel), "?page=2")) == (cases[:2], cases[2:])
    assert 'href="/district/cases/?page=2"' in web(cast.panel).get(URL).content.decode()


def test_flags_ask_for_attention(cast, web):
    clean = story.looked_up(cast)
    adverse = story.visited(cast)
    story.credit_item(adverse.business, is_adverse=True)
    story.look_up(case=adverse, by=cast.panel, now=NOW)
    Consent.objects.filter(business=adverse.business).update(withdrawn_at=NOW)
    rows = {row["number"]: row for row in queue.queue(cast.panel, queue.Asked(), NOW)["rows"]}
    assert [flag["label"] for flag in rows[clean.number]["flags"]] == []
    assert [flag["label"] for flag in rows[adverse.number]["flags"]] == ["有不利信息", "没有有效授权"]
    later = {
        row["number"]: row for row in queue.queue(cast.panel, queue.Asked(), NOW + timedelta(days=30))["rows"]
    }
    assert [flag["label"] for flag in later[clean.number]["flags"]] == ["信用查询已过期"]


def test_a_consent_taken_back_from_the_team_alone_is_flagged_until_a_bank_has_the_case(cast):
    before, after = story.looked_up(cast), story.pushed(cast)
    after = getattr(after, "case", after)
    taken_back = Consent.objects.filter(recipient__kind="district")
    assert taken_back.update(withdrawn_at=NOW + timedelta(minutes=1)) >= 2
    rows = queue.queue(cast.panel, queue.Asked(), NOW + timedelta(minutes=2))["rows"]
    flagged = {row["number"]: "没有有效授权" in [flag["label"] for flag in row["flags"]] for row in rows}
    assert flagged == {before.number: True, after.number: False}


def test_the_queue_costs_the_same_for_one_and_three(cast, web, django_assert_num_queries):
    panel = web(cast.panel)
    for count, extra in ((1, 1), (3, 2)):
        for _ in range(extra):
            story.pushed(cast)
        with django_assert_num_queries(8):
            assert len(shown(panel)) == count
    assert FinancingCase.objects.count() == 3
