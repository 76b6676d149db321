"""What the API answers, and how it refuses."""

from datetime import timedelta

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests import factories as make
from tests.factories import NOW
from tests.lending.dashboard import making

pytestmark = pytest.mark.django_db
CALLS = ["funnel", "sla", "banks"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("distrct=310104", "distrct"), ("from=yesterday", "from"), ("to=2026-13-01", "to"), ("from=1899-01-01", "from"),
        ("from=2026-11-02&to=2026-11-01", "to"), ("bank=NOBODY", "bank"), ("list=none", "list"), ("bank=%00", "bank"),
        ("list=%00", "list"), ("period=decade", "period"), ("from=%00", "from"), (f"bank={'9' * 5000}", "bank"),
        ("list=%F0%9F%8F%A6%27%22;--", "list"), ("sort=visited", "sort"), ("to=9999-12-31", "to"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(cast, api, call, query, field):
    answer = api(cast.city).get(f"/api/v1/dashboard/{call}/?{query}")
    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (
        400,
        "invalid",
        [field],
    )


@pytest.mark.parametrize(
    "query", ["district=%00", "district=" + "1" * 5000, "district=DEMO-B1", "district=徐汇"]
)
@pytest.mark.parametrize("call", CALLS)
def test_a_district_that_is_not_there_is_not_found(cast, api, call, query):
    assert api(cast.city).get(f"/api/v1/dashboard/{call}/?{query}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_figures_are_only_read(cast, api, method):
    answer = getattr(api(cast.city), method)("/api/v1/dashboard/funnel/", {}, HTTP_X_IDEMPOTENCY_KEY="k")
    assert answer.status_code == 405


def test_the_funnel_says_firms_times_amounts_and_conversion(cast, api):
    firm = make.business(at=cast.xuhui)
    making.visit(firm, by=cast.officer)
    making.visit(make.business(at=cast.xuhui), by=cast.officer)
    case = making.case(firm, by=cast.officer, stage="approved")
    making.decide(
        making.push(case, bank=cast.first_bank, by=cast.panel),
        "approved",
        by=cast.bank,
        at=NOW,
        yuan="123456.78",
    )
    answer = api(cast.panel).get("/api/v1/dashboard/funnel/").json()
    rows = [
        tuple(row[name] for name in ("step", "firms", "times", "amount_yuan", "conversion_pct"))
        for row in answer["steps"]
    ]
    assert rows == [
        ("visited", 2, 3, None, None), ("need", 1, 1, None, 50.0), ("authorised", 0, 0, None, 0.0),
        ("recommended", 1, 1, None, None), ("granted", 1, 1, "123456.78", 100.0), ("disbursed", 0, 0, "0.00", 0.0),
    ]  # fmt: skip
    assert (answer["district"], answer["bank"], answer["from"], answer["to"]) == ("310104", None, None, None)


def test_with_one_bank_there_is_no_conversion_from_who_visited_to_who_lends(cast, api):
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, stage="with_bank")
    making.consent(case.origin_visit, bank=cast.first_bank, at=NOW)
    making.push(case, bank=cast.first_bank, by=cast.panel)
    steps = api(cast.city).get("/api/v1/dashboard/funnel/?bank=DEMO-B1").json()["steps"]
    assert [(row["firms"], row["conversion_pct"]) for row in steps][:4] == [
        (1, None),
        (1, 100.0),
        (1, 100.0),
        (1, None),
    ]


def test_days_are_shanghai_days_and_both_are_included(cast, api):
    making.visit(make.business(at=cast.xuhui), by=cast.officer, at=NOW.replace(hour=0, minute=0))
    making.visit(make.business(at=cast.xuhui), by=cast.officer, at=NOW.replace(hour=23, minute=59))
    making.visit(
        make.business(at=cast.xuhui),
        by=cast.officer,
        at=NOW.replace(hour=23, minute=59) + timedelta(minutes=1),
    )
    answer = api(cast.city).get("/api/v1/dashboard/funnel/?from=2026-11-20&to=2026-11-20").json()
    assert (answer["steps"][0]["firms"], answer["from"], answer["to"]) == (2, "2026-11-20", "2026-11-20")


def test_sla_gives_totals_banks_districts_and_fifteen_days(cast, api):
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, stage="with_bank")
    making.push(case, bank=cast.first_bank, by=cast.panel, at=NOW)
    for_the_city = api(cast.city).get("/api/v1/dashboard/sla/").json()
    for_the_panel = api(cast.panel).get("/api/v1/dashboard/sla/").json()
    assert [(row["code"], row["open"]) for row in for_the_city["banks"]] == [("DEMO-B1", 1)]
    assert {row["code"]: row["open"] for row in for_the_city["districts"]}["310104"] == 1
    assert (len(for_the_city["districts"]), for_the_panel["districts"]) == (16, [])
    assert (for_the_city["total"]["open"], len(for_the_city["due_by_day"])) == (1, 15)


def test_a_bank_without_recommendations_gets_no_row_and_no_error(cast, api):
    answer = api(cast.bank).get("/api/v1/dashboard/banks/").json()
    assert (answer["banks"], answer["peers"]["banks"]) == ([], None)


def test_the_description_of_the_api_names_the_three_calls():
    schema = SchemaGenerator(urlconf="lending.dashboard.api_urls").get_schema(request=None, public=True)
    assert sorted(schema["paths"]) == [f"/dashboard/{call}/" for call in ("banks", "funnel", "sla")]
    properties = schema["components"]["schemas"]["FunnelAnswer"]["properties"]
    assert set(properties) == {"as_of", "district", "bank", "list", "from", "to", "steps"}
