"""The one row gate, and what each role may do."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.access import get_visible, may, visible_to
from accounts.errors import NotFound
from accounts.idempotency_record import IdempotencyRecord
from accounts.models import Organisation
from accounts.roles import HOME, MAY, Do, Role
from tests import factories as make
from visits.models import Business

pytestmark = pytest.mark.django_db


def test_nobody_sees_nothing(cast):
    assert visible_to(AnonymousUser(), Organisation).count() == 0


def test_a_switched_off_account_sees_nothing(cast):
    cast.city.is_active = False
    assert visible_to(cast.city, Organisation).count() == 0


def test_a_model_without_a_gate_shows_no_row(cast):
    assert visible_to(cast.city, IdempotencyRecord).query.is_empty()


@pytest.mark.parametrize("key", ["x\x00y", "9" * 400, "不存在"])
def test_a_key_that_cannot_be_one_is_not_found(cast, key):
    with pytest.raises(NotFound):
        get_visible(cast.city, Business, credit_code=key)
    with pytest.raises(NotFound):
        get_visible(cast.city, Business, pk=key)


def test_a_panel_sees_the_businesses_of_its_own_district_only(cast):
    here, there = make.business(), make.business(at=cast.pudong)
    assert list(visible_to(cast.panel, Business)) == [here]
    assert list(visible_to(cast.panel_other, Business)) == [there]
    assert set(visible_to(cast.city, Business)) == {here, there}
    for nobody in (cast.bank, cast.sysadmin, cast.secadmin, cast.auditor):
        assert list(visible_to(nobody, Business)) == []


def test_a_person_without_an_organisation_sees_no_business(cast):
    make.business()
    for role in (Role.PANEL, Role.BANK_REVIEWER, Role.BANK_COORDINATOR, Role.FIELD_OFFICER):
        lost = make.user(f"lost-{role}", role, None)
        assert visible_to(lost, Business).count() == 0


def test_every_role_has_its_rights_and_its_place():
    assert set(MAY) == set(HOME) == set(Role)


def test_no_right_is_held_by_nobody():
    assert set(Do) == frozenset().union(*MAY.values())


def test_the_three_administrators_share_no_right_and_hold_no_business_right():
    admins = [MAY[Role.SYSTEM_ADMIN], MAY[Role.SECURITY_ADMIN], MAY[Role.AUDITOR]]
    others = frozenset().union(*(MAY[role] for role in MAY if MAY[role] not in admins))
    assert sum(map(len, admins)) == len(frozenset().union(*admins))
    assert frozenset().union(*admins) & others == frozenset()


def test_nobody_may_do_anything_without_signing_in():
    assert [may(AnonymousUser(), thing) for thing in Do] == [False] * len(Do)
