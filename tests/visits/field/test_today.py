"""The officer's first page with its marks, chips, order and progress."""

import re
import uuid
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.clock import SHANGHAI, day_of
from accounts.roles import Role
from tests import factories as make
from visits.models import Assignment, BusinessList, ListMembership, Visit, VisitPolicy
from visits.protection import services

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def walk(cast):
    """`walk(name, list=…, grid=…)` makes a business that the officer is to visit."""

    def business(name: str, *, on: str = "sole_trader", grid=None, **facts):
        grid, row = grid or make.grid(cast.xuhui), BusinessList.objects.get(code=on)
        one = make.business(name, grid=grid, **facts)
        ListMembership.objects.create(business=one, list=row)
        facts = {"bank": cast.first_bank, "officer": cast.officer, "starts_on": "2026-01-01"}
        Assignment.objects.get_or_create(list=row, grid=grid, defaults=facts)
        return one

    return business


@pytest.fixture
def rival(cast):
    return make.user("rival", Role.FIELD_OFFICER, make.branch(cast.other_bank, cast.xuhui), "郭访")


def visited(business, officer, days_ago: float, outcome="no_need", **facts) -> Visit:
    at = timezone.now() - days_ago * DAY
    return Visit.objects.create(
        id=uuid.uuid4(), business=business, officer=officer, organisation=officer.organisation, mode="on_site",
        district=business.district, outcome=outcome, started_at=at, recorded_at=at, content_digest="x", **facts,
    )  # fmt: skip


def names(context) -> list[str]:
    return [row["name"] for row in context["rows"]]


def labels(row: dict) -> list[str]:
    return [str(mark["label"]) for mark in row["marks"]]


def short(day: date) -> str:
    return f"{day.month}月{day.day}日"


def test_the_marks_say_who_was_there_who_wants_peace_and_how_often_one_came_in_vain(cast, web, walk, rival):
    here, now = walk("测试米店"), timezone.now()
    visited(here, rival, 9)
    services.ask_do_not_disturb(business=here, until_on=day_of(now) + 10 * DAY, now=now)
    tried = walk("测试面馆")
    for days in (2, 1):
        visited(tried, cast.officer, days, "unreachable")
    page = web(cast.officer).get("/m/").context
    marked = {row["name"]: labels(row) for row in page["rows"]}
    assert marked == {"测试面馆": ["联系不上 2/3"]}  # the other one was visited
    (done,) = web(cast.officer).get("/m/?show=done").context["rows"]
    assert labels(done) == [f"勿扰至{short(day_of(now) + 10 * DAY)}", "9天前申浦示范银行走访过"]


def test_a_row_says_the_day_and_the_bank_of_a_visit_and_nothing_of_what_was_said(cast, web, walk, rival):
    visited(walk("测试米店"), rival, 5, "deferred", note="老板说要三百万")
    page = web(cast.officer).get("/m/").content.decode()
    assert ("5天前申浦示范银行走访过" in page, "三百万" in page) == (True, False)


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_visit_that_found_no_firm_at_the_address_is_no_visit_of_ours(cast, web, rival, is_ours):
    firm = make.business("测试面馆")
    visited(firm, rival, 9)
    visited(firm, cast.officer if is_ours else rival, 3, "wrong_address")
    (row,) = web(cast.officer).get("/m/", {"search": "面馆"}).context["found"]
    assert labels(row) == ["9天前申浦示范银行走访过", "主办行:申浦示范银行", "上次:地址不符"]


def test_a_firm_stays_on_the_list_until_it_was_tried_on_enough_days(cast, web, walk):
    shop, client = walk("测试米店"), web(cast.officer)
    seen = []
    for days_ago in (5, 4.001, 3.9):  # the last two may be one day or two
        visited(shop, cast.officer, days_ago, "unreachable")
    Visit.objects.all().delete()
    for hour in (
        "2026-11-10T23:59+08:00",
        "2026-11-10T08:00+08:00",
        "2026-11-11T00:00+08:00",
        "2026-11-12T09:00+08:00",
    ):
        at = datetime.fromisoformat(hour)
        one = visited(shop, cast.officer, 0, "unreachable")
        Visit.objects.filter(pk=one.pk).update(started_at=at, recorded_at=at)
        shown = client.get("/m/?show=again").context["rows"] or client.get("/m/?show=gone").context["rows"]
        seen.append(labels(shown[0]))
    assert seen == [["联系不上 1/3"], ["联系不上 1/3"], ["联系不上 2/3"], ["联系不上(已试3天)"]]
    assert client.get("/m/").context["rows"] == []


def test_being_met_once_starts_the_count_anew(cast, web, walk):
    shop = walk("测试米店")
    for days, outcome in ((9, "unreachable"), (8, "unreachable"), (7, "deferred"), (2, "unreachable")):
        visited(shop, cast.officer, days, outcome)
    (row,) = web(cast.officer).get("/m/").context["rows"]
    assert "联系不上 1/3" in labels(row)


def test_an_annulled_attempt_counts_for_nothing(cast, web, walk):
    shop = walk("测试米店")
    visited(shop, cast.officer, 3, "unreachable")
    visited(
        shop,
        cast.officer,
        2,
        "unreachable",
        annulled_at=timezone.now(),
        annulled_by=cast.officer,
        annulled_reason="误登",
    )
    (row,) = web(cast.officer).get("/m/").context["rows"]
    assert labels(row) == ["联系不上 1/3"]


def test_the_districts_own_policy_says_how_many_days(cast, web, walk):
    VisitPolicy.objects.create(district=cast.xuhui, effective_from=date(2026, 1, 1), unreachable_days=2)
    shop = walk("测试米店")
    for days in (2, 1):
        visited(shop, cast.officer, days, "unreachable")
    page = web(cast.officer).get("/m/").context
    assert (page["rows"], page["whole"]) == ([], {"done": 1, "gone": 1, "total": 1})


def test_what_was_tried_in_vain_today_is_no_visit_and_stands_last_among_what_is_to_be_called_on_again(
    cast, web, walk
):
    visited(walk("测试米店"), cast.officer, 0, "unreachable")
    visited(walk("测试面馆"), cast.officer, 3, "deferred")
    visited(walk("测试茶庄"), cast.officer, 0)
    client = web(cast.officer)
    page, again = client.get("/m/").context, client.get("/m/?show=again").context
    assert names(page) == names(again) == ["测试面馆", "测试米店"]
    assert ([row["name"] for row in page["done"]], page["tried_today"]) == (["测试茶庄"], 1)
    shown = {str(chip["label"]): chip["count"] for chip in page["shows"]}
    recount = {
        "已走访": Visit.objects.exclude(outcome__in=("unreachable", "deferred")).values("business").distinct().count(),
        "待走访": 2, "再次联系": 2,
    }  # fmt: skip
    assert (shown, page["whole"]) == (recount, {"done": 1, "gone": 0, "total": 3})
    assert [row["is_done"] for row in page["rows"]] == [False, False]


def test_where_the_register_has_no_positions_the_page_says_so(cast, web, walk):
    walk("测试米店")
    client = web(cast.officer)
    answer = client.post("/m/near/", {"lat": "31.2", "lon": "121.4", "query": ""})
    assert "名录中没有坐标" in client.get(answer.url).content.decode()


def test_the_longest_unvisited_come_first(cast, web, walk):
    old, fresh = walk("早先的店"), walk("近日的店")
    walk("没去过的店")
    visited(fresh, cast.officer, 10, "deferred")
    visited(old, cast.officer, 40, "deferred")
    assert names(web(cast.officer).get("/m/").context) == ["没去过的店", "早先的店", "近日的店"]


def test_nearest_first_after_a_tap_and_the_address_holds_no_position(cast, web, walk):
    walk("远的店", lat="31.25", lon="121.40")
    walk("近的店", lat="31.2003", lon="121.4000")
    walk("没有坐标的店")
    client = web(cast.officer)
    answer = client.post(
        "/m/near/", {"lat": "31.2000123", "lon": "121.4000456", "query": "show=open&page=3&order="}
    )
    assert answer.url == "/m/?show=open&order=near"
    page = client.get(answer.url).context
    assert [(row["name"], row["distance"]) for row in page["rows"]] == [
        ("近的店", "30 m"),
        ("远的店", "5.6 km"),
        ("没有坐标的店", ""),
    ]
    assert client.session["near"][:2] == [31.2, 121.4]  # to about 100 m


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"lat": "", "lon": ""},
        {"lat": "nan", "lon": "1"},
        {"lat": "91", "lon": "0"},
        {"lat": "x", "lon": "\x00"},
        {"lat": "1e999", "lon": "0"},
    ],
)
def test_a_position_that_is_none_changes_nothing(cast, web, walk, said):
    walk("测试米店")
    client = web(cast.officer)
    answer = client.post("/m/near/", said)
    assert (answer.status_code, answer.url, "near" in client.session) == (302, "/m/?", False)
    assert names(client.get("/m/?order=near").context) == ["测试米店"]


def test_grid_and_list_narrow_the_list_and_the_chips_count_alike(cast, web, walk):
    second = make.grid(cast.xuhui, "310104-G2")
    walk("一网个体"), walk("一网科技", on="patent_pilot"), walk("二网个体", grid=second)
    client = web(cast.officer)
    page = client.get("/m/").context
    assert [[(chip["label"], chip["count"]) for chip in page[kind]] for kind in ("grids", "lists")] == [
        [("一号网格", 2), ("一号网格", 1)],
        [
            (row.name, {"patent_pilot": 1, "sole_trader": 2}[row.code])
            for row in BusinessList.objects.filter(code__in=("patent_pilot", "sole_trader")).order_by(
                "position"
            )
        ],
    ]
    for kind in ("grids", "lists", "shows"):
        for chip in page[kind]:
            assert (
                client.get(f"/m/{chip['url'].removeprefix('/m/')}").context["pager"]["total"] == chip["count"]
            )
    assert names(client.get("/m/?grid=310104-G2&list=sole_trader").context) == ["二网个体"]


@pytest.mark.parametrize(
    "query",
    ["show=x", "grid=no", "list=no", "page=x", "page=-1", "page=999", "order=x", "order=near", "grid=%00"],
)
def test_an_address_that_makes_no_sense_shows_the_list(cast, web, walk, query):
    walk("测试米店")
    assert names(web(cast.officer).get(f"/m/?{query}").context) == ["测试米店"]


def test_an_assignment_that_has_not_begun_or_is_over_is_not_shown(cast, web, walk):
    walk("测试米店")
    for facts in (
        {"starts_on": day_of(timezone.now()) + DAY},
        {"starts_on": "2026-01-01", "ends_on": day_of(timezone.now()) - DAY},
    ):
        Assignment.objects.update(**facts)
        assert names(web(cast.officer).get("/m/").context) == []


def test_thousands_come_page_by_page_at_the_same_number_of_queries(cast, web, walk):
    counts = []
    for number in (1, 34):
        for one in range(number):
            walk(f"店{number}-{one}")
        client = web(cast.officer)
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/m/").context
        counts.append(len(asked))
    assert (counts[0] == counts[1], len(page["rows"]), page["pager"]["next_url"]) == (True, 30, "?page=2")
    assert len(client.get("/m/?page=2").context["rows"]) == 5


def test_search_shows_the_same_marks(cast, web, rival):
    visited(make.business("测试面馆"), rival, 3)
    (row,) = web(cast.officer).get("/m/", {"search": "面馆"}).context["found"]
    assert labels(row) == ["3天前申浦示范银行走访过", "主办行:申浦示范银行"]


def test_the_form_says_before_the_visit_what_stands_against_it_and_asks_why(cast, web, walk, rival):
    shop, now = walk("测试米店"), timezone.now()
    visited(shop, rival, 3)
    services.ask_do_not_disturb(business=shop, until_on=day_of(now) + DAY, now=now)
    page = web(cast.officer).get(f"/m/visit/{shop.credit_code}/")
    said = [line["text"] for line in page.context["protection"]["lines"]]
    on, until = day_of(now) - 3 * DAY, day_of(now) + 27 * DAY
    assert said == [
        f"企业主要求勿扰,至{short(day_of(now) + DAY)}(含)。",
        f"申浦示范银行{short(on)}走访过,冷静期至{short(until)}。",
    ]
    assert page.context["protection"]["asks_reason"] is True


def test_a_phone_page_holds_no_moment_before_it_is_asked(cast, web, walk):
    """No script of the page asks for a position by itself."""
    walk("测试米店")
    text = web(cast.officer).get("/m/").content.decode()
    assert re.findall(r"<form[^>]*data-near[^>]*hidden", text)


def test_days_are_those_of_shanghai(cast, web, walk):
    shop = walk("测试米店")
    one = visited(shop, cast.officer, 0, "unreachable")
    for moment in ("2026-11-10T15:59:59Z", "2026-11-10T16:00:00Z"):
        at = datetime.fromisoformat(moment)
        Visit.objects.filter(pk=one.pk).update(started_at=at, recorded_at=at)
        one = visited(shop, cast.officer, 0, "unreachable")
    Visit.objects.filter(pk=one.pk).delete()
    (row,) = web(cast.officer).get("/m/").context["rows"]
    assert labels(row) == ["联系不上 2/3"]
    assert {visit.started_at.astimezone(SHANGHAI).day for visit in Visit.objects.all()} == {10, 11}


def test_an_annulled_visit_brings_the_business_back_and_counts_in_no_progress(cast, web, walk):
    one = visited(walk("测试米店"), cast.officer, 2)
    client = web(cast.officer)
    before = client.get("/m/").context
    client.post(f"/m/visits/{one.pk}/annul/", {"reason": "登记错了"})
    after = client.get("/m/").context
    assert [(names(page), page["whole"]["done"]) for page in (before, after)] == [([], 1), (["测试米店"], 0)]
