"""Starting and stopping clocks."""

import pytest

from tests.lending.sla import making

pytestmark = pytest.mark.django_db


def test_a_bank_clock_started_by_push_is_due_at_the_end_of_the_fifteenth_day(cast):
    clock = making.clock(cast)
    assert clock.due_at.isoformat() == "2026-12-06T00:00:00+08:00"
    assert clock.receipt["words"] == "11月20日推送,次日起算15个自然日,12月5日24时到期"
