"""Days as people here count them. Moments are stored in UTC; which day one belongs to is asked in Shanghai."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def day_of(moment: datetime) -> date:
    """The day in Shanghai that an instant belongs to."""
    return moment.astimezone(SHANGHAI).date()


def end_of_day(moment: datetime) -> datetime:
    """The last moment of that day: asked twice on one day, the answer is the same."""
    return datetime.combine(day_of(moment), time.max, SHANGHAI)
