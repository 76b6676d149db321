"""A person with a calendar on the wall comes to the same day, step by step and day by day."""

import csv
import json
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.clock import SHANGHAI
from lending.models import DeadlinePolicy
from lending.sla import receipts
from lending.sla.calendar import Calendar, Day, Rule, Suspended, add
from lending.sla.days import Span, days_of, spans_of, weeks_of
from lending.sla.explaining import explain
from lending.sla.kinds import DeadlineKind
from tests.lending.sla import making

PUSHED = datetime(2026, 9, 24, 10, tzinfo=SHANGHAI)
ONE_DAY = timedelta(days=1)


def steps(clock, user, now=PUSHED) -> dict[str, tuple]:
    return {step.key: (step.said, step.notes) for step in explain(clock, user, now).steps}


# ---- Days ----
@given(
    start=st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    length=st.integers(1, 25),
    is_working=st.booleans(),
    is_rolled=st.booleans(),
    rests=st.sets(st.integers(1, 60), max_size=20),
    pauses=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 12)), max_size=2),
)
def test_as_many_days_count_as_the_rule_is_long(start, length, is_working, is_rolled, rests, pauses):
    calendar = Calendar({2026: 1, 2027: 1}, {start + ONE_DAY * n: Day(False, "节") for n in rests})
    moment = datetime(start.year, start.month, start.day, 12, tzinfo=SHANGHAI)
    rule = Rule(length, "days", is_working, is_rolled)
    suspended = [Suspended(start + ONE_DAY * n, start + ONE_DAY * (n + m)) for n, m in pauses]
    computed = add(moment, rule, calendar, suspended)
    told = receipts.receipt(moment, rule, calendar, computed, policy={})
    days = days_of(told, [(one.after, one.until) for one in suspended])
    assert [day.number for day in days if day.number] == list(range(1, length + 1))
    assert (days[0].day, days[0].what, days[-1].day, days[-1].is_last) == (
        start,
        "start",
        computed.last_on,
        True,
    )


def test_weeks_begin_on_monday_and_leave_out_what_is_not_counted():
    receipt = {
        "not_counted": "2026-11-20", "due_on": "2026-11-24", "excluded": [], "rolled_from": None,
        "rule": {"unit": "days", "length": 4},
    }  # fmt: skip
    rows = [[cell and cell.day.day for cell in week] for week in weeks_of(days_of(receipt))]
    assert rows == [[None, None, None, None, 20, 21, 22], [23, 24, None, None, None, None, None]]


def test_days_in_a_row_are_told_once_and_apart_by_their_names():
    days = [
        ("2026-09-25", "中秋节"),
        ("2026-09-26", "中秋节"),
        ("2026-10-01", "国庆节"),
        ("2026-10-02", "周末"),
    ]
    told = spans_of([{"day": day, "name": name} for day, name in days])
    assert told == [
        Span(date(2026, 9, 25), date(2026, 9, 26), "中秋节"), Span(date(2026, 10, 1), date(2026, 10, 1), "国庆节"),
        Span(date(2026, 10, 2), date(2026, 10, 2), "周末"),
    ]  # fmt: skip


# ---- Words ----
@pytest.mark.django_db
def test_the_bank_reads_in_words_why_it_is_due_when_it_is(cast):
    clock = making.clock(cast, now=PUSHED)
    assert steps(clock, cast.bank) == {
        "policy": (
            "银行授信决定:15个自然日,自推送起算,末日遇休息日不顺延",
            (
                "依据:上海银提〔2025〕44号:银行15天内作出是否授信决定",
                f"规则第{clock.policy_id}号,2024年10月15日起施行;适用:全市",
                *([f"补件暂停累计最多{clock.policy.max_suspension_days}天"] if clock.policy.max_suspension_days else []),
            ),
        ),
        "start": ("2026年9月24日 10:00推送,当日不计,自9月25日起算", ()),
        "count": ("15个自然日,周末和节假日照计", ()),
        "calendar": ("本时限不看放假安排,任何一年的安排变动都不影响它", ()),
        "due": ("2026年10月9日24时到期,10月10日零时起为超期", ()),
    }  # fmt: skip


@pytest.mark.django_db
def test_every_day_left_out_is_named(cast):
    clock = making.clock(cast, now=PUSHED, kind=DeadlineKind.PANEL_REVIEW)
    said, notes = steps(clock, cast.panel)["count"]
    assert (said, notes) == (
        "3个工作日,其间休息日3天不计",
        ("9月25日至9月27日 中秋",),
    )


@pytest.mark.django_db
def test_a_due_time_in_a_year_without_notice_says_so(cast):
    clock = making.clock(cast, now=datetime(2026, 12, 30, 9, tzinfo=SHANGHAI), kind=DeadlineKind.PANEL_REVIEW)
    told = steps(clock, cast.panel)
    assert told["calendar"][0] == "2027年放假安排尚未公布,暂按周末推算;公布后自动重算,并在此留下记录"
    assert told["due"][1] == ("暂定:放假安排公布后可能变动",)


@pytest.mark.django_db
def test_a_months_clock_and_one_that_was_rolled_say_how(cast):
    DeadlinePolicy.objects.create(
        kind=DeadlineKind.BANK_DECISION, length=1, unit="months", is_rolled_forward=True, district=cast.xuhui,
        effective_from=date(2026, 1, 1),
    )  # fmt: skip
    told = steps(making.clock(cast, now=PUSHED), cast.bank)
    assert told["count"][0] == "1个月,至对应之日;当月没有对应之日的,以月末为准"
    assert told["rolled"][0] == "末日10月24日是休息日,顺延至10月26日"


@pytest.mark.django_db
def test_a_stopped_clock_says_how_long_it_took(cast):
    clock = making.clock(cast, now=PUSHED)
    clock.state, clock.stopped_at = "met", PUSHED + 4 * ONE_DAY
    assert steps(clock, cast.bank)["stop"] == ("2026年9月28日 10:00,按期办结", ("历时4天",))


# ---- The page and the files ----
@pytest.mark.django_db
def test_the_page_and_the_api_say_the_same(cast, web, api):
    clock = making.recommendation(cast, now=PUSHED).deadline
    page = web(cast.bank).get(f"/deadlines/{clock.pk}/")
    assert (page.status_code, "10月9日24时到期" in page.content.decode()) == (200, True)
    exported = json.loads(web(cast.bank).get(f"/deadlines/{clock.pk}/?format=json").content)
    assert exported == api(cast.bank).get(f"/api/v1/deadlines/{clock.pk}/").json()
    assert (exported["due_at"], len(exported["days"])) == ("2026-10-10T00:00:00+08:00", 16)


@pytest.mark.django_db
def test_the_file_for_a_spreadsheet_holds_every_step_and_runs_nothing(cast, web):
    pushed = making.recommendation(cast, now=PUSHED)
    business = pushed.case.business
    type(business).objects.filter(pk=business.pk).update(name="=1+1")
    answer = web(cast.bank).get(f"/deadlines/{pushed.deadline_id}/?format=csv").content.decode()
    rows = list(csv.reader(StringIO(answer.removeprefix("\ufeff"))))
    assert answer.startswith("\ufeff")
    assert [row[2] for row in rows if row[1] == "企业"] == ["'=1+1"]
    assert [row[1] for row in rows if row[0] == "计算"] == ["适用规则", "起算", "计数", "日历", "到期"]
