"""Who gets which letter, and who steps in where nobody can be reached."""

from datetime import timedelta

import pytest

from accounts.models import Organisation, User
from accounts.roles import Role
from lending.models import Alert
from lending.sla.kinds import DeadlineKind
from lending.sla.sweep import sweep
from tests import factories as make
from tests.lending.sla import making

pytestmark = pytest.mark.django_db


def told(clock):
    """Who is told at the due moment: name → why."""
    sweep(now=clock.due_at)
    rows = Alert.objects.filter(deadline=clock, step="overdue").values_list("recipient", "why")
    return {recipient.split("@")[0]: why for recipient, why in rows}


def without_mail(*people):
    User.objects.filter(pk__in=[person.pk for person in people]).update(email="")


def test_reviewers_and_coordinators_of_the_bank_hear_of_its_clock(cast):
    assert told(making.clock(cast)) == {
        "bank": "您是沪江示范银行的银行审核人员", "bank2": "您是沪江示范银行的银行审核人员",
        "bankhead": "您是沪江示范银行的银行联络人",
    }  # fmt: skip


def test_the_panel_hears_of_its_own_clock(cast):
    assert sorted(told(making.clock(cast, kind=DeadlineKind.PANEL_REVIEW))) == ["panel", "panel2"]


def test_the_officer_who_visited_and_the_panel_hear_of_a_supplement(cast):
    clock = making.clock(cast, kind=DeadlineKind.SUPPLEMENT)
    assert sorted(told(clock)) == ["officer", "panel", "panel2"]


def test_a_branch_that_has_the_case_is_told_instead_of_head_office(cast):
    make.user("at-branch", Role.BANK_REVIEWER, cast.branch)
    clock = making.recommendation(cast, branch=cast.branch).deadline
    assert sorted(told(clock)) == ["at-branch", "bankhead"]


def test_a_branch_without_reviewers_leaves_the_letter_to_head_office(cast):
    clock = making.recommendation(cast, branch=cast.branch).deadline
    assert sorted(told(clock)) == ["bank", "bank2", "bankhead"]


def test_people_without_mail_or_who_have_left_are_passed_over(cast):
    without_mail(cast.bank)
    User.objects.filter(pk=cast.bank2.pk).update(is_active=False)
    assert sorted(told(making.clock(cast))) == ["bankhead"]


def test_the_mailbox_of_the_organisation_gets_its_copy_and_an_address_only_one_letter(cast):
    Organisation.objects.filter(pk=cast.first_bank.pk).update(email="Bank@test.invalid")
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    owed = Alert.objects.filter(step="overdue").values_list("recipient", flat=True)
    assert sorted(owed) == ["bank2@test.invalid", "bank@test.invalid", "bankhead@test.invalid"]


def test_a_bank_where_nobody_can_be_reached_is_answered_for_by_the_district(cast):
    without_mail(cast.bank, cast.bank2, cast.bankhead)
    assert told(making.clock(cast)) == dict.fromkeys(
        ("panel", "panel2"), "您是徐汇区的区级工作专班(应收件的下级没有可用邮箱)"
    )


def test_a_district_where_nobody_can_be_reached_is_answered_for_by_the_city(cast):
    without_mail(cast.panel, cast.panel2)
    assert sorted(told(making.clock(cast, kind=DeadlineKind.PANEL_REVIEW))) == ["city"]


def test_where_nobody_at_all_can_be_reached_the_clock_is_breached_and_the_log_says_so(cast, caplog):
    User.objects.update(email="")
    clock = making.clock(cast)
    assert told(clock) == {}
    clock.refresh_from_db()
    assert (clock.state, [r.levelname for r in caplog.records if "nobody can be told" in r.message]) == (
        "breached", ["ERROR"],
    )  # fmt: skip


def test_another_bank_and_another_district_hear_nothing(cast):
    clock = making.clock(cast)
    for days in range(7):
        sweep(now=clock.due_at + timedelta(days=days))
    strangers = {"bank-other@test.invalid", "panel-other@test.invalid"}
    assert strangers & set(Alert.objects.values_list("recipient", flat=True)) == set()
