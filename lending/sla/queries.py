"""Reads about deadlines, policies and the calendar. Never writes."""

from datetime import date, datetime

from django.db.models import Q, QuerySet

from accounts.models import Organisation
from lending.case import FinancingCase
from lending.sla.calendar import Calendar, Day, Rule
from lending.sla.errors import NoPolicy
from lending.sla.models import CalendarDay, CalendarYear, DeadlinePolicy, Sweep
from visits.models import ListMembership


def calendar(since: date) -> Calendar:
    """The calendar from the year of `since` on: nothing earlier can matter to a clock that starts then."""
    years = CalendarYear.objects.filter(year__gte=since.year).values_list("year", "version")
    days = CalendarDay.objects.filter(day__gte=date(since.year, 1, 1)).values_list(
        "day", "is_workday", "name"
    )
    return Calendar(dict(years), {day: Day(is_workday, name) for day, is_workday, name in days})


def policy_in_force(
    kind: str, on: date, *, district: Organisation | None = None, programmes: QuerySet | list[str] = ()
) -> DeadlinePolicy:
    """The policy for a clock that starts on that day; the most specific wins: programme and district, then district,
    then programme, then neither; among equals the one that came into force last. Refuses with `NoPolicy`."""
    fitting = DeadlinePolicy.objects.filter(
        Q(district=None) | Q(district=district),
        Q(programme="") | Q(programme__in=programmes),
        Q(effective_until=None) | Q(effective_until__gte=on),
        kind=kind,
        effective_from__lte=on,
    )
    best = max(fitting, key=_specificity, default=None)
    if best is None:
        raise NoPolicy()
    return best


def _specificity(policy: DeadlinePolicy) -> tuple[bool, bool, date, int]:
    return policy.district_id is not None, policy.programme != "", policy.effective_from, policy.pk


def programmes_of(case: FinancingCase) -> QuerySet:
    """Codes of the lists the firm stands on, as a subquery."""
    return ListMembership.objects.filter(business=case.business_id).values("list__code")


def rule_of(policy: DeadlinePolicy) -> Rule:
    return Rule(policy.length, policy.unit, policy.is_working_days, policy.is_rolled_forward)


def last_sweep_at() -> datetime | None:
    return Sweep.objects.values_list("at", flat=True).order_by("-at").first()
