"""When letters may leave."""

from datetime import datetime

import pytest

from lending.models import Alert
from lending.sla.hours import may_leave_at
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from tests.lending.sla import making


@pytest.mark.parametrize(("now", "hours", "leaves"), [
    ("2026-12-06T00:00:00+08:00", (0, 24), "2026-12-06T00:00:00+08:00"),
    ("2026-12-06T00:00:00+08:00", (8, 20), "2026-12-06T08:00:00+08:00"),
    ("2026-12-06T07:59:59+08:00", (8, 20), "2026-12-06T08:00:00+08:00"),
    ("2026-12-06T08:00:00+08:00", (8, 20), "2026-12-06T08:00:00+08:00"),
    ("2026-12-06T19:59:59+08:00", (8, 20), "2026-12-06T19:59:59+08:00"),
    ("2026-12-06T20:00:00+08:00", (8, 20), "2026-12-07T08:00:00+08:00"),
    ("2026-12-05T23:30:00+00:00", (8, 20), "2026-12-06T08:00:00+08:00"),
])  # fmt: skip
def test_a_letter_waits_for_the_next_opening_in_shanghai(now, hours, leaves):
    assert may_leave_at(datetime.fromisoformat(now), *hours) == datetime.fromisoformat(leaves)


@pytest.mark.django_db
def test_a_site_may_keep_its_mails_to_office_hours(cast, smtp, settings):
    settings.ALERT_FROM_HOUR, settings.ALERT_UNTIL_HOUR = 8, 20
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    morning = clock.due_at.replace(hour=8)
    at_night, at_eight = send_pending(now=clock.due_at).mails, send_pending(now=morning).mails
    assert (at_night, at_eight, Alert.objects.filter(sent_at=morning).count()) == (0, 3, 3)
