"""The on-time figures against a recount: plain SQL over the raw tables, written from docs/figures.md and not from the
product's statements. Days are counted one by one, a share by comparing, an answer is the first decision."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from lending.dashboard.clocks import clocks
from lending.dashboard.period import Period
from lending.dashboard.scope import Scope
from lending.sla.calendar import day_of
from tests import factories as make
from tests.factories import NOW, SHANGHAI
from tests.lending.dashboard import making
from tests.lending.dashboard.making import DAY

pytestmark = pytest.mark.django_db
FIGURES = (
    "open paused due on_time late last_day gross_p50_days gross_p90_days net_p50_days net_p90_days".split()
)
PERIODS = [
    Period(),
    Period(date(2026, 11, 1), date(2026, 11, 20), ""),
    Period(date(2026, 10, 26), date(2026, 11, 1), ""),
    Period(date(2027, 1, 1), date(2027, 1, 31), ""),
]
RECOUNT = """
WITH one AS (
  SELECT l.district_id, r.bank_id, t.id AS clock, (r.pushed_at AT TIME ZONE 'Asia/Shanghai')::date AS pushed_on,
    (SELECT (min(d.recorded_at) AT TIME ZONE 'Asia/Shanghai')::date FROM lending_bankdecision d
      WHERE d.recommendation_id = r.id) AS answered_on,
    (t.due_at AT TIME ZONE 'Asia/Shanghai')::date - 1 AS last_on
  FROM lending_recommendation r, lending_recommendationlist l, lending_deadline t
  WHERE l.id = r.list_id AND t.id = r.deadline_id AND t.state NOT IN ('cancelled')
    AND (%(district)s::bigint IS NULL OR l.district_id = %(district)s)
    AND (%(bank)s::bigint IS NULL OR r.bank_id = %(bank)s)),
owed AS (SELECT * FROM one WHERE last_on BETWEEN %(first)s AND %(last)s
  AND (answered_on IS NOT NULL OR last_on < %(today)s)),
took AS (SELECT count(d.day) AS gross, count(d.day) FILTER (WHERE NOT EXISTS (
      SELECT 1 FROM lending_suspension s WHERE s.deadline_id = one.clock AND s.from_on < d.day AND d.day <= s.until_on
    )) AS net
  FROM one LEFT JOIN LATERAL generate_series(pushed_on + 1, answered_on, '1 day') AS d (day) ON true
  WHERE answered_on BETWEEN %(first)s AND %(last)s GROUP BY one.clock)
SELECT (SELECT count(*) FROM one WHERE answered_on IS NULL),
  (SELECT count(DISTINCT clock) FROM one JOIN lending_suspension s ON s.deadline_id = clock
    WHERE answered_on IS NULL AND s.state = 'granted' AND s.until_on >= %(today)s),
  (SELECT count(*) FROM owed), (SELECT count(*) FROM owed WHERE answered_on <= last_on),
  (SELECT count(*) FROM owed WHERE answered_on > last_on OR answered_on IS NULL),
  (SELECT count(*) FROM owed WHERE answered_on = last_on),
  (SELECT min(gross) FROM took a WHERE 2 * (SELECT count(*) FROM took b WHERE b.gross <= a.gross) >= (SELECT count(*) FROM took)),
  (SELECT min(gross) FROM took a WHERE 10 * (SELECT count(*) FROM took b WHERE b.gross <= a.gross) >= 9 * (SELECT count(*) FROM took)),
  (SELECT min(net) FROM took a WHERE 2 * (SELECT count(*) FROM took b WHERE b.net <= a.net) >= (SELECT count(*) FROM took)),
  (SELECT min(net) FROM took a WHERE 10 * (SELECT count(*) FROM took b WHERE b.net <= a.net) >= 9 * (SELECT count(*) FROM took))
"""


def recount(period: Period, *, district=None, bank=None) -> dict:
    values = {
        "district": district and district.pk, "bank": bank and bank.pk, "today": day_of(NOW),
        "first": period.first or date(2000, 1, 1), "last": period.last or date(2099, 12, 31),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, values)
        return dict(zip(FIGURES, cursor.fetchone(), strict=True))


def figures_of(found) -> dict:
    return {name: getattr(found, name) for name in FIGURES}


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.label)
def test_every_on_time_figure_equals_a_recount_over_the_raw_tables(history, places, period):
    found, (districts, banks) = clocks(Scope(period), now=NOW), places
    told = {"all": figures_of(found.total)}
    told |= {row.code: figures_of(found.by_district[row.pk]) for row in districts}
    told |= {row.code: figures_of(found.by_bank[row.pk]) for row in banks}
    expected = {"all": recount(period)}
    expected |= {row.code: recount(period, district=row) for row in districts}
    expected |= {row.code: recount(period, bank=row) for row in banks}
    assert told == expected


def test_the_history_that_is_recounted_has_something_of_everything(history):
    counted = figures_of(clocks(Scope(Period()), now=NOW).total)
    assert {name for name in FIGURES if not counted[name]} == set()
    assert (
        counted["gross_p50_days"] + counted["gross_p90_days"]
        > counted["net_p50_days"] + counted["net_p90_days"]
    )


def test_within_one_bank_and_district_the_figures_equal_the_recount_too(history, places):
    for district in places[0]:
        for bank in places[1]:
            scope = Scope(PERIODS[1], district=district, bank=bank)
            assert figures_of(clocks(scope, now=NOW).total) == recount(
                PERIODS[1], district=district, bank=bank
            )


def test_the_page_and_the_api_show_these_very_figures(history, cast, api, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    answer = api(cast.city).get("/api/v1/dashboard/sla/").json()
    assert {name: answer["total"][name] for name in FIGURES} == recount(Period())
    by_code = {
        row["code"]: {name: row[name] for name in FIGURES} for row in answer["banks"] + answer["districts"]
    }
    assert by_code[cast.first_bank.code] == recount(Period(), bank=cast.first_bank)
    assert by_code[cast.pudong.code] == recount(Period(), district=cast.pudong)


MIDNIGHT = datetime(2026, 11, 19, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("second", "last_day", "gross"), [(-DAY - timedelta(seconds=1), 0, 14), (-DAY, 1, 15), (-timedelta(seconds=1), 1, 15)]
)  # fmt: skip
def test_the_last_day_begins_at_its_midnight_and_days_are_those_of_shanghai(cast, second, last_day, gross):
    """Pushed at 23:59:59 on the 3rd, due by the end of the 18th."""
    pushed_at = datetime(2026, 11, 3, 23, 59, 59, tzinfo=SHANGHAI)
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, at=pushed_at, stage="with_bank")
    row = making.push(case, bank=cast.first_bank, by=cast.panel, at=pushed_at, due_at=MIDNIGHT)
    making.decide(row, "declined", by=cast.bank, at=MIDNIGHT + second)
    found = clocks(Scope(Period()), now=NOW).total
    assert (found.on_time, found.last_day, found.gross_p50_days, found.net_p90_days) == (
        1,
        last_day,
        gross,
        gross,
    )
