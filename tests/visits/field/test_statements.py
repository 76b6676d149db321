"""How many SQL statements a visit costs. A new one shows up here, not in production."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories as make
from tests.visits.field.test_record import plain
from visits.codes import rules
from visits.codes import services as codes
from visits.models import Assignment, BusinessList, ListMembership
from visits.signals import visit_recorded

pytestmark = pytest.mark.django_db(transaction=True)


def statements(client, body) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert client.post("/api/v1/visits/", body).status_code in (200, 201)
    return [query["sql"] for query in asked.captured_queries]


def test_a_visit_without_need_costs_five(cast, api):
    # person · everything about the place · BEGIN · visit · COMMIT; the session is read from its copy
    client, shops = api(cast.officer), (make.business(), make.business())
    statements(client, plain(shops[0]))
    assert len(statements(client, plain(shops[1]))) == 5


def test_a_repeat_costs_three(cast, api):
    client, body = api(cast.officer), make.visit_body(make.business(), banks=(cast.first_bank,))
    client.post("/api/v1/visits/", body)
    assert len(statements(client, body)) == 3


def test_a_need_with_consent_costs_six_where_nobody_listens(cast, api, monkeypatch):
    # the five · need, signing and consents in one, however many banks are ticked
    monkeypatch.setattr(visit_recorded, "send", lambda **_: [])
    assert len(warm(cast, api, banks=(cast.first_bank, cast.other_bank))) == 6


def test_a_need_with_consent_that_opens_a_case_costs_eight(cast, api):
    # the six · how the business stands, under its lock · the case with its two events
    asked = warm(cast, api, banks=(cast.first_bank,))
    assert len(asked) == 8, "\n".join(sql[:160] for sql in asked)


def test_a_scanned_code_costs_one_more(cast, api):
    client, shop = api(cast.officer), make.business()
    code = codes.issue_code(subject=shop, by=cast.panel, now=timezone.now() - timedelta(hours=1))
    body = make.visit_body(shop, banks=(cast.first_bank,), code=rules.token_for(code.secret))
    statements(client, plain(make.business()))
    assert len(statements(client, body)) == 9


def test_a_lost_session_copy_costs_one_more(cast, api):
    client = api(cast.officer)
    statements(client, plain(make.business()))
    cache.clear()
    assert len(statements(client, plain(make.business()))) == 6


def warm(cast, api, *, banks) -> list[str]:
    """What a visit costs whose officer has asked something within the last minute."""
    client = api(cast.officer)
    client.post("/api/v1/visits/", plain(make.business()))
    return statements(client, make.visit_body(make.business(), banks=banks))


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
