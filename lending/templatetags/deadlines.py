"""What pages show about deadlines beside the chip."""

from datetime import date, timedelta

from django import template
from django.utils import timezone

from lending.sla import queries
from lending.sla.models import Suspension

register = template.Library()


@register.inclusion_tag("lending/sla/calendar_warning.html")
def calendar_warning() -> dict:
    """From 1 November until the next year's notice is imported: {"year"}, else {"year": None}."""
    return {"year": queries.missing_calendar_year(timezone.now())}


@register.filter
def day_after(day: date) -> date:
    return day + timedelta(days=1)


@register.filter
def days_off(one: Suspension) -> int:
    """That do not count: planned while it runs, actual afterwards."""
    return (one.until_on - one.from_on).days
