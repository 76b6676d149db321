"""`businesses/`: who sees which, by what they are found, what a row says."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.clock import day_of
from tests import factories as make
from visits.access import assigned_to
from visits.codes import rules, services
from visits.field import assigned as field_assigned
from visits.models import Assignment, Business, BusinessList, ListMembership
from visits.register.rules_name import search_form

pytestmark = pytest.mark.django_db
URL = "/api/v1/businesses/"


def shop(name, **facts):
    return make.business(name, name_search=search_form(name), **facts)


def found(api, user, **asked) -> list[str]:
    return sorted(row["name"] for row in api(user).get(URL, asked).json()["results"])


@pytest.fixture
def town(cast):
    grid = make.grid(cast.xuhui)
    rows = {
        "here": shop("测试米店(上海)", grid=grid),
        "there": shop("测试面馆"),
        "far": shop("测试浦东米店", at=cast.pudong),
    }
    kind = BusinessList.objects.get(code="sole_trader")
    ListMembership.objects.create(business=rows["here"], list=kind)
    Assignment.objects.create(
        list=kind, grid=grid, bank=cast.first_bank, officer=cast.officer, starts_on="2026-01-01"
    )
    return rows


def test_a_row_says_what_the_contract_promises(cast, api, town):
    code = services.issue_code(subject=town["here"], by=cast.panel, now=timezone.now())
    assert api(cast.officer).get(f"{URL}{town['here'].credit_code}/").json() == {
        "credit_code": town["here"].credit_code, "name": "测试米店(上海)", "kind": "company", "status": "unknown",
        "district": "310104", "address": town["here"].address, "lists": ["sole_trader"],
        "qr_url": rules.url_for(code.secret),
    }  # fmt: skip


def test_a_business_without_a_live_code_has_no_qr_url(cast, api, town):
    code = services.issue_code(subject=town["here"], by=cast.panel, now=timezone.now())
    services.revoke(code=code, by=cast.panel, now=timezone.now(), reason="遗失")
    assert api(cast.officer).get(f"{URL}{town['here'].credit_code}/").json()["qr_url"] is None


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("officer", ["测试米店(上海)", "测试面馆"]), ("panel", ["测试米店(上海)", "测试面馆"]),
        ("panel_other", ["测试浦东米店"]), ("city", ["测试浦东米店", "测试米店(上海)", "测试面馆"]),
        ("bank", []), ("auditor", []), ("sysadmin", []),
    ],
)  # fmt: skip
def test_everyone_sees_their_own(cast, api, town, who, names):
    assert found(api, getattr(cast, who)) == names


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"search": "米店"}, ["测试浦东米店", "测试米店(上海)"]), ({"search": "米店（上海）"}, ["测试米店(上海)"]),
        ({"search": " 测试 面馆 "}, ["测试面馆"]), ({"district": "310115"}, ["测试浦东米店"]),
        ({"list": "sole_trader"}, ["测试米店(上海)"]), ({"list": "patent_pilot"}, []),
        ({"district": "310104", "search": "米"}, ["测试米店(上海)"]),
    ],
)  # fmt: skip
def test_businesses_are_found_by_words_district_and_list(cast, api, town, asked, names):
    assert found(api, cast.city, **asked) == names


def test_a_business_is_found_by_the_start_of_its_code(cast, api, town):
    code = town["there"].credit_code
    assert found(api, cast.officer, search=code) == ["测试面馆"]
    assert found(api, cast.officer, search=code[:17].lower()) == ["测试面馆"]


def test_assigned_to_me_is_list_times_grid(cast, api, town):
    assert (found(api, cast.officer, assigned="me"), found(api, cast.officer2, assigned="me")) == (
        ["测试米店(上海)"],
        [],
    )


def test_an_officer_sees_a_business_of_another_district_once_it_is_assigned(cast, api, town):
    grid = make.grid(cast.pudong)
    town["far"].grid = grid
    town["far"].save()
    kind = BusinessList.objects.get(code="sole_trader")
    ListMembership.objects.create(business=town["far"], list=kind)
    Assignment.objects.create(
        list=kind, grid=grid, bank=cast.first_bank, officer=cast.officer, starts_on="2026-01-01"
    )
    assert "测试浦东米店" in found(api, cast.officer)


@pytest.mark.parametrize(
    ("starts", "ends", "is_mine"),
    [(-9, None, True), (0, 0, True), (-9, 7, True), (-9, -1, False), (1, None, False), (1, 9, False)],
)
def test_what_is_listed_for_the_day_may_be_visited_and_nothing_else(cast, api, town, starts, ends, is_mine):
    """The page of the day, the register and the visit go by one rule: from the first day through the last."""
    walked, today = town["here"], day_of(timezone.now())
    Business.objects.filter(pk=walked.pk).update(district=cast.pudong)
    days = [None if n is None else today + timedelta(days=n) for n in (starts, ends)]
    Assignment.objects.update(starts_on=days[0], ends_on=days[1])
    listed = [one.pk for one in field_assigned.assigned_to(cast.officer, timezone.now())]
    seen = found(api, cast.officer, assigned="me")
    kept = api(cast.officer).post("/api/v1/visits/", make.visit_body(walked)).status_code
    assert (listed, seen, kept) == (([walked.pk], [walked.name], 201) if is_mine else ([], [], 404))


def test_todays_date_is_no_value_of_the_statement(cast):
    """Statements written once keep their values: with a date of ours every day would be the first one's."""
    _sql, values = Business.objects.filter(assigned_to(cast.officer)).query.sql_with_params()
    assert [value for value in values if isinstance(value, date)] == []


@pytest.mark.parametrize(
    ("name", "value"), [("district", "310100"), ("district", "徐汇"), ("list", "sole"), ("assigned", "all")]
)
def test_an_unknown_word_is_400_and_names_its_parameter(cast, api, town, name, value):
    answer = api(cast.city).get(URL, {name: value})
    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (
        400,
        "invalid",
        [name],
    )


def test_what_is_not_visible_is_not_there(cast, api, town):
    assert api(cast.officer).get(f"{URL}{town['far'].credit_code}/").status_code == 404


def test_a_page_asks_as_much_for_three_rows_as_for_one(cast, api):
    counts = []
    for n in range(3):
        services.issue_code(subject=shop(f"店{n}"), by=cast.panel, now=timezone.now())
        client = api(cast.officer)
        with CaptureQueriesContext(connection) as asked:
            rows = client.get(URL).json()["results"]
        counts.append((len(rows), len(asked)))
    assert [rows for rows, _ in counts] == [1, 2, 3]
    assert len({asked for _, asked in counts}) == 1
