"""A firm counts as unreachable only after attempts in vain on as many days as the policy asks, and never as visited."""

from datetime import date, timedelta

import pytest

from lending.dashboard import behind
from lending.dashboard.funnel import TOTAL, funnels
from lending.dashboard.period import Period
from lending.dashboard.scope import Scope
from tests import factories as make
from tests.factories import NOW
from tests.lending.dashboard import making
from visits.models import VisitPolicy

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ALL = Scope(Period())


def tried(cast, *days_ago, of=None, **facts):
    firm = of or make.business(at=cast.xuhui)
    for days in days_ago:
        making.visit(firm, by=cast.officer, at=NOW - days * DAY, outcome="unreachable", **facts)
    return firm


def counted(scope=ALL) -> tuple[int, int]:
    """(走访户数, 联系不上户数)"""
    steps = funnels(scope, TOTAL, now=NOW).total
    return steps["visited"].firms, steps["unreachable"].firms


def test_three_days_in_vain_make_a_firm_unreachable_and_two_do_not(cast):
    tried(cast, 5, 4)
    tried(cast, 5, 4, 4)
    assert counted() == (0, 0)
    tried(cast, 5, 4, 3)
    assert counted() == (0, 1)


def test_a_firm_met_between_counts_anew_and_is_visited(cast):
    firm = tried(cast, 9, 8)
    making.visit(firm, by=cast.officer, at=NOW - 7 * DAY)
    tried(cast, 3, of=firm)
    assert counted() == (1, 0)


def test_it_counts_on_the_day_of_the_attempt_that_was_the_last_one_asked_for(cast):
    tried(cast, 12, 11, 2)
    today = NOW.date()
    spans = [Period(today - 12 * DAY, today - 11 * DAY, ""), Period(today - 2 * DAY, today, "")]
    assert [counted(Scope(span))[1] for span in spans] == [0, 1]


def test_the_districts_own_policy_says_how_many_days(cast):
    VisitPolicy.objects.create(district=cast.pudong, effective_from=date(2026, 1, 1), unreachable_days=2)
    here, there = tried(cast, 3, 2), tried(cast, 3, 2, of=make.business(at=cast.pudong), district=cast.pudong)
    rows, total = behind.firms("unreachable", ALL, page=1)
    assert ([row.credit_code for row in rows], total, here.pk != there.pk) == ([there.credit_code], 1, True)


def test_the_page_leads_to_the_firms(cast, web):
    firm = tried(cast, 5, 4, 3)
    client = web(cast.panel)
    address = client.get("/district/").context["unreachable"]["url"]
    assert [row.credit_code for row in client.get(address).context["firms"]] == [firm.credit_code]
