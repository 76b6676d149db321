"""Every number leads to a list that is as long as the number says."""

import re

import pytest
from django.utils import timezone

from lending.dashboard.behind import PAGE_SIZE
from tests import factories as make
from tests.lending.dashboard import making
from tests.lending.dashboard.making import DAY
from visits.models import BusinessList, ListMembership

pytestmark = pytest.mark.django_db
LINK = re.compile(r'href="(/(?:district|city)/figures/[^"]+)"[^>]*>(.*?)</a>', re.S)
TOTAL = re.compile(r'<h1>.*?<span class="muted">(\d+)</span></h1>', re.S)
NOT_A_COUNT = re.compile(r'<td class="num compare__(?:wan|pct|days|rate)[^"]*">.*?</td>', re.S)
TAG = re.compile(r"<[^>]+>")


@pytest.fixture
def busy(cast):
    """A district with something behind nearly every number, as of now."""
    now = timezone.now()

    def started(bank, at, due_at, state="contacted"):
        firm = make.business(at=cast.xuhui)
        ListMembership.objects.create(business=firm, list=BusinessList.objects.first())
        case = making.case(firm, by=cast.officer, at=at, stage="with_bank")
        making.consent(case.origin_visit, bank=bank, at=at)
        return making.push(case, bank=bank, by=cast.panel, at=at, due_at=due_at, state=state)

    for bank, days in (
        (cast.first_bank, 2),
        (cast.first_bank, -1),
        (cast.other_bank, 9),
        (cast.other_bank, -3),
    ):
        started(bank, now - 12 * DAY, now + days * DAY)
    started(cast.first_bank, now - 2 * DAY, now + 5 * DAY, state="confirming")
    declined = started(cast.other_bank, now - 9 * DAY, now + 6 * DAY)
    making.decide(declined, "declined", by=cast.bank_other, at=now - 2 * DAY)
    late = started(cast.first_bank, now - 20 * DAY, now - 5 * DAY)
    granted = making.decide(late, "approved", by=cast.bank, at=now - 2 * DAY, is_first_loan=True)
    making.pay(granted, by=cast.bank, at=now, yuan="10000.00")
    for _ in range(3):
        making.visit(make.business(at=cast.xuhui), by=cast.officer, at=now - DAY)
    making.visit(make.business(at=cast.pudong), by=cast.officer, at=now - DAY)


def numbers_of(page: str) -> list[tuple[str, list[str]]]:
    """(address, words) of every link that shows a count; amounts and rates lead to lists that are counted elsewhere."""
    page = NOT_A_COUNT.sub("", page).replace("\u202f", "")
    links = [
        (address.replace("&amp;", "&"), TAG.sub(" ", inner).split()) for address, inner in LINK.findall(page)
    ]
    return [(address, words) for address, words in links if any(word.isdigit() for word in words)]


def total_behind(client, address: str) -> int:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return int(TOTAL.search(answer.content.decode()).group(1))


@pytest.mark.parametrize(("who", "address"), [("panel", "/district/"), ("city", "/city/"), ("city", "/district/?district=310104"),
                                               ("panel", "/district/?period=month"), ("panel", "/district/?bank=DEMO-B1")])  # fmt: skip
def test_every_number_of_the_page_is_as_long_as_the_list_behind_it(busy, cast, web, who, address):
    client = web(getattr(cast, who))
    page = client.get(address).content.decode()
    links = numbers_of(page)
    wrong = [(url, words) for url, words in links if str(total_behind(client, url)) not in words]
    assert wrong == []
    assert len(links) > 20


@pytest.mark.parametrize(("rows", "pages"), [(PAGE_SIZE, [PAGE_SIZE]), (PAGE_SIZE + 1, [PAGE_SIZE, 1])])
def test_a_long_list_comes_in_pages(cast, web, rows, pages):
    for _ in range(rows):
        making.visit(make.business(at=cast.xuhui), by=cast.officer)
    client, address, seen = web(cast.panel), "/district/figures/visited/", []
    while address:
        page = client.get(address).content.decode()
        seen.append(page.count('<th scope="row"'))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following.group(1).replace("&amp;", "&") if following else ""
    assert seen == pages


def test_a_list_past_its_end_is_empty_and_says_so(busy, cast, web):
    page = web(cast.panel).get("/district/figures/visited/?page=9").content.decode()
    assert (page.count('<th scope="row"'), "这里没有记录" in page) == (0, True)


def test_a_case_of_another_district_is_not_named_beside_the_firm(cast, web):
    firm = make.business(at=cast.pudong)
    elsewhere = making.case(firm, by=cast.officer)
    making.visit(firm, by=cast.officer, district=cast.xuhui)
    page = web(cast.panel).get("/district/figures/visited/").content.decode()
    assert (firm.name in page, elsewhere.number in page) == (True, False)
