"""One navigation for the desk pages of all apps."""

import pytest

from accounts.navigation import entries

pytestmark = pytest.mark.django_db


def names(user, path: str = "/") -> list[str]:
    return [row["url"] for row in entries(user, path)]


def test_the_panel_and_the_city_have_their_own_ways(cast):
    assert names(cast.panel) == [
        "/district/",
        "/district/cases/",
        "/district/lists/",
        "/district/suspensions/",
        "/district/visits/",
        "/district/reports/",
        "/codes/print/",
        "/outbox/import/",
    ]
    of_the_city = [
        "/city/",
        "/district/cases/",
        "/district/lists/",
        "/district/suspensions/",
        "/district/visits/",
        "/district/reports/",
        "/codes/print/",
        "/admin/",
    ]
    assert names(cast.city) == of_the_city
    assert names(cast.officer) == []


@pytest.mark.parametrize(
    ("path", "current"),
    [("/district/", "/district/"), ("/district/figures/granted/", "/district/"),
     ("/district/cases/310104-2026-0000001/", "/district/cases/"), ("/codes/", "/codes/print/")],
)  # fmt: skip
def test_the_page_one_is_on_is_marked(cast, path, current):
    assert [row["url"] for row in entries(cast.panel, path) if row["is_current"]] == [current]
