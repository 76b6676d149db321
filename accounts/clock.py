"""Days as people here count them. Moments are stored in UTC; which day one belongs to is asked in Shanghai."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def day_of(moment: datetime) -> date:
    """The day in Shanghai that an instant belongs to."""
    return moment.astimezone(SHANGHAI).date()
