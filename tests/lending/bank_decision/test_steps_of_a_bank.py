"""接收, 首次对接 and 放款 have clocks of their own: when they start, what stops them, and that they make no case late."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import visible_to
from accounts.roles import Role
from lending.bank_decision import services
from lending.models import Alert, Deadline, DeadlinePolicy, FinancingCase, Recommendation
from lending.progress import queries
from lending.progress.line import running_clock
from lending.progress.viewer import PANEL, viewer_of
from lending.progress.withdrawing import withdraw_case
from lending.recommendation_list.services import issue_list
from lending.sla import queries as clocks
from lending.sla.sweep import sweep
from lending.stages import Stage
from lending.workflow import advance
from tests import factories as make
from tests.factories import NOW, SHANGHAI
from tests.lending import story
from tests.lending.bank_decision import stage
from visits.models import BusinessList, ListMembership

pytestmark = pytest.mark.django_db
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
RECEIVED_BY, CONTACTED_BY = datetime(2026, 11, 25, tzinfo=SHANGHAI), datetime(2026, 11, 28, tzinfo=SHANGHAI)


@pytest.fixture
def push(cast) -> Recommendation:
    return pushed(cast)


def pushed(cast, *banks) -> Recommendation:
    """The first of the pushes of one list, on Friday 20 November."""
    banks = banks or (cast.first_bank,)
    case = story.recommended(cast, banks=banks)
    made = issue_list(district=cast.xuhui, items=[(case, bank) for bank in banks], by=cast.panel, now=NOW)
    return made.items.get(bank=banks[0])


def states(push, bank=None) -> dict[str, str]:
    rows = Deadline.objects.filter(case=push.case, bound=bank or push.bank).order_by("pk")
    return dict(rows.values_list("kind", "state"))


def contact(push, by, *, now, is_reached=True):
    services.record_contact(recommendation=push, at=now, mode="phone", is_reached=is_reached, by=by, now=now)


def approve(push, by, *, now=NOW + HOUR):
    services.decide(recommendation=push, answer=stage.granted(decided_on=now.date()), by=by, now=now)


def test_a_push_starts_the_clocks_of_receipt_and_first_contact_beside_the_decision(push):
    rows = Deadline.objects.filter(bound=push.bank).values_list("kind", "due_at").order_by("due_at")
    assert list(rows) == [
        ("receipt", RECEIVED_BY), ("contact", CONTACTED_BY), ("bank_decision", push.deadline.due_at),
    ]  # fmt: skip
    assert push.deadline.kind == "bank_decision"


def test_a_receipt_stops_its_own_clock_alone(cast, push):
    services.receive(recommendation=push, by=cast.bank, now=NOW + HOUR)
    assert states(push) == {"bank_decision": "running", "receipt": "met", "contact": "running"}


@pytest.mark.parametrize(("now", "state"), [
    (RECEIVED_BY - SECOND, "met"), (RECEIVED_BY, "met_late"),
])  # fmt: skip
def test_a_receipt_is_in_time_until_the_last_second(cast, push, now, state):
    services.receive(recommendation=push, by=cast.bank, now=now)
    assert states(push)["receipt"] == state


def test_only_a_contact_that_reaches_the_firm_stops_the_clock_of_the_contact(cast, push):
    contact(push, cast.bank, now=NOW + HOUR, is_reached=False)
    tried = states(push)
    contact(push, cast.bank, now=NOW + 2 * HOUR)
    assert (tried, states(push)) == (
        {"bank_decision": "running", "receipt": "met", "contact": "running"},
        {"bank_decision": "running", "receipt": "met", "contact": "met"},
    )


def test_an_approval_stops_what_led_to_it_and_starts_the_clock_of_the_disbursement(cast, push):
    approve(push, cast.bank)
    clock = Deadline.objects.get(kind="disbursement")
    assert states(push) == {
        "bank_decision": "met", "receipt": "met", "contact": "met", "disbursement": "running",
    }  # fmt: skip
    assert (clock.due_at, clock.receipt["words"]) == (
        datetime(2026, 12, 21, tzinfo=SHANGHAI), "11月20日授信,次日起算30个自然日,12月20日24时到期",
    )  # fmt: skip


def test_the_first_payment_stops_the_clock_of_the_disbursement(cast, push):
    approve(push, cast.bank)
    for n in (1, 2):
        services.disburse(
            recommendation=push, amount_yuan=Decimal("1000.00"), annual_rate_pct=Decimal("3.8500"),
            disbursed_on=NOW.date(), loan_last4=f"000{n}", by=cast.bank, now=NOW + n * DAY,
        )  # fmt: skip
    clock = Deadline.objects.get(kind="disbursement")
    assert (clock.state, clock.stopped_at) == ("met", NOW + DAY)


@pytest.mark.parametrize("to", [Stage.DECLINED, Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN])
def test_money_that_is_not_paid_after_all_is_not_paid_late(cast, push, to):
    approve(push, cast.bank)
    case = FinancingCase.objects.get(pk=push.case_id)
    advance(case, to, by=cast.panel, now=NOW + 60 * DAY, kind="closed_unfunded")
    assert states(push)["disbursement"] == "cancelled"


def test_a_refusal_starts_no_clock_of_a_disbursement(cast, push):
    services.decide(recommendation=push, answer=stage.declined(), by=cast.bank, now=NOW + HOUR)
    assert states(push) == {"bank_decision": "met", "receipt": "met", "contact": "met"}


def test_an_approval_cancels_every_clock_of_the_other_banks(cast):
    push = pushed(cast, cast.first_bank, cast.other_bank)
    approve(push, cast.bank)
    assert states(push, cast.other_bank) == {
        "bank_decision": "cancelled", "receipt": "cancelled", "contact": "cancelled",
    }  # fmt: skip


def test_a_withdrawal_cancels_every_clock(cast, push):
    withdraw_case(case=push.case, by=None, now=NOW + HOUR)
    assert states(push) == {"bank_decision": "cancelled", "receipt": "cancelled", "contact": "cancelled"}


def test_where_no_policy_is_in_force_there_is_no_clock(cast):
    DeadlinePolicy.objects.exclude(kind__in=("bank_decision", "panel_review")).delete()
    push = pushed(cast)
    approve(push, cast.bank)
    assert states(push) == {"bank_decision": "met"}


def test_each_case_of_a_list_goes_by_the_policy_of_its_own_programme(cast):
    DeadlinePolicy.objects.create(
        kind="receipt", programme="patent_pilot", length=1, unit="months", effective_from=NOW.date()
    )
    cases = [story.recommended(cast, banks=(cast.first_bank,)) for _ in range(2)]
    pilot = BusinessList.objects.get(code="patent_pilot")
    ListMembership.objects.create(business=cases[0].business, list=pilot)
    items = [(case, cast.first_bank) for case in cases]
    issue_list(district=cast.xuhui, items=items, by=cast.panel, now=NOW)
    due = [Deadline.objects.get(case=case, kind="receipt").due_at for case in cases]
    assert due == [datetime(2026, 12, 21, tzinfo=SHANGHAI), RECEIVED_BY]


def test_a_late_receipt_warns_inside_the_bank_and_makes_no_case_overdue(cast, push):
    now = CONTACTED_BY + DAY
    tally = sweep(now=now)
    case = FinancingCase.objects.filter(pk=push.case_id)
    told = set(
        Alert.objects.filter(step__in=("overdue", "escalated_bank")).values_list("recipient", flat=True)
    )
    assert (tally.breached, told) == (2, {"bank@test.invalid", "bank2@test.invalid", "bankhead@test.invalid"})
    assert (clocks.overdue(now).count(), clocks.due_soon(now).count()) == (0, 0)
    assert (clocks.overdue(push.deadline.due_at).count(), clocks.due_soon(NOW + 13 * DAY).count()) == (1, 1)
    found = [
        queries.overdue(case, viewer, at, True).count()
        for viewer in (PANEL, viewer_of(cast.bank))
        for at in (now, push.deadline.due_at)
    ]
    assert found == [0, 1, 0, 1]


def test_the_queue_of_the_district_and_the_case_show_the_decisions_clock(cast, web, push):
    case = queries.with_story(FinancingCase.objects.filter(pk=push.case_id), PANEL).get()
    assert sorted(clock.kind for clock in case.clocks) == ["bank_decision", "contact", "receipt"]
    assert running_clock(case).kind == "bank_decision"
    page = web(cast.panel).get("/district/cases/?stage=with_bank").content.decode()
    assert ("12月5日24时" in page, "11月24日24时" in page) == (True, False)


def test_every_clock_of_the_bank_goes_with_the_case_to_the_branch(cast, push):
    here = make.user("here", Role.BANK_REVIEWER, cast.branch)
    before = visible_to(here, Deadline).count()
    services.allot_branch(recommendation=push, branch=cast.branch, by=cast.bankhead, now=NOW + HOUR)
    assert (before, visible_to(here, Deadline).count()) == (0, 3)
    sweep(now=RECEIVED_BY)
    told = Alert.objects.filter(deadline__kind="receipt").values_list("recipient", flat=True)
    steps = visible_to(here, Alert).order_by("pk").values_list("step", flat=True)
    assert (list(told), list(steps)) == (["here@test.invalid"], ["assigned", "overdue"])
    services.allot_branch(recommendation=push, branch=None, by=cast.bankhead, now=RECEIVED_BY)
    assert set(Deadline.objects.filter(bound=push.bank).values_list("branch", flat=True)) == {None}


def test_a_branch_that_gets_the_case_later_is_told_of_it_once(cast, push):
    make.user("here", Role.BANK_REVIEWER, cast.branch)
    at_push = assigned()
    for hours, branch in enumerate((cast.branch, None, cast.branch), start=1):
        services.allot_branch(recommendation=push, branch=branch, by=cast.bankhead, now=NOW + hours * HOUR)
    first = [("bank", NOW), ("bank2", NOW)]
    assert (at_push, assigned()) == (first, [*first, ("here", NOW + HOUR)])


def test_an_allotment_that_does_not_come_to_pass_owes_nobody_a_letter(cast, push, monkeypatch):
    make.user("here", Role.BANK_REVIEWER, cast.branch)
    monkeypatch.setattr(services.audit, "record", None)
    with pytest.raises(TypeError):
        services.allot_branch(recommendation=push, branch=cast.branch, by=cast.bankhead, now=NOW)
    assert "here" not in dict(assigned())


def assigned() -> list[tuple]:
    rows = Alert.objects.filter(step="assigned").values_list("recipient", "created_at")
    return sorted((address.split("@")[0], at) for address, at in rows)


def test_the_clock_of_the_disbursement_stays_with_the_branch_that_approved(cast, push):
    make.user("here", Role.BANK_REVIEWER, cast.branch)
    services.allot_branch(recommendation=push, branch=cast.branch, by=cast.bankhead, now=NOW)
    approve(push, cast.bankhead)
    assert Deadline.objects.get(kind="disbursement").branch == cast.branch


@pytest.mark.parametrize("items", [1, 3])
def test_the_clocks_of_a_long_list_are_started_together(cast, items):
    cases = [story.recommended(cast, banks=(cast.first_bank,)) for _ in range(items)]
    with CaptureQueriesContext(connection) as seen:
        issue_list(
            district=cast.xuhui, items=[(case, cast.first_bank) for case in cases], by=cast.panel, now=NOW
        )
    inserted = [q["sql"] for q in seen if q["sql"].startswith('INSERT INTO "lending_deadline"')]
    assert len(inserted) == items + 1
