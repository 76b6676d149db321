"""A policy's own ladder: written in the admin, climbed by the sweep, fixed once a clock goes by it."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from lending.models import Alert, DeadlinePolicy, PolicyStep
from lending.sla.kinds import DeadlineKind
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FORM = {"kind": "bank_decision", "length": 9, "unit": "days", "starts_at": "push", "max_suspension_days": 10,
        "effective_from": "2026-01-01"}  # fmt: skip


def told(clock) -> list[tuple]:
    rows = Alert.objects.filter(deadline=clock).order_by("created_at", "id")
    return [(row.step, row.round, row.recipient.split("@")[0]) for row in rows]


def own(*steps: tuple[str, int, str], since: date = date(2026, 1, 1)) -> DeadlinePolicy:
    policy = DeadlinePolicy.objects.create(kind="bank_decision", length=15, effective_from=since)
    PolicyStep.objects.bulk_create(
        PolicyStep(policy=policy, step=step, days=days, to=to) for step, days, to in steps
    )
    return policy


def rows(*steps: tuple[str, int, str]) -> dict:
    """The inline of the admin's page, as a browser sends it."""
    form = {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": 0}
    for n, (step, days, to) in enumerate(steps):
        form |= {f"steps-{n}-step": step, f"steps-{n}-days": days, f"steps-{n}-to": to}
    return form


def test_the_sweep_climbs_the_ladder_of_the_clocks_own_policy(cast):
    general = making.clock(cast)
    own(("due_soon", -8, "coordinators"), ("escalated_city", 2, "city"), ("nag", 3, "panel"))
    special = making.clock(cast)
    for days in (-8, 0, 2, 4, 5, 8):
        sweep(now=special.due_at + days * DAY)
    assert told(special) == [
        ("due_soon", 0, "bankhead"), ("escalated_city", 0, "city"), ("nag", 1, "panel"), ("nag", 1, "panel2"),
        ("nag", 2, "panel"), ("nag", 2, "panel2"),
    ]  # fmt: skip
    special.refresh_from_db()
    assert (special.state, special.breached_at) == ("breached", special.due_at)
    assert {step for step, _round, _who in told(general)} == {
        "overdue", "escalated_bank", "escalated_district", "escalated_city",
    }  # fmt: skip


def test_two_steps_of_one_name_that_reach_one_address_at_once_are_one_letter(cast):
    own(("escalated_district", 1, "panel"), ("escalated_district", 3, "city"))
    User.objects.filter(role="panel").update(email="")
    special = making.clock(cast)
    tally = sweep(now=special.due_at + 3 * DAY)
    assert (told(special), tally.queued, tally.failed) == ([("escalated_district", 0, "city")], 1, 0)


def test_a_running_clock_keeps_the_ladder_it_started_with(cast):
    clock = making.clock(cast)
    own(("overdue", 0, "city"))
    sweep(now=clock.due_at)
    assert [who for _step, _round, who in told(clock)] == ["bank", "bank2", "bankhead"]


@pytest.mark.parametrize("policies", [1, 3])
def test_own_ladders_cost_one_statement_however_many(cast, policies):
    clocks = []
    for n in range(policies):
        own(("overdue", 0, "reviewers"), since=date(2026, 1, 1 + n))
        clocks.append(making.clock(cast))
    with CaptureQueriesContext(connection) as seen:
        sweep(now=clocks[0].due_at)
    asked = [query["sql"] for query in seen if "lending_policystep" in query["sql"]]
    assert (len({clock.policy_id for clock in clocks}), len(asked)) == (policies, 1)


def test_the_city_gives_a_policy_its_own_ladder(cast, web):
    steps = rows(("due_soon", -8, "coordinators"), ("escalated_city", 2, "city"), ("nag", 3, "panel"))
    answer = web(cast.city).post("/admin/lending/deadlinepolicy/add/", FORM | steps)
    policy = DeadlinePolicy.objects.get(length=9)
    assert (answer.status_code, list(policy.steps.values_list("step", "days", "to"))) == (
        302, [("due_soon", -8, "coordinators"), ("escalated_city", 2, "city"), ("nag", 3, "panel")],
    )  # fmt: skip


@pytest.mark.parametrize("step", [
    ("due_soon", 0, "reviewers"), ("last_day", -2, "reviewers"), ("overdue", 1, "reviewers"), ("nag", 0, "panel"),
    ("escalated_city", 0, "city"), ("due_in_two", -2, "reviewers"), ("overdue", 0, "everybody"),
])  # fmt: skip
def test_a_step_that_says_what_is_not_true_then_is_refused_in_the_form(cast, web, step):
    answer = web(cast.city).post("/admin/lending/deadlinepolicy/add/", FORM | rows(step))
    assert (answer.status_code, DeadlinePolicy.objects.filter(length=9).count()) == (200, 0)


@pytest.mark.parametrize(("second", "status"), [(3, 302), (4, 200)])
def test_weekly_letters_of_one_policy_have_one_period(cast, web, second, status):
    steps = rows(("nag", 3, "panel"), ("nag", second, "city"))
    answer = web(cast.city).post("/admin/lending/deadlinepolicy/add/", FORM | steps)
    count = PolicyStep.objects.filter(policy__length=9).count()
    said = "“定期催办”的各行间隔天数应相同。" in answer.content.decode()
    assert (answer.status_code, count, said) == (status, 2 if status == 302 else 0, status == 200)


def test_a_period_that_is_taken_out_does_not_stand_against_another(cast, web):
    policy = own(("nag", 3, "panel"))
    form = FORM | {"length": 15, "steps-TOTAL_FORMS": 2, "steps-INITIAL_FORMS": 1,
                   "steps-0-id": policy.steps.get().pk, "steps-0-policy": policy.pk, "steps-0-step": "nag",
                   "steps-0-days": 3, "steps-0-to": "panel", "steps-0-DELETE": "on",
                   "steps-1-step": "nag", "steps-1-days": 5, "steps-1-to": "panel"}  # fmt: skip
    answer = web(cast.city).post(f"/admin/lending/deadlinepolicy/{policy.pk}/change/", form)
    assert (answer.status_code, list(policy.steps.values_list("days", flat=True))) == (302, [5])


def test_the_ladder_of_a_policy_in_use_is_fixed(cast, web):
    policy = own(("overdue", 0, "reviewers"))
    making.clock(cast, kind=DeadlineKind.BANK_DECISION)
    form = {"effective_until": "2027-12-31", "steps-TOTAL_FORMS": 2, "steps-INITIAL_FORMS": 1,
            "steps-0-id": policy.steps.get().pk, "steps-0-policy": policy.pk, "steps-0-DELETE": "on",
            "steps-1-step": "nag", "steps-1-days": 1, "steps-1-to": "city"}  # fmt: skip
    web(cast.city).post(f"/admin/lending/deadlinepolicy/{policy.pk}/change/", form)
    policy.refresh_from_db()
    assert (policy.effective_until, list(policy.steps.values_list("step", "to"))) == (
        date(2027, 12, 31), [("overdue", "reviewers")],
    )  # fmt: skip


def test_the_page_of_a_policy_says_who_hears_when(cast, web):
    usual, special = making.clock(cast).policy, own(("overdue", 0, "city"), ("nag", 3, "panel"))
    pages = [
        web(cast.bank).get(f"/admin/lending/deadlinepolicy/{policy.pk}/change/").content.decode()
        for policy in (usual, special)
    ]
    said = [
        "推送时:新推送 → 银行审核人", "剩 5 天:即将到期 → 银行审核人", "剩 2 天:剩2天 → 银行审核人",
        "今天到期:今天到期 → 银行审核人", "到期时:已超期 → 银行审核人、银行协调人", "超期满 5 天:超期报市级 → 市级监管",
        "此后每 7 天:定期催办 → 银行审核人、银行协调人、区级工作专班",
        "到期时:已超期 → 市级监管", "此后每 3 天:定期催办 → 区级工作专班",
    ]  # fmt: skip
    assert [[words in page for words in said] for page in pages] == [
        [True] * 7 + [False] * 2,
        [False] * 7 + [True] * 2,
    ]


@pytest.mark.parametrize(("facts", "days", "status"), [
    ({}, -9, 302), ({}, -10, 200), ({"is_working_days": "on"}, -12, 302), ({"is_working_days": "on"}, -13, 200),
    ({"unit": "months"}, -200, 302),
])  # fmt: skip
def test_no_letter_is_due_before_the_clock_starts(cast, web, facts, days, status):
    answer = web(cast.city).post(
        "/admin/lending/deadlinepolicy/add/", FORM | facts | rows(("due_soon", days, "reviewers"))
    )
    assert answer.status_code == status


def test_the_same_letter_twice_is_refused_in_words(cast, web):
    twice = rows(("due_soon", -5, "reviewers"), ("due_soon", -4, "reviewers"))
    answer = web(cast.city).post("/admin/lending/deadlinepolicy/add/", FORM | twice)
    text = answer.content.decode()
    assert (answer.status_code, "同一级别对同一收件人只能有一行。" in text, "policy_step" in text) == (
        200,
        True,
        False,
    )
