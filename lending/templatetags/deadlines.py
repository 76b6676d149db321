"""What pages show about deadlines beside the chip."""

from datetime import date, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from lending.sla import pulse, queries
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


@register.simple_tag
def sweep_age() -> str:
    """时限巡检 1 分钟前."""
    return _("时限巡检 %(ago)s") % {"ago": pulse.pulse(timezone.now()).words}


@register.inclusion_tag("lending/sla/sweep_warning.html")
def sweep_warning() -> dict:
    """Where the sweep stands still; says nothing otherwise."""
    return {"pulse": pulse.pulse(timezone.now())}
