"""When letters may leave."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from lending.models import Alert
from lending.sla import services as sla
from lending.sla.calendar import Calendar, Day
from lending.sla.hours import Hours, before, may_leave_at, opening
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from tests import factories as make
from tests.factories import SHANGHAI
from tests.lending.sla import making

DAY = timedelta(days=1)


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


# Monday 28 September 2026 to Sunday 11 October: 1 to 8 are rest days, Saturday 10 is worked
OCTOBER = Calendar(
    {2026: 1},
    {datetime(2026, 10, day).date(): Day(False) for day in range(1, 9)}
    | {datetime(2026, 10, 10).date(): Day(True)},
)


@pytest.mark.parametrize(("now", "leaves"), [
    ("2026-09-30T17:59:59+08:00", "2026-09-30T17:59:59+08:00"),
    ("2026-09-30T18:00:00+08:00", "2026-10-09T09:00:00+08:00"),
    ("2026-10-01T00:00:00+08:00", "2026-10-09T09:00:00+08:00"),
    ("2026-10-03T12:00:00+08:00", "2026-10-09T09:00:00+08:00"),
    ("2026-10-10T08:59:59+08:00", "2026-10-10T09:00:00+08:00"),
    ("2026-10-10T09:00:00+08:00", "2026-10-10T09:00:00+08:00"),
    ("2026-10-10T18:00:00+08:00", "2026-10-12T09:00:00+08:00"),
])  # fmt: skip
def test_a_place_that_rests_is_written_to_on_its_next_working_day(now, leaves):
    hours = Hours(9, 18, on_rest_days=False)
    found = opening(datetime.fromisoformat(now), hours, OCTOBER.is_workday)
    assert found == datetime.fromisoformat(leaves)


@pytest.mark.parametrize(("now", "due", "hours", "leaves"), [
    # the last day is a Sunday: it leaves on the Sunday, at the hour at which letters leave
    ("2026-10-11T00:00:00+08:00", "2026-10-12T00:00:00+08:00", (9, 18), "2026-10-11T09:00:00+08:00"),
    # and after that hour at once
    ("2026-10-11T18:00:00+08:00", "2026-10-12T00:00:00+08:00", (9, 18), "2026-10-11T18:00:00+08:00"),
    ("2026-10-11T08:00:00+08:00", "2026-10-11T09:00:01+08:00", (9, 18), "2026-10-11T09:00:00+08:00"),
    ("2026-10-11T08:00:00+08:00", "2026-10-11T09:00:00+08:00", (9, 18), "2026-10-11T08:00:00+08:00"),
])  # fmt: skip
def test_rather_than_being_held_up_to_what_it_is_about_a_letter_leaves_outside_the_hours(
    now, due, hours, leaves
):
    found = before(
        datetime.fromisoformat(due), datetime.fromisoformat(now), Hours(*hours, on_rest_days=False)
    )
    assert found == datetime.fromisoformat(leaves)


def keeps(place: Organisation, since: int | None, until: int | None, *, on_rest_days: bool = True) -> None:
    facts = {
        "letters_from_hour": since,
        "letters_until_hour": until,
        "is_written_to_on_rest_days": on_rest_days,
    }
    Organisation.objects.filter(pk=place.pk).update(**facts)


def leaves(step: str) -> dict[str, str]:
    rows = Alert.objects.filter(step=step).values_list("recipient", "send_after")
    return {recipient.split("@")[0]: f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" for recipient, at in rows}


@pytest.mark.django_db
def test_each_organisation_is_written_to_in_its_own_hours_with_one_statement(cast):
    """The clock runs out in the night to Sunday 6 December."""
    keeps(cast.first_bank, 9, 18, on_rest_days=False)
    keeps(cast.xuhui, 8, 20)
    clock = making.clock(cast)
    with CaptureQueriesContext(connection) as asked:
        sweep(now=clock.due_at)
    sweep(now=clock.due_at + 3 * DAY)
    assert sum("INSERT INTO lending_alert" in one["sql"] for one in asked) == 1
    assert (leaves("overdue"), leaves("escalated_bank"), leaves("escalated_district")) == (
        dict.fromkeys(("bank", "bank2", "bankhead"), "12-07 09:00"), {"bankhead": "12-09 09:00"},
        dict.fromkeys(("panel", "panel2"), "12-09 08:00"),
    )  # fmt: skip


@pytest.mark.django_db
def test_an_organisation_without_hours_of_its_own_keeps_those_of_the_site_and_still_its_rest_days(
    cast, settings
):
    settings.ALERT_FROM_HOUR, settings.ALERT_UNTIL_HOUR = 8, 20
    keeps(cast.first_bank, None, None, on_rest_days=False)
    sweep(now=making.clock(cast).due_at)
    assert set(leaves("overdue").values()) == {"12-07 08:00"}


@pytest.mark.django_db
def test_a_letter_of_the_last_day_leaves_on_that_day_though_it_is_a_rest_day(cast):
    """The last day is Saturday 5 December."""
    keeps(cast.first_bank, 9, 18, on_rest_days=False)
    sweep(now=making.clock(cast).due_at - DAY)
    assert set(leaves("last_day").values()) == {"12-05 09:00"}


@pytest.mark.django_db
def test_a_letter_about_a_push_in_the_evening_waits_for_the_morning(cast):
    """Pushed on Friday 20 November at 19:00."""
    keeps(cast.first_bank, 9, 18, on_rest_days=False)
    evening = make.NOW.replace(hour=19)
    sla.notify_all_assigned(deadlines=[making.clock(cast, now=evening)], now=evening)
    assert set(leaves("assigned").values()) == {"11-23 09:00"}


@pytest.mark.django_db
def test_a_site_may_keep_its_mails_to_office_hours(cast, smtp, settings):
    settings.ALERT_FROM_HOUR, settings.ALERT_UNTIL_HOUR = 8, 20
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    morning = clock.due_at.replace(hour=8)
    at_night, at_eight = send_pending(now=clock.due_at).mails, send_pending(now=morning).mails
    assert (at_night, at_eight, Alert.objects.filter(sent_at=morning).count()) == (0, 3, 3)
