"""Which rows of the alert ledger a bank may read: those about what was pushed to it, and addressed to it."""

from datetime import timedelta

import pytest

from accounts.access import visible_to
from accounts.roles import Role
from lending.models import Alert
from lending.sla.kinds import DeadlineKind
from lending.sla.sweep import sweep
from lending.stages import Stage
from tests import factories as make
from tests.lending.sla import making

pytestmark = pytest.mark.django_db


def seen(user) -> list[str]:
    return sorted(row.recipient.split("@")[0] for row in visible_to(user, Alert).order_by("pk"))


def test_a_bank_whose_officer_visited_sees_no_letter_about_a_case_that_goes_to_another(cast):
    supplement = making.clock(cast, kind=DeadlineKind.SUPPLEMENT, of=making.case(cast, stage=Stage.RETURNED))
    elsewhere = making.recommendation(cast, bank=cast.other_bank).deadline
    make.user("at-branch", Role.BANK_REVIEWER, cast.branch)
    sweep(now=supplement.due_at + timedelta(days=30))
    to_the_visitor = Alert.objects.filter(deadline=supplement, organisation=cast.branch).count()
    readers = [seen(user) for user in (cast.bank, cast.bankhead, cast.officer)]
    assert (to_the_visitor, readers, sorted(set(seen(cast.bank_other)))) == (2, [[], [], []], ["bank-other"])
    assert Alert.objects.filter(deadline=elsewhere, organisation=cast.other_bank).count() == len(
        seen(cast.bank_other)
    )


def test_a_branch_reads_the_letters_about_its_own_cases_alone(cast):
    here = make.user("here", Role.BANK_REVIEWER, cast.branch)
    other_branch = make.branch(cast.first_bank, cast.pudong)
    there = make.user("there", Role.BANK_REVIEWER, other_branch)
    mine = making.recommendation(cast, branch=cast.branch).deadline
    making.recommendation(cast, branch=other_branch), making.recommendation(cast)
    sweep(now=mine.due_at)
    assert (seen(here), seen(there)) == (["here"], ["there"])
    assert seen(cast.bankhead) == ["bank", "bank2", *["bankhead"] * 3, "here", "there"]


def test_a_bank_does_not_read_what_the_district_and_the_city_were_told_about_it(cast):
    clock = making.recommendation(cast).deadline
    sweep(now=clock.due_at + timedelta(days=9))
    told = set(Alert.objects.values_list("organisation__kind", flat=True))
    shown = set(visible_to(cast.bankhead, Alert).values_list("organisation__kind", flat=True))
    assert (told, shown) == ({"bank", "city", "district"}, {"bank"})
