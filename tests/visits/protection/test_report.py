"""Which bank visited against the protection, by the month: counted, listed, taken out as a file."""

import csv
import io
import random
import uuid
from datetime import date, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.clock import day_of
from accounts.errors import Invalid
from accounts.roles import Role
from tests import factories as make
from tests.factories import NOW
from visits.models import Assignment, BusinessList, ListMembership, Visit, VisitPolicy
from visits.protection import period, report
from visits.protection.period import Period
from visits.protection.report import NUMBERS, Scope

pytestmark = pytest.mark.django_db
PAGE, DAY = "/district/visits/", timedelta(days=1)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def visited(business, officer, at, outcome="no_need", marks=(), **facts) -> Visit:
    return Visit.objects.create(
        id=uuid.uuid4(), business=business, officer=officer, organisation=officer.organisation, mode="on_site",
        district=business.district, outcome=outcome, started_at=at, recorded_at=facts.pop("recorded_at", at), content_digest="x",
        protection_marks=list(marks), **facts,
    )  # fmt: skip


@pytest.fixture
def rival(cast):
    return make.user("rival", Role.FIELD_OFFICER, make.branch(cast.other_bank, cast.xuhui), "郭访")


def line(scope, bank) -> dict:
    found = next(one for one in report.by_bank(scope) if one.code == bank.code)
    return found.counts | {"firms": found.firms, "firms_twice": found.firms_twice}


def test_a_second_bank_within_the_cooling_off_is_a_duplicate_and_a_day_later_is_none(cast, rival):
    near, far = make.business("测试米店"), make.business("测试面馆")
    at = datetime(2026, 11, 1, 23, 0, tzinfo=make.SHANGHAI)
    for shop in (near, far):
        visited(shop, cast.officer, at - 20 * DAY)
    visited(near, rival, datetime(2026, 11, 11, 23, 59, tzinfo=make.SHANGHAI))  # the thirtieth day
    visited(far, rival, datetime(2026, 11, 12, 0, 0, tzinfo=make.SHANGHAI))
    counted = line(Scope(NOVEMBER), cast.other_bank)
    assert (counted["visits"], counted["duplicates"], counted["firms_twice"]) == (2, 1, 1)


def test_the_own_banks_follow_up_annulled_visits_and_nobody_met_are_no_duplicates(cast, rival):
    neighbour = make.user("neighbour", Role.FIELD_OFFICER, make.branch(cast.first_bank, cast.pudong))
    annulled = {"annulled_at": NOW, "annulled_by": rival, "annulled_reason": "误登"}
    own, gone, empty, vain = (make.business(name) for name in "甲乙丙丁")
    visited(own, cast.officer, NOW - DAY), visited(own, neighbour, NOW)
    visited(gone, rival, NOW - DAY, **annulled), visited(gone, cast.officer, NOW)
    visited(empty, rival, NOW - DAY, "unreachable"), visited(empty, cast.officer, NOW)
    visited(vain, rival, NOW - DAY), visited(vain, cast.officer, NOW, "unreachable")
    assert line(Scope(NOVEMBER), cast.first_bank)["duplicates"] == 0


def test_a_visit_that_arrived_late_is_counted_where_it_was_made(cast, rival):
    shop = make.business("测试米店")
    visited(shop, cast.officer, NOW, recorded_at=NOW)
    visited(shop, rival, NOW + DAY, recorded_at=NOW + 25 * DAY, channel="outbox")
    assert line(Scope(NOVEMBER), cast.other_bank)["duplicates"] == 1


def test_a_rule_that_is_off_counts_nothing_and_a_districts_own_goes_first(cast, rival):
    VisitPolicy.objects.create(district=cast.xuhui, effective_from=date(2026, 1, 1), cooling_off_days=0)
    here, there = make.business("徐汇店"), make.business("浦东店", at=cast.pudong)
    for shop in (here, there):
        visited(shop, cast.officer, NOW - DAY), visited(shop, rival, NOW)
    counts = [
        line(Scope(NOVEMBER, place), cast.other_bank)["duplicates"] for place in (cast.xuhui, cast.pudong)
    ]
    assert counts == [0, 1]


@pytest.fixture
def a_year(cast, rival):
    """Four hundred visits by three organisations to thirty firms, some annulled, some in vain, some marked."""
    chance = random.Random(20261120)
    street = make.user("street", Role.FIELD_OFFICER, cast.xuhui, "街道")
    firms = [make.business(at=chance.choice((cast.xuhui, cast.pudong))) for _ in range(30)]
    for _ in range(400):
        who = chance.choice((cast.officer, rival, street))
        wrong = (
            {"annulled_at": NOW, "annulled_by": who, "annulled_reason": "误登"}
            if chance.random() < 0.1
            else {}
        )
        marks = [one for one in ("cooling_off", "not_lead_bank", "do_not_disturb") if chance.random() < 0.2]
        at = NOW - timedelta(minutes=chance.randrange(300 * 24 * 60))
        visited(
            chance.choice(firms),
            who,
            at,
            chance.choice(("no_need", "deferred", "unreachable", "wrong_address")),
            marks,
            **wrong,
        )
    VisitPolicy.objects.create(district=cast.pudong, effective_from=date(2026, 6, 1), cooling_off_days=5)
    return firms


RECOUNT = """
SELECT x.code, count(*), sum(x.against), sum(x.dnd), sum(x.cool), sum(x.lead), sum(x.twice), count(DISTINCT x.firm),
  count(DISTINCT CASE WHEN x.twice = 1 THEN x.firm END)
FROM (
  SELECT coalesce(parent.code, own.code) AS code, v.business_id AS firm,
    (v.protection_marks <> '{}')::int AS against, (array_position(v.protection_marks, 'do_not_disturb') > 0 IS TRUE)::int AS dnd,
    (array_position(v.protection_marks, 'cooling_off') > 0 IS TRUE)::int AS cool,
    (array_position(v.protection_marks, 'not_lead_bank') > 0 IS TRUE)::int AS lead,
    (v.outcome IN ('no_need', 'deferred') AND EXISTS (
      SELECT FROM visits_visit e JOIN accounts_organisation eo ON eo.id = e.organisation_id
      LEFT JOIN accounts_organisation ep ON ep.id = eo.parent_id AND eo.kind = 'branch'
      WHERE e.business_id = v.business_id AND e.annulled_at IS NULL AND e.outcome IN ('no_need', 'deferred')
        AND coalesce(ep.code, eo.code) <> coalesce(parent.code, own.code) AND e.started_at < v.started_at
        AND (v.started_at + interval '8 hours')::date - (e.started_at + interval '8 hours')::date
          <= CASE WHEN d.code = '310115' AND v.started_at + interval '8 hours' >= '2026-06-01' THEN 5 ELSE 30 END))::int AS twice
  FROM visits_visit v JOIN accounts_organisation own ON own.id = v.organisation_id
  LEFT JOIN accounts_organisation parent ON parent.id = own.parent_id AND own.kind = 'branch'
  JOIN accounts_organisation d ON d.id = v.district_id
  WHERE v.annulled_at IS NULL AND (v.started_at + interval '8 hours')::date BETWEEN %(first)s AND %(last)s
    AND d.code LIKE %(district)s) x
GROUP BY x.code
"""


@pytest.mark.parametrize("place", [None, "310104", "310115"])
@pytest.mark.parametrize(
    "days",
    [Period(date(2026, 2, 1), date(2026, 11, 30)), Period(date(2026, 6, 1), date(2026, 6, 30)), NOVEMBER],
)
def test_the_numbers_equal_an_independent_recount(cast, a_year, place, days):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute(RECOUNT, {"first": days.first, "last": days.last, "district": place or "%"})
        recount = {code: tuple(int(one) for one in rest) for code, *rest in cursor.fetchall()}
    scope = Scope(days, make.district(place) if place else None)
    counted = {
        one.code: (*(one.counts[what] for what in NUMBERS), one.firms, one.firms_twice) for one in report.by_bank(scope)
    }  # fmt: skip
    assert counted == recount
    assert (
        any(row[5] for row in recount.values()) or days.first.month > 2
    )  # the long stretch has duplicates everywhere


def test_behind_every_number_stand_as_many_visits(cast, web, a_year):
    client = web(cast.city)
    page = client.get(f"{PAGE}?from=2026-02-01&to=2026-11-30").context
    for one in page["lines"]:
        for cell in one["cells"]:
            if cell["url"]:
                assert client.get(cell["url"]).context["total"] == cell["value"], cell["url"]


def test_a_list_is_paged_and_says_who_was_there_before(cast, web, rival):
    shop = make.business("测试米店")
    visited(shop, cast.officer, NOW - DAY)
    visited(shop, rival, NOW, marks=["cooling_off"], protection_reason="企业主主动联系")
    text = web(cast.panel).get(f"{PAGE}duplicates/?from=2026-11-01&to=2026-11-30").content.decode()
    told = ("测试米店", "申浦示范银行", "沪江示范银行", "冷静期内", "企业主主动联系", "11月19日")
    assert [word for word in told if word not in text] == []


def rows_of(answer) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_both_come_as_csv_without_formulas_and_the_auditor_knows_who_took_them(cast, web, rival):
    shop = make.business('=HYPERLINK("x")')
    visited(shop, cast.officer, NOW - DAY)
    visited(shop, rival, NOW, marks=["cooling_off"], protection_reason="@SUM(1)")
    days = "from=2026-11-01&to=2026-11-30&format=csv"
    table = rows_of(web(cast.panel).get(f"{PAGE}?{days}"))
    listed = rows_of(web(cast.panel).get(f"{PAGE}duplicates/?{days}"))
    assert {row[0]: row[1:] for row in table[1:]}["申浦示范银行"] == [
        "1", "1", "1", "0", "1", "0", "1", "1", "2026-11-01", "2026-11-30",
    ]  # fmt: skip
    assert table[-1] == ["合计", "", "2", "1", "0", "1", "0", "1", "", "2026-11-01", "2026-11-30"]
    assert (listed[1][0], listed[1][8], listed[1][5]) == ('\'=HYPERLINK("x")', "'@SUM(1)", "2026-11-20 10:00")
    assert LogEntry.objects.filter(user=cast.panel).count() == 2


@pytest.mark.parametrize(
    ("who", "query", "codes"),
    [
        ("panel", "", {"DEMO-B1", "DEMO-B2"}), ("city", "", {"DEMO-B1", "DEMO-B2"}), ("city", "&district=310115", set()),
        ("panel_other", "", set()), ("bank", "", {"DEMO-B1"}), ("bankhead", "", {"DEMO-B1"}), ("bank_other", "", {"DEMO-B2"}),
    ],
)  # fmt: skip
def test_a_panel_sees_its_district_a_bank_its_own_line(cast, web, rival, who, query, codes):
    shop = make.business("测试米店")
    visited(shop, cast.officer, NOW - DAY), visited(shop, rival, NOW)
    page = web(getattr(cast, who)).get(f"{PAGE}?from=2026-11-01&to=2026-11-30{query}").context
    names = {"DEMO-B1": "沪江示范银行", "DEMO-B2": "申浦示范银行"}
    assert {one["name"] for one in page["lines"]} == {names[code] for code in codes}


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        ("panel", "district=310115", 404), ("bank", "bank=DEMO-B2", 404), ("bank", "bank=DEMO-B1", 200), ("city", "district=no", 404),
        ("panel", "bank=no", 404), ("panel", "bank=%00", 404), ("panel", "period=x", 400), ("panel", "from=x", 400),
        ("panel", "from=2026-11-02&to=2026-11-01", 400), ("panel", "from=2020-01-01&to=2026-01-01", 400), ("panel", "weird=1", 400),
        ("panel", "page=x", 200), ("panel", "page=99999", 200), ("panel", "period=last-month", 200),
        ("officer", "", 403), ("sysadmin", "", 403), ("auditor", "", 403),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [PAGE, f"{PAGE}duplicates/"])
def test_what_an_address_may_ask_for(cast, web, path, who, query, status):
    assert web(getattr(cast, who)).get(f"{path}?{query}").status_code == status


def test_a_number_that_is_none_is_not_there(cast, web):
    assert web(cast.panel).get(f"{PAGE}everything/").status_code == 404


def test_a_firm_given_to_two_banks_is_shown_to_the_team(cast, web):
    shop = make.business("两家的店", grid=make.grid(cast.xuhui))
    for code, bank in (("sole_trader", cast.first_bank), ("patent_pilot", cast.other_bank)):
        row = BusinessList.objects.get(code=code)
        ListMembership.objects.create(business=shop, list=row)
        Assignment.objects.create(list=row, grid=shop.grid, bank=bank, starts_on="2026-01-01")
    page = web(cast.panel).get(f"{PAGE}?conflicts=1")
    assert page.context["conflicts"] == [("两家的店", shop.credit_code, "申浦示范银行、沪江示范银行")]
    assert report.conflicts(cast.pudong, day_of(timezone.now()), most=5) == []


def test_one_and_many_visits_cost_the_same_number_of_statements(cast, web, rival):
    client, counts = web(cast.panel), []
    for _ in range(2):
        for _more in range(3):
            visited(make.business(), rival, timezone.now())
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{PAGE}visits/"), client.get(PAGE)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("week", (2026, 11, 16), (2026, 11, 22)), ("month", (2026, 11, 1), (2026, 11, 30)),
        ("last-month", (2026, 10, 1), (2026, 10, 31)), ("quarter", (2026, 10, 1), (2026, 12, 31)),
    ],
)  # fmt: skip
def test_periods_are_days_of_shanghai(name, first, last):
    found = period.read({"period": name}, datetime(2026, 11, 20, 1, tzinfo=make.SHANGHAI))
    assert (found.first, found.last) == (date(*first), date(*last))


def test_more_than_a_year_is_refused():
    period.read({"from": "2025-11-20", "to": "2026-11-20"}, NOW)
    with pytest.raises(Invalid):
        period.read({"from": "2025-11-18", "to": "2026-11-20"}, NOW)
