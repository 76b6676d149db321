"""Printing, renewing and revoking on the district's pages."""

from xml.etree import ElementTree  # what is parsed here was drawn here

import pytest
from django.utils import timezone

from tests import factories as make
from visits.codes import images, rules, services
from visits.models import BusinessList, Code, ListMembership

pytestmark = pytest.mark.django_db
NOW = timezone.now


@pytest.fixture
def street(cast):
    """Two shops of a grid, one of them on a list; a third elsewhere in the district; a fourth in another district."""
    grid = make.grid(cast.xuhui)
    here = [make.business(f"测试{n}号店", grid=grid) for n in (1, 2)]
    ListMembership.objects.create(business=here[0], list=BusinessList.objects.get(code="sole_trader"))
    return [*here, make.business("测试别处店"), make.business("测试浦东店", at=cast.pudong)]


def names(page) -> list[str]:
    return [label.name for label in page.context["labels"]]


def test_the_code_is_one_svg_path_with_a_white_edge():
    drawing = ElementTree.fromstring(str(images.qr_svg("https://doorstep.example/q/ABCDEFGH23456789/")))  # noqa: S314  our own
    path = drawing.find("{http://www.w3.org/2000/svg}path")
    x, y = path.attrib["d"].removeprefix("M").split("H")[0].split(",")
    assert (drawing.tag.endswith("svg"), len(list(drawing)), int(x), int(y)) == (True, 1, 4, 4)


def test_the_sheet_issues_what_is_missing_and_shows_it(cast, web, street):
    client = web(cast.panel)
    before = client.get("/codes/print/?grid=310104-G1")
    answer = client.post("/codes/print/?grid=310104-G1")
    after = client.get(answer.url)
    assert (names(before), before.context["bare"]) == ([], 2)
    assert (names(after), after.context["bare"], Code.objects.count()) == (["测试1号店", "测试2号店"], 0, 2)
    code = Code.objects.get(business=street[0])
    text = after.content.decode()
    assert (rules.short_code(rules.token_for(code.secret)) in text, text.count('<svg role="img"')) == (
        True,
        2,
    )


def test_looking_at_the_sheet_issues_nothing(cast, web, street):
    web(cast.panel).get("/codes/print/?grid=310104-G1")
    assert Code.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("list=sole_trader", ["测试1号店"]),
        ("grid=310104-G1&list=sole_trader", ["测试1号店"]),
        ("search=测试", ["测试1号店", "测试2号店", "测试别处店"]),
        ("officers=1", ["吴访", "周访"]),
        ("grids=1", ["一号网格"]),
        ("", []),
    ],
)
def test_a_sheet_is_chosen_by_list_grid_words_officers_or_grids(cast, web, street, query, expected):
    client = web(cast.panel)
    client.post(f"/codes/print/?{query}")
    assert sorted(names(client.get(f"/codes/print/?{query}"))) == sorted(expected)


def test_a_sheet_of_chosen_businesses(cast, web, street):
    query = f"business={street[1].credit_code}&business={street[3].credit_code}"
    client = web(cast.panel)
    client.post(f"/codes/print/?{query}")
    assert names(client.get(f"/codes/print/?{query}")) == ["测试2号店"]


def test_the_city_prints_for_every_district(cast, web, street):
    client = web(cast.city)
    client.post("/codes/print/?search=浦东")
    assert names(client.get("/codes/print/?search=浦东")) == ["测试浦东店"]


@pytest.mark.parametrize("query", ["list=nonsense", "grid=310115-G1", "grid=%00", "list=%27"])
def test_a_selection_that_does_not_exist_is_refused(cast, web, street, query):
    make.grid(cast.pudong)
    status = web(cast.panel).get(f"/codes/print/?{query}").status_code
    assert status == (200 if query == "grid=%00" else 400)  # nothing but a NUL is nothing asked


@pytest.mark.parametrize("who", ["officer", "bank", "auditor", "sysadmin"])
@pytest.mark.parametrize("path", ["/codes/", "/codes/print/?officers=1"])
def test_others_print_nothing(cast, web, street, who, path):
    client = web(getattr(cast, who))
    assert (client.get(path).status_code, client.post("/codes/print/?officers=1").status_code) == (403, 403)
    assert Code.objects.count() == 0


def test_nobody_is_sent_to_sign_in(web, db):
    assert [web().get(path).url for path in ("/codes/", "/codes/print/")] == [
        "/sign-in/?next=/codes/", "/sign-in/?next=/codes/print/",
    ]  # fmt: skip


def test_a_code_is_renewed_and_revoked_from_the_list(cast, web, street):
    code = services.issue_code(subject=street[0], by=cast.panel, now=NOW())
    client = web(cast.panel)
    assert client.post(f"/codes/{code.pk}/reissue/", {"reason": "门牌污损"}).status_code == 302
    new = Code.objects.get(business=street[0], revoked_at=None)
    client.post(f"/codes/{new.pk}/revoke/", {"reason": "店已搬"})
    done = Code.objects.order_by("pk").values_list("version", "revoked_reason", "revoked_by__username")
    assert list(done) == [(1, "门牌污损", "panel"), (2, "店已搬", "panel")]


def test_a_code_revoked_twice_says_so(cast, web, street):
    code = services.issue_code(subject=street[0], by=cast.panel, now=NOW())
    client = web(cast.panel)
    answers = [client.post(f"/codes/{code.pk}/revoke/", {"reason": "遗失"}).status_code for _ in range(2)]
    assert answers == [302, 409]


@pytest.mark.parametrize(("who", "status"), [("panel_other", 404), ("officer", 404), ("bank", 404)])
def test_others_change_no_code(cast, web, street, who, status):
    code = services.issue_code(subject=street[0], by=cast.panel, now=NOW())
    answer = web(getattr(cast, who)).post(f"/codes/{code.pk}/revoke/", {"reason": "x"})
    assert (answer.status_code, Code.objects.get().revoked_at) == (status, None)


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("kind=officer", 1), ("state=live", 2), ("state=revoked", 1), ("state=expired", 0), ("search=1号店", 1),
     ("search=周访", 1), ("search=%00", 3), ("kind=nonsense", 0), ("state=nonsense", 0), ("page=9999", 3), ("page=%00", 3)],
)  # fmt: skip
def test_the_list_finds_codes(cast, web, street, query, count):
    services.issue_code(subject=street[0], by=cast.panel, now=NOW())
    services.issue_code(subject=cast.officer, by=cast.panel, now=NOW())
    gone = services.issue_code(subject=street[1], by=cast.panel, now=NOW())
    services.revoke(code=gone, by=cast.panel, now=NOW(), reason="遗失")
    services.issue_code(subject=street[3], by=cast.panel_other, now=NOW())
    assert len(web(cast.panel).get(f"/codes/?{query}").context["page"]) == count


def test_the_list_finds_a_code_by_what_is_printed_under_it(cast, web, street):
    codes = [services.issue_code(subject=shop, by=cast.panel, now=NOW()) for shop in street[:2]]
    typed = rules.short_code(rules.token_for(codes[1].secret))
    assert list(web(cast.panel).get("/codes/", {"search": typed}).context["page"]) == [codes[1]]


@pytest.mark.parametrize("path", ["/codes/", "/codes/print/?grid=310104-G1"])
def test_pages_ask_as_much_for_three_codes_as_for_one(cast, web, path, django_assert_num_queries):
    grid, counts = make.grid(cast.xuhui), []
    for n in range(3):
        services.issue_code(subject=make.business(f"店{n}", grid=grid), by=cast.panel, now=NOW())
        if n in (0, 2):
            from django.db import connection
            from django.test.utils import CaptureQueriesContext

            client = web(cast.panel)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            counts.append(len(asked))
    assert counts[0] == counts[1]
