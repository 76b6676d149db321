"""The address in every mail leads each to where they see the case."""

import pytest

from tests.lending.sla import making

pytestmark = pytest.mark.django_db


def test_a_reader_who_is_not_signed_in_signs_in_first(cast, web):
    case = making.case(cast)
    answer = web().get(f"/go/{case.number}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next=/go/{case.number}/")


@pytest.mark.parametrize("who", ["panel_other", "bank_other", "officer2", "sysadmin", "auditor"])
def test_whoever_may_not_see_the_case_finds_nothing(cast, web, who):
    case = making.recommendation(cast).case
    assert web(getattr(cast, who)).get(f"/go/{case.number}/").status_code == 404


@pytest.mark.parametrize("number", ["310104-2026-9999999", "%00", "x" * 500])
def test_a_number_that_stands_for_nothing_finds_nothing(cast, web, number):
    assert web(cast.panel).get(f"/go/{number}/").status_code == 404


def test_the_bank_lands_on_its_recommendation(cast, web):
    pushed = making.recommendation(cast)
    answer = web(cast.bank).get(f"/go/{pushed.case.number}/")
    assert answer["Location"] == f"/admin/lending/recommendation/{pushed.pk}/change/"


@pytest.mark.parametrize(("who", "address"), [
    ("panel", "/district/cases/{}/"), ("city", "/district/cases/{}/"), ("officer", "/m/cases/{}/"),
])  # fmt: skip
def test_everybody_else_lands_on_their_page_of_the_case(cast, web, who, address):
    case = making.recommendation(cast).case
    type(case.origin_visit).objects.update(case_number=case.number)
    client = web(getattr(cast, who))
    answer = client.get(f"/go/{case.number}/")
    assert (answer["Location"], client.get(answer["Location"]).status_code) == (
        address.format(case.number),
        200,
    )
