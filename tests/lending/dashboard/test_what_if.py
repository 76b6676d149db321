"""假设测算: who would have been late by another rule, to the second and against a walk through the days."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest

from lending.dashboard.period import Period
from lending.dashboard.scope import Scope
from lending.dashboard.what_if import CONDITIONS, Outcome, rows_of, supposed
from lending.models import Deadline, Recommendation, Suspension
from lending.sla.calendar import Rule, day_of, end_of
from tests import factories as make
from tests.factories import NOW, SHANGHAI
from tests.lending.dashboard import making
from tests.lending.dashboard.making import DAY

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
PUSHED_AT = datetime(
    2026, 9, 18, 10, tzinfo=SHANGHAI
)  # the last row of the table of deadlines in contract.md
RULES = [Rule(3), Rule(10), Rule(15), Rule(7, "days", True), Rule(10, "days", False, True), Rule(1, "months")]
WORKING = Rule(15, "days", True)


def pushed(cast, *, at=PUSHED_AT, bank=None, district=None):
    case = making.case(make.business(at=district or cast.xuhui), by=cast.officer, at=at, stage="with_bank")
    return making.push(case, bank=bank or cast.first_bank, by=cast.panel, at=at)


def outcome(rule, now=NOW, **scope) -> Outcome:
    return supposed(rule, Scope(Period(), **scope), now=now).total


def suspend(row: Recommendation, cast, after: date, days: int, state: str = "ended") -> None:
    ended = {"ended_at": end_of(after + days * DAY)} if state == "ended" else {}
    Suspension.objects.create(
        deadline=row.deadline, papers="流水", reason="缺", asked_days=days, asked_at=NOW, asked_by=cast.bank, state=state,
        decided_at=NOW, decided_by=cast.panel, from_on=after, until_on=after + days * DAY, **ended,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "last_on"),
    [
        (Rule(15), date(2026, 10, 3)), (Rule(15, "days", False, True), date(2026, 10, 8)), (WORKING, date(2026, 10, 15)),
        (Rule(1, "months"), date(2026, 10, 18)), (Rule(1), date(2026, 9, 19)),
    ],
)  # fmt: skip
def test_the_last_second_is_in_time_and_the_next_is_late(cast, rule, last_on):
    told = []
    for at in (end_of(last_on) - SECOND, end_of(last_on)):
        making.decide(row := pushed(cast), "declined", by=cast.bank, at=at)
        told.append(outcome(rule).is_late)
        Deadline.objects.filter(pk=row.deadline_id).update(state="cancelled")
    assert told == [0, 1]


@pytest.mark.parametrize(("now", "is_late"), [(-SECOND, 0), (0 * SECOND, 1)])
def test_what_is_not_answered_yet_is_late_from_the_midnight_on(cast, now, is_late):
    pushed(cast)
    found = outcome(Rule(10), now=end_of(date(2026, 9, 28)) + now)
    assert found == Outcome(counted=1, is_late=is_late, newly_late=is_late, is_due=is_late)


def test_a_longer_time_takes_back_what_was_late(cast):
    making.decide(pushed(cast), "approved", by=cast.bank, at=PUSHED_AT + 20 * DAY)
    found = outcome(Rule(1, "months"))
    assert (found.was_late, found.is_late, found.newly_late, found.no_longer_late) == (1, 0, 0, 1)
    assert (found.was_on_time_pct, found.is_on_time_pct) == (0.0, 100.0)


def test_suspended_days_are_left_out(cast):
    """Due on 28 September by 10 days, on 3 October with five days left out."""
    row = pushed(cast)
    suspend(row, cast, date(2026, 9, 22), 5)
    making.decide(row, "approved", by=cast.bank, at=end_of(date(2026, 10, 3)) - SECOND)
    assert (outcome(Rule(10)).is_late, outcome(Rule(9)).is_late) == (0, 1)


def test_a_suspension_after_the_supposed_end_cannot_have_been_granted(cast):
    row = pushed(cast)
    suspend(row, cast, date(2026, 9, 22), 5)
    making.decide(row, "approved", by=cast.bank, at=PUSHED_AT + 6 * DAY)
    assert [outcome(Rule(days)).is_late for days in (3, 4)] == [1, 0]


def late_by_walking(row: Recommendation, days: int) -> bool:
    """Day by day: calendar days that are not suspended, and the first of them after the last is too late."""
    pauses = [
        (one.from_on, one.until_on) for one in row.deadline.suspensions.order_by("from_on") if one.until_on
    ]
    day, left = day_of(row.pushed_at), days
    answered = day_of(row.deadline.stopped_at or NOW)
    while day < answered:
        day += timedelta(days=1)
        if any(after < day <= until for after, until in pauses):
            continue
        left -= 1
        if left < 0:
            return True
        if left == 0:  # what begins later than this day never began
            pauses = [(after, until) for after, until in pauses if after <= day]
    return False


@pytest.mark.parametrize("days", [3, 10, 15, 18])
def test_each_district_and_bank_equals_a_walk_through_the_days(history, places, days):
    found = supposed(Rule(days), Scope(Period()), now=NOW)
    rows = Recommendation.objects.exclude(deadline__state="cancelled").select_related("deadline", "list")
    expected = {}
    for row in rows:
        expected.setdefault((row.list.district_id, row.bank_id), []).append(late_by_walking(row, days))
    told = {pair: (one.counted, one.is_late) for pair, one in found.by_pair.items()}
    assert told == {pair: (len(late), sum(late)) for pair, late in expected.items()}
    assert found.total.is_late == found.total.was_late + found.total.newly_late - found.total.no_longer_late


@pytest.mark.parametrize("rule", RULES)
def test_every_number_leads_to_a_list_of_that_length(history, places, rule):
    scope = Scope(Period(date(2026, 10, 1), date(2026, 11, 10), ""), bank=places[1][0])
    found = supposed(rule, scope, now=NOW).total
    lists = {what: rows_of(what, rule, scope, now=NOW, page=1)[1] for what in CONDITIONS}
    assert lists == {what: getattr(found, what) for what in CONDITIONS}


def test_the_page_costs_the_same_statements_for_one_clock_and_for_many(cast, web, django_assert_num_queries):
    client = web(cast.city)
    for _ in range(2):
        pushed(cast)
        # session and person 2; days, suspensions, calendar 2, the count 1; names 1; choices of the filter 2
        with django_assert_num_queries(10):
            assert client.get("/city/what-if/?length=10").status_code == 200


def test_a_year_without_a_notice_is_named(cast, web):
    pushed(cast, at=NOW)
    assert supposed(Rule(30, "days", True), Scope(Period()), now=NOW).unknown_years == (2027,)
    assert (
        "2027年放假安排未公布"
        in web(cast.city).get("/city/what-if/?length=60&unit=workdays").content.decode()
    )


def test_the_file_has_a_line_for_each_district_and_bank(cast, web):
    making.decide(pushed(cast), "approved", by=cast.bank, at=PUSHED_AT + 12 * DAY)
    pushed(cast, bank=cast.other_bank, district=cast.pudong)
    answer = web(cast.city).get("/city/what-if/?length=10&format=csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines == [
        ["区", "银行", "笔数", "实际未按期", "假设未按期", "新增", "减少", "实际按时率", "假设按时率"],
        ["徐汇区", cast.first_bank.name, "1", "0", "1", "1", "0", "100.0", "0.0"],
        ["浦东新区", cast.other_bank.name, "1", "1", "1", "0", "0", "0.0", "0.0"],
    ]


def test_a_panel_supposes_for_its_own_district_only(cast, web):
    pushed(cast)
    pushed(cast, district=cast.pudong)
    seen = [
        web(who).get("/district/what-if/").context["figures"][0]["value"]
        for who in (cast.panel, cast.panel_other)
    ]
    assert seen == ["1", "1"]
    assert web(cast.panel).get("/district/what-if/?district=310115").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["length=0", "length=x", "length=367", "length=251&unit=workdays", "length=25&unit=months", "unit=years", "roll=yes",
     "length=%00", "length=99999999999999999999", "length=١٢", "format=xml", "lenght=3", "sort=wealth", "from=x"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(cast, web, query):
    assert web(cast.city).get(f"/city/what-if/?{query}").status_code == 400


@pytest.mark.parametrize("path", ["was/", "is_late/?page=0", "is_late/?length=0"])
def test_a_list_that_is_not_there_is_refused(cast, web, path):
    assert web(cast.city).get(f"/city/what-if/{path}").status_code == (404 if path == "was/" else 400)
