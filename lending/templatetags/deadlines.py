"""What pages show about deadlines beside the chip."""

from datetime import date, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from lending.sla import pulse, queries
from lending.sla.models import Suspension

register = template.Library()


@register.inclusion_tag("lending/sla/calendar_warning.html")
def calendar_warning(is_linked: bool = True) -> dict:
    """From 1 November until the next year's notice is imported: {"year"}, else {"year": None}. `is_linked` to the
    admin's calendar, for those who get in there."""
    return {"year": queries.missing_calendar_year(timezone.now()), "is_linked": is_linked}


@register.filter
def day_after(day: date) -> date:
    return day + timedelta(days=1)


@register.filter
def days_off(one: Suspension) -> int:
    """That do not count: planned while it runs, actual afterwards."""
    return (one.until_on - one.from_on).days


@register.simple_tag(takes_context=True)
def sweep_age(context: template.Context) -> str:
    """时限巡检 1 分钟前."""
    return _("时限巡检 %(ago)s") % {"ago": _pulse(context).words}


@register.inclusion_tag("lending/sla/sweep_warning.html", takes_context=True)
def sweep_warning(context: template.Context) -> dict:
    """Where the sweep stands still; says nothing otherwise."""
    return {"pulse": _pulse(context)}


def _pulse(context: template.Context) -> pulse.Pulse:
    """Asked once for a page."""
    request = context["request"]
    if not hasattr(request, "sweep_pulse"):
        request.sweep_pulse = pulse.pulse(timezone.now())
    return request.sweep_pulse
