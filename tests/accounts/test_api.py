"""`organisations/`, `me/` and the shape of errors."""

import pytest

pytestmark = pytest.mark.django_db


def test_the_sixteen_districts_are_listed_by_code(cast, api):
    answer = api(cast.officer).get("/api/v1/organisations/?kind=district").json()
    assert [row["code"] for row in answer["results"]] == [
        "310101", "310104", "310105", "310106", "310107", "310109", "310110", "310112",
        "310113", "310114", "310115", "310116", "310117", "310118", "310120", "310151",
    ]  # fmt: skip


def test_branches_are_listed_by_their_bank(cast, api):
    answer = api(cast.officer).get("/api/v1/organisations/?kind=branch&parent=DEMO-B1").json()
    assert [(row["code"], row["district"]) for row in answer["results"]] == [("DEMO-B1-310104", "310104")]


def test_an_unknown_kind_is_a_400_with_code_and_field(cast, api):
    answer = api(cast.officer).get("/api/v1/organisations/?kind=planet")
    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (
        400,
        "invalid",
        ["kind"],
    )


def test_me_says_who_and_what_may_be_done(cast, api):
    me = api(cast.panel).get("/api/v1/me/").json()
    assert (me["username"], me["role"], me["organisation"]["code"]) == ("panel", "panel", "310104")
    assert me["may"] == [
        "answer_reports",
        "confirm_outcome",
        "import_outbox",
        "issue_list",
        "look_up_credit",
        "print_codes",
        "review",
        "see_district",
    ]


def test_nobody_is_answered_401_in_one_shape(api):
    answer = api().get("/api/v1/me/")
    assert (answer.status_code, answer.json()) == (
        401,
        {"code": "not_signed_in", "detail": "请先登录。", "fields": {}},
    )


def test_an_address_that_does_not_exist_is_a_404_in_one_shape(cast, api):
    answer = api(cast.panel).get("/api/v1/nothing/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
