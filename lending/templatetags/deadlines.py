"""What pages show about deadlines beside the chip."""

from django import template
from django.utils import timezone

from lending.sla import queries

register = template.Library()


@register.inclusion_tag("lending/sla/calendar_warning.html")
def calendar_warning() -> dict:
    """From 1 November until the next year's notice is imported: {"year"}, else {"year": None}."""
    return {"year": queries.missing_calendar_year(timezone.now())}
