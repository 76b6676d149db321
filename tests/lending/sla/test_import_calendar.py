"""A year's calendar from a file: whole or not at all, and open clocks follow with a receipt."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from lending.audit import broken_links
from lending.models import Alert, CalendarDay, CalendarYear, Deadline, Event
from lending.sla import calendars
from lending.sla import services as sla
from lending.sla.calendar import SHANGHAI
from lending.sla.calendar_file import parse
from lending.sla.errors import CalendarFileRefused, YearUnknown
from lending.sla.kinds import DeadlineKind
from lending.sla.recompute import recompute_open
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DECEMBER = datetime(2026, 12, 24, 10, tzinfo=SHANGHAI)
NOTICE = """date,is_workday,name
2027-01-01,0,元旦
2027-01-02,0,元旦
2027-01-03,0,元旦
2027-01-04,0,元旦
2027-01-09,1,元旦调休
"""


@pytest.fixture
def load(tmp_path, capsys):
    def run(text: str, encoding: str = "utf-8") -> dict:
        path = tmp_path / "calendar.csv"
        path.write_bytes(text.encode(encoding))
        call_command("import_calendar", str(path))
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


@pytest.fixture
def provisional(cast):
    """Ten working days from Christmas Eve: 2027-01-07 by weekends alone, if 1 January is taken for a working day."""
    return making.clock(cast, now=DECEMBER, kind=DeadlineKind.SUPPLEMENT)


def shanghai(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat()


def test_a_year_is_loaded_as_its_first_version(load):
    assert load(NOTICE) == {"years": {"2027": 1}, "days": 5, "recomputed": 0, "changed": 0}
    assert list(CalendarDay.objects.filter(day__year=2027, is_workday=True).values_list("day", "name")) == [
        (date(2027, 1, 9), "元旦调休")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_file_may_come_in_the_usual_encodings_and_headings(load, encoding):
    load("日期,类别,名称\n2027/1/1,休,元旦\n20270109,班,调休\n", encoding)
    days = CalendarDay.objects.filter(day__year=2027).order_by("day").values_list("day", "is_workday", "name")
    assert list(days) == [(date(2027, 1, 1), False, "元旦"), (date(2027, 1, 9), True, "调休")]


def test_a_list_of_all_days_is_as_good_as_the_exceptions(load):
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    off = {date(2027, 1, 1)}
    load("date,is_workday\n" + "".join(f"{d},{int(d.weekday() < 5 and d not in off)}\n" for d in days))
    assert list(CalendarDay.objects.filter(day__year=2027).values_list("day", flat=True)) == [
        date(2027, 1, 1)
    ]


def test_a_second_file_replaces_the_whole_year_and_counts_as_the_next_version(load):
    load(NOTICE)
    done = load(NOTICE.replace("2027-01-04,0,元旦\n", ""))
    assert (done["years"], CalendarDay.objects.filter(day__year=2027).count()) == ({"2027": 2}, 4)


@pytest.mark.parametrize(("row", "sentence"), [
    ("2027-02-30,0,x", "第7行:日期“2027-02-30”不认识,请写成 2027-01-01"),
    ("2027-02-03,maybe,x", "第7行:“maybe”不认识,请写 1(上班)或 0(休息)"),
    ("2027-01-01,0,x", "第7行:2027-01-01 与第2行重复"),
    ("1927-01-01,0,x", "第7行:年份 1927 不在 2000—2100 之间"),
    ("2027-03-01,0," + "长" * 41, "第7行:名称最多 40 个字"),
    ("2027-03-01", "第7行:“”不认识,请写 1(上班)或 0(休息)"),
])  # fmt: skip
def test_one_bad_row_is_named_and_nothing_is_loaded(load, row, sentence):
    with pytest.raises(CommandError, match="第7行") as refusal:
        load(NOTICE + row + "\n")
    assert (str(refusal.value), CalendarYear.objects.filter(year=2027).exists()) == (sentence, False)


@pytest.mark.parametrize(
    "text", ["", "\n", "date\n", "a,b,c\n2027-01-01,0,x\n", "date,is_workday\n", "\x00,\x00\n"]
)
def test_a_file_that_is_no_calendar_is_refused(text):
    with pytest.raises(CalendarFileRefused):
        parse(text.splitlines())


def test_a_few_days_do_not_replace_a_known_year(load):
    with pytest.raises(CommandError, match="2026年只有1天") as refusal:
        load("date,is_workday,name\n2026-12-31,0,元旦\n2027-01-01,0,元旦\n")
    left = CalendarDay.objects.filter(day__year=2026).count(), CalendarYear.objects.filter(year=2027).exists()
    assert (left, "2026年只有1天" in str(refusal.value)) == ((39, False), True)


def test_an_open_provisional_clock_is_recomputed_with_a_receipt(load, provisional):
    before = provisional.due_at
    done = load(NOTICE)
    provisional.refresh_from_db()
    assert (done["recomputed"], done["changed"], provisional.is_provisional) == (1, 1, False)
    assert (shanghai(before), shanghai(provisional.due_at)) == (
        "2027-01-08T00:00:00+08:00", "2027-01-10T00:00:00+08:00",
    )  # fmt: skip
    change = provisional.receipt["changes"][0]
    assert (change["old_due_at"], change["new_due_at"], change["reason"]) == (
        "2027-01-08T00:00:00+08:00", "2027-01-10T00:00:00+08:00", "2027年放假安排导入",
    )  # fmt: skip
    assert (provisional.receipt["calendar"], provisional.next_look_at) == (
        {"2026": 1, "2027": 1}, provisional.due_at - timedelta(days=4),
    )  # fmt: skip


def test_a_policy_edited_since_does_not_reach_a_running_clock(load, provisional):
    type(provisional.policy).objects.filter(pk=provisional.policy_id).update(length=1)
    load(NOTICE)
    provisional.refresh_from_db()
    assert shanghai(provisional.due_at) == "2027-01-10T00:00:00+08:00"


def test_the_change_stands_in_the_history_of_the_case_and_the_chain_holds(load, provisional):
    load(NOTICE)
    event = Event.objects.get(case=provisional.case, kind="deadline_changed")
    assert (event.detail["reason"], list(broken_links())) == ("2027年放假安排导入", [])


def test_importing_the_same_year_again_changes_no_clock_twice(load, provisional):
    load(NOTICE)
    assert load(NOTICE)["changed"] == 0


def test_a_stopped_clock_keeps_its_due_date(load, provisional):
    sla.stop_clocks(case=provisional.case, kinds=(DeadlineKind.SUPPLEMENT,), now=DECEMBER)
    before = provisional.due_at
    load(NOTICE)
    provisional.refresh_from_db()
    assert (provisional.due_at, provisional.is_provisional) == (before, True)


def test_a_clock_that_was_late_by_the_old_calendar_runs_again_and_warns_anew(load, provisional):
    now = provisional.due_at
    sweep(now=now)
    with_time = calendars.import_calendar(read=parse(NOTICE.splitlines()), source="x", by=None, now=now)
    provisional.refresh_from_db()
    assert (with_time["changed"], provisional.state, provisional.breached_at) == (1, "running", None)
    sweep(now=provisional.due_at)
    assert Alert.objects.filter(deadline=provisional, step="overdue").values("due_at").distinct().count() == 2


def test_a_day_named_by_hand_makes_a_new_version_and_moves_the_clocks(load, provisional, cast):
    load(NOTICE)
    calendars.set_day(day=date(2027, 1, 8), is_workday=False, name="临时放假", by=cast.city, now=DECEMBER)
    recompute_open(now=DECEMBER)
    provisional.refresh_from_db()
    assert (shanghai(provisional.due_at), CalendarYear.objects.get(year=2027).version) == (
        "2027-01-12T00:00:00+08:00", 2,
    )  # fmt: skip


def test_a_single_day_does_not_make_a_year_known(cast):
    with pytest.raises(YearUnknown):
        calendars.set_day(day=date(2027, 1, 1), is_workday=False, name="元旦", by=cast.city, now=DECEMBER)
    assert Deadline.objects.count() == 0
