"""When letters may leave. Deadlines turn at midnight; people read their mail in the morning. No ORM."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import NamedTuple

from lending.sla.calendar import ONE_DAY, SHANGHAI

IsWorkday = Callable[[date], bool]


class Hours(NamedTuple):
    """Of one place, in Shanghai; (0, 24) is always. `on_rest_days`: also at weekends and on public holidays."""

    from_hour: int
    until_hour: int
    on_rest_days: bool = True


def may_leave_at(
    now: datetime, from_hour: int, until_hour: int, is_workday: IsWorkday | None = None
) -> datetime:
    """`now` where it lies within the hours, else the next opening; with `is_workday`, of a day on which work is done."""
    local = now.astimezone(SHANGHAI)
    is_open = is_workday or (lambda day: True)
    if from_hour <= local.hour < until_hour and is_open(local.date()):
        return now
    day = local.date() + ONE_DAY if local.hour >= from_hour else local.date()
    while not is_open(day):
        day += ONE_DAY
    return datetime.combine(day, time(from_hour), SHANGHAI)


def opening(now: datetime, hours: Hours, is_workday: IsWorkday) -> datetime:
    """When letters may next leave for a place; who is away on that day does not read them."""
    return may_leave_at(now, hours.from_hour, hours.until_hour, None if hours.on_rest_days else is_workday)


def before(due_at: datetime, now: datetime, hours: Hours) -> datetime:
    """For a letter that the next opening would hold up to the moment it is about: rather than that it leaves on a rest
    day, and rather than that at once."""
    within_hours = may_leave_at(now, hours.from_hour, hours.until_hour)
    return within_hours if within_hours < due_at else now
