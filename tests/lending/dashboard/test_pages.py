"""What the dashboards show, how many statements they cost, and how they refuse."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Organisation
from lending.dashboard import queries
from lending.sla.calendar import day_of, end_of
from tests import factories as make
from tests.lending.dashboard import making
from tests.lending.dashboard.making import DAY

pytestmark = pytest.mark.django_db
# session and person 2; of the figures: funnels, clocks, terms, due by day, names of the banks, reasons 6; the choices of the
# filter 2; the last sweep 1. The district adds what waits (3) and the tasks (3, one of them the clocks of the cases); the city adds the
# names of its districts.
DISTRICT_STATEMENTS = 17
CITY_STATEMENTS = 12


@pytest.fixture(autouse=True)
def _any_day_of_the_year(monkeypatch):
    """In November and December the city is also told of a calendar that is missing, which costs a statement."""
    monkeypatch.setattr("lending.sla.queries.missing_calendar_year", lambda now: None)


def busy(cast, count):
    """As many cases in each state as `count` says."""
    now = timezone.now()
    for _ in range(count):
        under_review = making.case(
            make.business(at=cast.xuhui), by=cast.officer, at=now, stage="under_review"
        )
        making.clock(under_review, "panel_review", bound=cast.xuhui, at=now)
        for stage in ("authorised", "returned", "recommended"):
            making.case(make.business(at=cast.xuhui), by=cast.officer, at=now, stage=stage)
        for bank, state in ((cast.first_bank, "contacted"), (cast.other_bank, "confirming")):
            case = making.case(
                make.business(at=cast.xuhui), by=cast.officer, at=now - 9 * DAY, stage="with_bank"
            )
            making.push(case, bank=bank, by=cast.panel, at=now - 9 * DAY, due_at=now - DAY, state=state)
        declined = making.case(make.business(at=cast.xuhui), by=cast.officer, at=now, stage="declined")
        making.decide(
            making.push(declined, bank=cast.first_bank, by=cast.panel, at=now),
            "declined",
            by=cast.bank,
            at=now,
        )


@pytest.mark.parametrize("count", [1, 3])
def test_the_district_page_costs_the_same_statements_for_one_case_and_for_three(
    cast, web, django_assert_num_queries, count
):
    busy(cast, count)
    client = web(cast.panel)
    with django_assert_num_queries(DISTRICT_STATEMENTS):
        assert client.get("/district/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_city_page_costs_the_same_statements_for_one_case_and_for_three(
    cast, web, django_assert_num_queries, count
):
    busy(cast, count)
    client = web(cast.city)
    with django_assert_num_queries(CITY_STATEMENTS):
        assert client.get("/city/").status_code == 200


def test_a_day_of_work_lies_on_the_table_most_urgent_first(cast, web):
    now = timezone.now()
    today = making.case(
        make.business("今日到期商行", at=cast.xuhui), by=cast.officer, at=now - DAY, stage="with_bank"
    )
    making.push(today, bank=cast.first_bank, by=cast.panel, at=now - DAY, due_at=end_of(day_of(now)))
    late = making.case(
        make.business("超期商行", at=cast.xuhui), by=cast.officer, at=now - 9 * DAY, stage="with_bank"
    )
    making.push(late, bank=cast.first_bank, by=cast.panel, at=now - 9 * DAY, due_at=now - DAY)
    review = making.case(
        make.business("待审商行", at=cast.xuhui), by=cast.officer, at=now, stage="under_review"
    )
    making.clock(review, "panel_review", bound=cast.xuhui, at=now, due_at=now + 3 * DAY)
    making.case(make.business("待推送商行", at=cast.xuhui), by=cast.officer, at=now, stage="recommended")
    elsewhere = making.case(
        make.business("浦东商行", at=cast.pudong), by=cast.officer, at=now, stage="under_review"
    )
    context = web(cast.panel).get("/district/").context
    told = [(row["word"], row["name"]) for row in context["tasks"]]
    assert told == [
        ("银行超期", "超期商行"),
        ("银行今日到期", "今日到期商行"),
        ("待审核", "待审商行"),
        ("待推送", "待推送商行"),
    ]
    assert elsewhere.business.name not in [row["name"] for row in context["tasks"]]
    assert {tally["label"]: tally["value"] for tally in context["tallies"]} == {
        "待审核": 1, "待信用查询": 0, "退回待补": 0, "待推送": 1, "待确认反馈": 0, "银行今日到期": 1, "银行超期": 1,
    }  # fmt: skip


def test_an_empty_district_says_what_would_be_there(cast, web):
    page = web(cast.panel).get("/district/").content.decode()
    assert [
        word in page for word in ("手上没有待办", "还没有推荐给任何银行", "这段时间没有不予授信的决定")
    ] == [True] * 3


def test_figures_stand_beside_the_same_days_of_last_week(cast, web):
    now = timezone.now()
    for at in (now, now, now - 7 * DAY):
        making.visit(make.business(at=cast.xuhui), by=cast.officer, at=at)
    figure = web(cast.panel).get("/district/").context["figures"][0]
    assert (figure["value"], figure["change"].split("\u2003"), figure["trend"]) == (
        "3",
        ["本周\u00a02", "较上周\u00a0+1"],
        "up",
    )


@pytest.mark.parametrize("address", ["/district/", "/city/", "/district/figures/visited/"])
@pytest.mark.parametrize(
    "query", ["sorted=1", "period=year", "from=1", "bank=X", "list=X", "from=2026-02-01&to=2026-01-01"]
)
def test_what_cannot_be_read_is_refused_with_a_page(cast, web, address, query):
    who = cast.city if address == "/city/" else cast.panel
    answer = web(who).get(f"{address}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("query", ["sort=wealth", "banks=wealth"])
def test_a_column_that_is_not_there_cannot_be_sorted_by(cast, web, query):
    assert web(cast.city).get(f"/city/?{query}").status_code == 400


@pytest.mark.parametrize("address", ["due-on/", "due-on/?on=x", "due-on/?on=0001-01-01", "visited/?page=0", "visited/?page=x", "visited/?page=99999999999999999999",
        "visited/?page=00001" + "9" * 5000])  # fmt: skip
def test_a_list_behind_a_number_refuses_what_it_cannot_read(cast, web, address):
    assert web(cast.panel).get(f"/district/figures/{address}").status_code == 400


def test_the_table_of_districts_sorts_by_link_and_keeps_the_empty_ones_last(cast, web):
    now = timezone.now()
    for place, on_time in ((cast.xuhui, True), (cast.pudong, False)):
        case = making.case(make.business(at=place), by=cast.officer, at=now - 20 * DAY, stage="declined")
        pushed = making.push(
            case, bank=cast.first_bank, by=cast.panel, at=now - 20 * DAY, due_at=now - 5 * DAY
        )
        making.decide(pushed, "declined", by=cast.bank, at=now - (6 if on_time else 4) * DAY)
    orders = {
        order: [
            row["name"] for row in web(cast.city).get(f"/city/?sort={order}").context["districts"]["rows"][:2]
        ]
        for order in ("on_time_pct", "-on_time_pct", "-need", "need")
    }
    assert orders["on_time_pct"] == ["浦东新区", "徐汇区"]
    assert orders["-on_time_pct"] == ["徐汇区", "浦东新区"]
    assert len(web(cast.city).get("/city/").context["districts"]["rows"]) == 16


def test_dear_figures_are_kept_for_a_minute_and_the_page_says_as_of_when(cast, web, monkeypatch):
    monkeypatch.setattr(queries, "DEAR_SECONDS", 0)
    client = web(cast.panel)
    first = client.get("/district/").context
    making.visit(make.business(at=cast.xuhui), by=cast.officer, at=timezone.now())
    second = client.get("/district/").context
    assert (second["figures"][0]["value"], second["as_of"]) == ("0", first["as_of"])
    cache.clear()
    assert client.get("/district/").context["figures"][0]["value"] == "1"


def test_cheap_figures_are_always_the_latest(cast, web, monkeypatch):
    monkeypatch.setattr(queries, "DEAR_SECONDS", 60)  # a machine under load makes everything dear
    client = web(cast.panel)
    client.get("/district/")
    making.visit(make.business(at=cast.xuhui), by=cast.officer, at=timezone.now())
    assert client.get("/district/").context["figures"][0]["value"] == "1"


def test_the_map_says_each_districts_rate_and_leads_to_its_page(cast, web):
    now = timezone.now()
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, at=now - 20 * DAY, stage="with_bank")
    making.push(case, bank=cast.first_bank, by=cast.panel, at=now - 20 * DAY, due_at=now - 5 * DAY)
    drawn = {
        area["code"]: area for area in web(cast.city).get("/city/?period=quarter").context["map"]["areas"]
    }
    xuhui, pudong = drawn["310104"], drawn["310115"]
    assert (len(drawn), xuhui["tone"], xuhui["rate"], xuhui["overdue"]) == (16, "poor", "0%", 1)
    assert (pudong["tone"], pudong["rate"], pudong["url"]) == (
        "none",
        "—",
        "/district/?period=quarter&district=310115",
    )


def test_a_city_without_shapes_has_no_map(cast, web):
    Organisation.objects.filter(kind="district").update(is_active=False)
    assert web(cast.city).get("/city/").context["map"] is None
