"""From 1 November until the next year's notice is imported both dashboards say so, and count what hangs on it."""

import pytest
from django.utils import timezone

from lending.models import Deadline
from tests import factories as make
from tests.lending.dashboard import making
from tests.lending.dashboard.making import DAY

pytestmark = pytest.mark.django_db
WARNING = "2027年放假安排尚未导入"
LINK = "/admin/lending/calendarday/"


def on(monkeypatch, year: int | None):
    monkeypatch.setattr("lending.sla.queries.missing_calendar_year", lambda now: year)


def pushed(cast, **facts):
    now = timezone.now()
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, at=now - DAY, stage="with_bank")
    row = making.push(case, bank=cast.first_bank, by=cast.panel, at=now - DAY, due_at=now + 9 * DAY)
    Deadline.objects.filter(pk=row.deadline_id).update(**facts)
    return row


@pytest.mark.parametrize(("year", "is_told"), [(2027, True), (None, False)])
def test_both_dashboards_tell_of_a_year_without_a_notice(cast, web, monkeypatch, year, is_told):
    on(monkeypatch, year)
    pages = [
        web(who).get(path).content.decode()
        for who, path in ((cast.city, "/city/"), (cast.panel, "/district/"))
    ]
    assert [WARNING in page for page in pages] == [is_told, is_told]


def test_only_who_gets_into_the_admin_is_led_to_its_calendar(cast, web, monkeypatch):
    on(monkeypatch, 2027)
    pages = [
        web(who).get(path).content.decode()
        for who, path in ((cast.city, "/city/"), (cast.panel, "/district/"))
    ]
    assert [LINK in page for page in pages] == [True, False]


def test_open_clocks_with_a_provisional_due_time_are_counted_and_listed(cast, web, api, monkeypatch):
    on(monkeypatch, None)
    pushed(cast)
    row = pushed(cast, is_provisional=True)
    pushed(cast, is_provisional=True, state="met", stopped_at=timezone.now())
    page = web(cast.panel).get("/district/")
    assert page.context["provisional"] == {
        "count": "1",
        "url": "/district/figures/provisional/?district=310104",
    }
    listed = web(cast.panel).get("/district/figures/provisional/").context["recommendations"]
    assert [it["row"].pk for it in listed] == [row.pk]
    assert api(cast.city).get("/api/v1/dashboard/sla/").json()["total"]["provisional"] == 1


def test_paused_clocks_are_counted_until_the_moment_they_go_on(cast, api):
    pushed(cast, suspended_until=timezone.now() + DAY)
    pushed(cast, suspended_until=timezone.now() - DAY)
    total = api(cast.city).get("/api/v1/dashboard/sla/").json()["total"]
    assert (total["open"], total["paused"]) == (2, 1)
