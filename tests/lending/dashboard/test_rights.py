"""Who may see which figures."""

import pytest

from tests import factories as make
from tests.factories import NOW
from tests.lending.dashboard import making

pytestmark = pytest.mark.django_db
OWN, OTHER = "310104", "310115"
ROLES = "officer panel bank bankhead city sysadmin secadmin auditor".split()
PAGES = {
    "/district/": {"panel": 200, "city": 302},
    f"/district/?district={OWN}": {"panel": 200, "city": 200},
    f"/district/?district={OTHER}": {"panel": 404, "city": 200},
    "/district/?district=999999": {"panel": 404, "city": 404},
    "/city/": {"city": 200},
    "/district/figures/visited/": {"panel": 200, "city": 404},
    f"/district/figures/overdue/?district={OTHER}": {"panel": 404, "city": 200},
    "/district/figures/nothing/": {"panel": 404, "city": 404},
    "/city/figures/granted/": {"city": 200},
}
CALLS = {
    "/api/v1/dashboard/funnel/": {"panel": 200, "city": 200},
    f"/api/v1/dashboard/funnel/?district={OTHER}": {"panel": 404, "city": 200},
    "/api/v1/dashboard/sla/": {"panel": 200, "city": 200},
    f"/api/v1/dashboard/sla/?district={OTHER}": {"panel": 404, "city": 200},
    "/api/v1/dashboard/banks/": {"panel": 200, "city": 200, "bank": 200, "bankhead": 200},
    "/api/v1/dashboard/banks/?bank=DEMO-B2": {"panel": 200, "city": 200, "bank": 404, "bankhead": 404},
    "/api/v1/dashboard/banks/?bank=DEMO-B1": {"panel": 200, "city": 200, "bank": 200, "bankhead": 200},
}


@pytest.mark.parametrize("address", PAGES)
def test_pages_answer_each_role_as_its_table_of_rights_says(cast, web, address):
    answers = {role: web(getattr(cast, role)).get(address).status_code for role in ROLES}
    assert answers == dict.fromkeys(ROLES, 403) | PAGES[address]


@pytest.mark.parametrize("address", CALLS)
def test_api_answers_each_role_as_its_table_of_rights_says(cast, api, address):
    answers = {role: api(getattr(cast, role)).get(address).status_code for role in ROLES}
    assert answers == dict.fromkeys(ROLES, 403) | CALLS[address]


@pytest.mark.parametrize("address", CALLS)
def test_nobody_is_told_to_sign_in_by_the_api(db, api, address):
    answer = api().get(address)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("address", PAGES)
def test_nobody_is_led_to_the_sign_in_by_the_pages(db, web, address):
    answer = web().get(address)
    assert (answer.status_code, answer.url.split("?")[0]) == (302, "/sign-in/")


def test_a_panel_member_sees_the_figures_of_the_own_district_only(cast, api):
    making.visit(make.business(at=cast.xuhui), by=cast.officer)
    making.visit(make.business(at=cast.pudong), by=cast.officer)
    seen = {
        who.username: api(who).get("/api/v1/dashboard/funnel/").json()["steps"][0]["firms"]
        for who in (cast.panel, cast.panel_other, cast.city)
    }
    assert seen == {"panel": 1, "panel-other": 1, "city": 2}


def test_a_panel_member_whose_account_has_no_district_sees_none(cast, api, web):
    stray = make.user("stray", "panel", cast.first_bank)
    assert api(stray).get("/api/v1/dashboard/funnel/").status_code == 404
    assert web(stray).get("/district/").status_code == 404


def test_a_bank_reads_its_own_row_and_never_a_rate_of_another(cast, api):
    for bank, by, rate in ((cast.first_bank, cast.bank, "3.11"), (cast.other_bank, cast.bank_other, "4.77")):
        case = making.case(make.business(at=cast.xuhui), by=cast.officer, stage="disbursed")
        made = making.decide(making.push(case, bank=bank, by=cast.panel), "approved", by=by, at=NOW)
        making.pay(made, by=by, at=NOW, yuan="1000.00", rate=rate)
    answer = api(cast.bank).get("/api/v1/dashboard/banks/")
    assert [(row["code"], row["weighted_rate_pct"]) for row in answer.json()["banks"]] == [("DEMO-B1", 3.11)]
    assert b"4.77" not in answer.content and cast.other_bank.name not in answer.content.decode()
    for_the_city = api(cast.city).get("/api/v1/dashboard/banks/").json()
    assert {row["code"]: row["weighted_rate_pct"] for row in for_the_city["banks"]} == {
        "DEMO-B1": 3.11,
        "DEMO-B2": 4.77,
    }


@pytest.mark.parametrize(
    ("others", "told"), [(4, {"banks": None, "on_time_pct": None}), (5, {"banks": 5, "on_time_pct": 100.0})]
)
def test_medians_of_peers_are_held_back_below_five_banks(cast, api, others, told):
    for bank in [cast.first_bank, *making.many_banks(others)]:
        case = making.case(make.business(at=cast.xuhui), by=cast.officer, stage="declined")
        making.decide(making.push(case, bank=bank, by=cast.panel), "declined", by=cast.bank, at=NOW)
    peers = api(cast.bank).get("/api/v1/dashboard/banks/").json()["peers"]
    assert {name: peers[name] for name in told} == told
