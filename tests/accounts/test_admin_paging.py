"""A list is counted as far as it is short; a long one is paged through without counting it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.admin_paging import BoundedPaginator
from lending.models import Sweep
from tests.factories import NOW
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
PAGE = "/admin/lending/sweep/"


@pytest.fixture
def five_sweeps(monkeypatch):
    monkeypatch.setattr("lending.sla.admin_ledger.SweepAdmin.list_per_page", 2)
    Sweep.objects.bulk_create(Sweep(at=NOW, took_ms=number) for number in range(5))


@pytest.mark.parametrize(("counted", "pages"), [(5, 3), (4, None)])
def test_a_list_is_numbered_up_to_the_bound_and_not_beyond_it(five_sweeps, monkeypatch, counted, pages):
    monkeypatch.setattr(BoundedPaginator, "COUNTED", counted)
    paginator = BoundedPaginator(Sweep.objects.order_by("pk"), 2)
    last, beyond = paginator.page(3), paginator.template_name
    assert ([row.took_ms for row in last], last.has_next()) == ([4], pages is None)
    assert (beyond is None, paginator.num_pages if beyond is None else None) == (pages is not None, pages)


@pytest.mark.parametrize(("counted", "links"), [(5, ["?p=2", "?p=3"]), (4, ["?p=2"])])
def test_the_page_offers_the_pages_there_are(cast, web, five_sweeps, monkeypatch, counted, links):
    monkeypatch.setattr(BoundedPaginator, "COUNTED", counted)
    page = web(cast.city).get(PAGE).content.decode()
    assert sorted(set(re.findall(r'href="(\?p=\d+)"', page))) == links


@pytest.mark.parametrize(("counted", "found"), [(2, ["找到 2 条"]), (1, [])])
def test_a_filtered_list_says_how_many_were_found_where_it_knows(cast, web, monkeypatch, counted, found):
    monkeypatch.setattr(BoundedPaginator, "COUNTED", counted)
    making.clock(cast), making.clock(cast)
    page = web(cast.city).get("/admin/lending/deadline/?state__exact=running").content.decode()
    assert (re.findall(r"找到 \d+ 条", page), page.count("看全部"), "9999999999" in page) == (found, 1, False)


def test_no_list_counts_more_than_the_bound(cast, web, five_sweeps):
    client = web(cast.city)
    with CaptureQueriesContext(connection) as seen:
        client.get(PAGE)
    counting = [q["sql"] for q in seen if "COUNT(" in q["sql"] and "lending_sweep" in q["sql"]]
    assert [sql for sql in counting if "LIMIT 10001" not in sql] == []
    assert len(counting) == 1
