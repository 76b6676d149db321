"""When letters may leave. Deadlines turn at midnight; a site may prefer its mails in the morning. No ORM."""

from datetime import datetime, time

from lending.sla.calendar import ONE_DAY, SHANGHAI


def may_leave_at(now: datetime, from_hour: int, until_hour: int) -> datetime:
    """`now` where it lies within the hours of Shanghai, else the next opening; (0, 24) is always."""
    local = now.astimezone(SHANGHAI)
    if from_hour <= local.hour < until_hour:
        return now
    day = local.date() + ONE_DAY if local.hour >= until_hour else local.date()
    return datetime.combine(day, time(from_hour), SHANGHAI)
