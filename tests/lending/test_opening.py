"""What a recorded visit does to cases."""

import pytest

from lending.models import FinancingCase

pytestmark = pytest.mark.django_db


def test_the_cast_stands_on_reference_data(cast):
    assert (cast.xuhui.name, cast.officer.district.code, cast.officer.bank.code) == (
        "徐汇区",
        "310104",
        "DEMO-B1",
    )
    assert FinancingCase.objects.count() == 0
