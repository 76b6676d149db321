"""How many SQL statements a visit costs. A new one shows up here, not in production."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories as make
from tests.visits.field.test_record import plain
from visits.models import Assignment, BusinessList, ListMembership
from visits.signals import visit_recorded

pytestmark = pytest.mark.django_db(transaction=True)


def statements(client, body) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert client.post("/api/v1/visits/", body).status_code in (200, 201)
    return [query["sql"] for query in asked.captured_queries]


def test_a_visit_without_need_costs_six(cast, api):
    # session · person · business and whether this is a repeat · BEGIN · visit · COMMIT
    assert len(statements(api(cast.officer), plain(make.business()))) == 6


def test_a_repeat_costs_four(cast, api):
    body = make.visit_body(make.business(), banks=(cast.first_bank,))
    api(cast.officer).post("/api/v1/visits/", body)
    assert len(statements(api(cast.officer), body)) == 4


def test_a_need_with_consent_costs_eleven_where_nobody_listens(cast, api, monkeypatch):
    # the six · organisations named · notice · need · signing · consents, however many banks are ticked
    monkeypatch.setattr(visit_recorded, "send", lambda **_: [])
    body = make.visit_body(make.business(), banks=(cast.first_bank, cast.other_bank))
    assert len(statements(api(cast.officer), body)) == 11


def test_a_need_with_consent_that_opens_a_case_costs_twenty_two(cast, api):
    # the eleven · the answer kept on the visit · ten of lending: lock, case, number, insert, consent, stage, two events of two
    asked = statements(api(cast.officer), make.visit_body(make.business(), banks=(cast.first_bank,)))
    assert len(asked) == 22, "\n".join(sql[:160] for sql in asked)


@pytest.mark.parametrize("path", ["/m/", "/m/visits/", "/m/?search=店"])
def test_a_phone_page_asks_as_much_for_three_rows_as_for_one(cast, api, web, path):
    grid, counts = make.grid(cast.xuhui), []
    kind = BusinessList.objects.get(code="sole_trader")
    Assignment.objects.create(
        list=kind, grid=grid, bank=cast.first_bank, officer=cast.officer, starts_on="2026-01-01"
    )
    for n in range(3):
        waits, seen = make.business(f"待访店{n}", grid=grid), make.business(f"已访店{n}", grid=grid)
        for shop in (waits, seen):
            ListMembership.objects.create(business=shop, list=kind)
        api(cast.officer).post("/api/v1/visits/", plain(seen))
        client = web(cast.officer)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        counts.append(len(asked))
    assert len(set(counts)) == 1
