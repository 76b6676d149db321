"""The name and number a bank gets with a recommendation."""

from decimal import Decimal

import pytest

from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from visits.field.rules import NeedSaid

pytestmark = pytest.mark.django_db
WHOLE = {"amount_yuan": Decimal("500000.00"), "purpose": "working_capital"}


def contact(cast, need: NeedSaid, **facts) -> dict:
    firm = make.business(at=cast.xuhui, **facts)
    return story.pushed(cast, of=firm, now=NOW, need=need).snapshot["contact"]


def test_the_bank_is_told_whom_the_need_names(cast):
    need = NeedSaid(**WHOLE, contact_name="李会计", contact_phone="13800000001")
    assert contact(cast, need, phone="13900000001") == {"name": "李会计", "phone": "13800000001"}


def test_without_a_number_in_the_need_the_register_is_asked(cast):
    assert contact(cast, NeedSaid(**WHOLE), phone="13900000001") == {
        "name": "测试业主",
        "phone": "13900000001",
    }


def test_where_nobody_knows_a_number_there_is_none(cast):
    assert contact(cast, NeedSaid(**WHOLE)) == {"name": "测试业主", "phone": ""}
