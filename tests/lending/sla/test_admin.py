"""Rules and ledgers in the admin: who edits, who reads, what a change sets off."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lending.models import CalendarDay, CalendarYear, DeadlinePolicy
from lending.sla.kinds import DeadlineKind
from lending.sla.recompute import recompute_open
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
NO_STEPS = {
    "steps-TOTAL_FORMS": 0,
    "steps-INITIAL_FORMS": 0,
}  # the policy's own ladder, which is the usual one
PAGES = ("deadlinepolicy", "calendaryear", "calendarday", "deadline", "alert", "sweep")


def page(name: str, tail: str = "") -> str:
    return f"/admin/lending/{name}/{tail}"


@pytest.mark.parametrize(("who", "statuses"), [
    ("city", [200] * 6), ("auditor", [200] * 6), ("bank", [200, 200, 200, 200, 200, 403]),
    ("sysadmin", [403, 403, 403, 403, 403, 200]), ("secadmin", [403] * 6),
])  # fmt: skip
def test_each_role_opens_its_lists(cast, web, who, statuses):
    clock = making.recommendation(cast).deadline
    sweep(now=clock.due_at)
    client = web(getattr(cast, who))
    assert [client.get(page(name)).status_code for name in PAGES] == statuses


@pytest.mark.parametrize("name", ["deadline", "alert"])
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(cast, web, name):
    client, taken = web(cast.city), []
    client.get(page(name))  # what is read once and kept is not counted
    for more in (1, 2):
        clocks = [making.recommendation(cast).deadline for _ in range(more)]
        sweep(now=clocks[0].due_at)
        with CaptureQueriesContext(connection) as seen:
            client.get(page(name))
        taken.append(len(seen))
    assert taken[0] == taken[1]


def test_a_bank_sees_its_own_letters_and_clocks_alone(cast, web):
    mine, other = making.recommendation(cast).deadline, making.clock(cast, bound=cast.other_bank)
    sweep(now=mine.due_at)
    own = web(cast.bank).get(page("deadline")).content.decode()
    told = web(cast.bank).get(page("alert")).content.decode()
    assert (mine.case.number in own, other.case.number in own, "bank-other@" in told, "bankhead@" in told) == (
        True, False, False, True,
    )  # fmt: skip


def test_a_reader_changes_nothing(cast, web):
    policy = DeadlinePolicy.objects.first()
    answers = [web(getattr(cast, who)).post(page("deadlinepolicy", f"{policy.pk}/change/"), {"length": 1}).status_code
               for who in ("auditor", "bank")]  # fmt: skip
    policy.refresh_from_db()
    assert (answers, policy.length) == ([403, 403], 15)


def test_a_policy_in_use_can_only_be_ended(cast, web):
    policy = making.clock(cast).policy
    web(cast.city).post(
        page("deadlinepolicy", f"{policy.pk}/change/"),
        {"length": 1, "effective_until": "2026-12-31", **NO_STEPS},
    )
    policy.refresh_from_db()
    assert (policy.length, policy.effective_until) == (15, date(2026, 12, 31))


def test_the_city_writes_a_new_policy(cast, web):
    form = {"kind": "bank_decision", "district": cast.xuhui.pk, "length": 1, "unit": "months", "starts_at": "push",
            "max_suspension_days": 10, "effective_from": "2027-01-01", "source": "徐汇区通知", **NO_STEPS}  # fmt: skip
    answer = web(cast.city).post(page("deadlinepolicy", "add/"), form)
    assert (
        answer.status_code,
        DeadlinePolicy.objects.filter(district=cast.xuhui, unit="months").count(),
    ) == (302, 1)


@pytest.mark.parametrize(
    "changes", [{"programme": "patent-pilot"}, {"length": 0}, {"length": 99999}, {"length": "x"}]
)
def test_a_policy_that_would_never_apply_or_never_end_is_refused_in_the_form(cast, web, changes):
    form = {
        "kind": "bank_decision",
        "length": 15,
        "unit": "days",
        "starts_at": "push",
        "effective_from": "2027-01-01",
        "max_suspension_days": 10,
        **NO_STEPS,
    }
    answer = web(cast.city).post(page("deadlinepolicy", "add/"), form | changes)
    assert (answer.status_code, DeadlinePolicy.objects.filter(effective_from="2027-01-01").count()) == (
        200,
        0,
    )


def test_a_policy_may_be_for_one_of_the_lists(cast, web):
    form = {"kind": "bank_decision", "length": 10, "unit": "days", "starts_at": "push", "effective_from": "2027-01-01",
            "programme": "patent_pilot", "max_suspension_days": 10, **NO_STEPS}  # fmt: skip
    web(cast.city).post(page("deadlinepolicy", "add/"), form)
    assert DeadlinePolicy.objects.get(effective_from="2027-01-01").programme == "patent_pilot"


def test_working_months_are_refused_in_the_form(cast, web):
    form = {"kind": "bank_decision", "length": 1, "unit": "months", "starts_at": "push", "is_working_days": "on",
            "effective_from": "2027-01-01", "max_suspension_days": 10, **NO_STEPS}  # fmt: skip
    assert web(cast.city).post(page("deadlinepolicy", "add/"), form).status_code == 200


def test_a_day_changed_by_hand_moves_the_clocks_and_makes_a_version(cast, web):
    clock = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    before, version = clock.due_at, CalendarYear.objects.get(year=2026).version
    answer = web(cast.city).post(page("calendarday", "add/"), {"day": "2026-11-25", "name": "临时放假"})
    recompute_open(now=before)
    clock.refresh_from_db()
    assert (answer.status_code, clock.due_at - before, CalendarYear.objects.get(year=2026).version - version) == (
        302, timedelta(days=3), 1,  # ten working days ended on a Friday: one more is the Monday
    )  # fmt: skip
    web(cast.city).post(page("calendarday", "2026-11-25/delete/"), {"post": "yes"})
    recompute_open(now=before)
    clock.refresh_from_db()
    assert (clock.due_at, len(clock.receipt["changes"])) == (before, 2)


def test_a_day_of_a_year_without_a_notice_is_refused_in_the_form(cast, web):
    answer = web(cast.city).post(page("calendarday", "add/"), {"day": "2027-01-01", "name": "元旦"})
    assert (answer.status_code, CalendarDay.objects.filter(day__year=2027).count()) == (200, 0)


@pytest.mark.parametrize(("facts", "status"), [
    ({}, 302), ({"starts_at": "receipt"}, 200), ({"max_suspension_days": 1}, 200),
])  # fmt: skip
def test_other_clocks_start_with_what_starts_them_and_do_not_wait_for_papers(cast, web, facts, status):
    form = {
        "kind": "contact",
        "length": 9,
        "unit": "days",
        "starts_at": "push",
        "effective_from": "2027-01-01",
        "max_suspension_days": 0,
        **NO_STEPS,
    }
    answer = web(cast.city).post(page("deadlinepolicy", "add/"), form | facts)
    assert answer.status_code == status


@pytest.mark.parametrize("starts_at", ["push", "receipt", "complete"])
def test_every_starting_point_is_offered(cast, web, starts_at):
    form = {
        "kind": "bank_decision",
        "length": 9,
        "unit": "days",
        "starts_at": starts_at,
        "effective_from": "2027-01-01",
        "max_suspension_days": 10,
        **NO_STEPS,
    }
    offered = web(cast.city).get(page("deadlinepolicy", "add/")).content.decode()
    answer = web(cast.city).post(page("deadlinepolicy", "add/"), form)
    assert (f'value="{starts_at}"' in offered, answer.status_code) == (True, 302)


RULE = {"kind": "bank_decision", "length": 9, "unit": "days", "starts_at": "push", "effective_from": "2027-01-01",
        "max_suspension_days": 10, **NO_STEPS}  # fmt: skip


@pytest.mark.parametrize(("facts", "said"), [
    ({"length": 366}, None), ({"length": 367}, "最长366日或24个月。"), ({"length": 24, "unit": "months"}, None),
    ({"length": 25, "unit": "months"}, "最长366日或24个月。"), ({"max_suspension_days": 90}, None),
    ({"max_suspension_days": 91}, "最多90天。"), ({"effective_until": "2027-01-01"}, None),
    ({"effective_until": "2026-12-31"}, "不能早于施行日期。"),
    ({"unit": "months", "is_working_days": "on"}, "按月计算的时限不能按工作日,请改按日或取消勾选。"),
])  # fmt: skip
def test_a_rule_out_of_bounds_is_refused_in_words(cast, web, facts, said):
    answer = web(cast.city).post(page("deadlinepolicy", "add/"), RULE | facts)
    errors = answer.context["adminform"].form.errors if said else {}
    assert (answer.status_code, [one for some in errors.values() for one in some]) == (
        200 if said else 302, [said] if said else [],
    )  # fmt: skip


def test_a_rule_says_what_really_starts_its_clocks(cast, web):
    listed = web(cast.city).get(page("deadlinepolicy")).content.decode()
    policies = {policy.kind: policy for policy in DeadlinePolicy.objects.all()}
    shown = {
        kind: web(cast.city).get(page("deadlinepolicy", f"{policies[kind].pk}/change/")).content.decode()
        for kind in ("bank_decision", "disbursement")
    }
    assert [word in listed for word in ("推送", "送审", "退回补正", "授信")] == [True] * 4
    assert {kind: 'name="starts_at"' in text for kind, text in shown.items()} == {
        "bank_decision": True, "disbursement": False,
    }  # fmt: skip


def test_a_letter_names_its_clock_and_is_found_by_the_organisation(cast, web):
    clock = making.clock(cast, kind=DeadlineKind.CONTACT)
    sweep(now=clock.due_at)
    texts = [
        web(cast.city).get(page("alert", tail)).content.decode()
        for tail in ("?q=沪江示范", "?q=没有这家", f"{clock.alerts.first().pk}/change/")
    ]
    shown = '<span class="whitespace-nowrap">首次对接</span>'
    assert [shown in text for text in texts] == [True, False, True]
