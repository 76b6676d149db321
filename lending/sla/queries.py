"""Reads about deadlines, policies and the calendar. Never writes."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from accounts.models import Organisation
from lending.case import FinancingCase
from lending.sla.calendar import Calendar, Day, Rule, day_of, end_of
from lending.sla.chips import DUE_SOON_DAYS
from lending.sla.errors import NoPolicy
from lending.sla.kinds import INTERIM, MAIN
from lending.sla.ladder import Ladder, Ladders
from lending.sla.models import CalendarDay, CalendarYear, Deadline, DeadlinePolicy, PolicyStep, Sweep
from visits.models import ListMembership

NOTICE_MONTH = (
    11  # the State Council announces the next year's rest days in early November (2024-11-12, 2025-11-04)
)


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
    best = InForce([kind], on).of(kind, district=district and district.pk, programmes=programmes)
    if best is None:
        raise NoPolicy()
    return best


class InForce:
    """The policies of some kinds on one day, for any number of cases."""

    def __init__(self, kinds: Iterable[str], on: date) -> None:
        still = Q(effective_until=None) | Q(effective_until__gte=on)
        rows = DeadlinePolicy.objects.filter(still, kind__in=kinds, effective_from__lte=on)
        self._rows = sorted(rows, key=_specificity, reverse=True)
        self.policies = [row.pk for row in self._rows]
        self.has_programmes = any(row.programme for row in self._rows)

    def of(self, kind: str, *, district: int | None, programmes: Iterable[str]) -> DeadlinePolicy | None:
        own = {"", *(programmes if self.has_programmes else ())}
        where = (None, district)
        fitting = (
            row
            for row in self._rows
            if row.kind == kind and row.district_id in where and row.programme in own
        )
        return next(fitting, None)


def _specificity(policy: DeadlinePolicy) -> tuple[bool, bool, date, int]:
    return policy.district_id is not None, policy.programme != "", policy.effective_from, policy.pk


def programmes_of(case: FinancingCase) -> QuerySet:
    """Codes of the lists the firm stands on; asked of the database where a policy is about a list."""
    return ListMembership.objects.filter(business=case.business_id).values_list("list__code", flat=True)


def programmes_by_business(businesses: Iterable[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    rows = ListMembership.objects.filter(business__in=set(businesses)).values_list("business", "list__code")
    for business, code in rows:
        found.setdefault(business, set()).add(code)
    return found


def rule_of(policy: DeadlinePolicy) -> Rule:
    return Rule(policy.length, policy.unit, policy.is_working_days, policy.is_rolled_forward)


def ladders(policies: Iterable[int]) -> Ladders:
    """The ladders of these policies, with one statement however many."""
    rows = PolicyStep.objects.filter(policy__in=set(policies)).order_by("policy_id", "days", "pk")
    own: dict[int, list] = {}
    for policy, *step in rows.values_list("policy_id", "step", "days", "to"):
        own.setdefault(policy, []).append(step)
    return Ladders(own)


def ladder_for(clock: Deadline) -> Ladder:
    return ladders([clock.policy_id]).of(clock.policy_id, clock.kind)


def years_changed() -> list[CalendarYear]:
    """Years with a version that the open clocks have not followed yet."""
    behind = CalendarYear.objects.filter(version__gt=F("recomputed_version"))
    return list(behind.select_related("changed_by__organisation").order_by("year"))


def not_following(years: list[CalendarYear]) -> QuerySet[Deadline]:
    """Open clocks whose receipt was made by another version of these years, or before they were known."""
    touched = Q(pk__in=[])
    for row in years:
        touched |= Q(receipt__unknown_years__contains=[row.year])
        touched |= Q(receipt__calendar__has_key=str(row.year)) & ~Q(
            receipt__calendar__contains={str(row.year): row.version}
        )
    return open_clocks().filter(touched)


def open_clocks() -> QuerySet[Deadline]:
    """Of every kind, those included that make no case overdue."""
    return Deadline.objects.filter(stopped_at__isnull=True)


def main_clocks() -> QuerySet[Deadline]:
    """The open ones by which a case is judged."""
    return open_clocks().filter(kind__in=MAIN)


def interim_late(now: datetime) -> QuerySet[Deadline]:
    """环节超时: steps of a bank, open and late at `now`; they make no case overdue."""
    return open_clocks().filter(kind__in=INTERIM, due_at__lte=now)


def overdue(now: datetime) -> QuerySet[Deadline]:
    """Cases' own clocks, open and late at `now`, whether or not the sweep has marked them yet."""
    return main_clocks().filter(due_at__lte=now)


def due_soon(now: datetime, days: int = DUE_SOON_DAYS) -> QuerySet[Deadline]:
    """Open, not late, and due within that many days of Shanghai: 0 is today alone, as on the chip."""
    return main_clocks().filter(due_at__gt=now, due_at__lte=end_of(day_of(now) + timedelta(days=days)))


def on_time(clocks: QuerySet[Deadline], now: datetime) -> dict[str, int]:
    """{"met", "late", "open"} of those clocks: undecided past due counts as late; cancelled ones do not count."""
    late = Q(state=Deadline.State.MET_LATE) | Q(stopped_at__isnull=True, due_at__lte=now)
    return clocks.aggregate(
        met=Count("pk", filter=Q(state=Deadline.State.MET)),
        late=Count("pk", filter=late),
        open=Count("pk", filter=Q(stopped_at__isnull=True, due_at__gt=now)),
    )


def missing_calendar_year(now: datetime) -> int | None:
    """From 1 November on: the next year, if its notice has not been entered yet."""
    today = day_of(now)
    is_there = CalendarYear.objects.filter(year=today.year + 1).exists()
    return None if is_there or today.month < NOTICE_MONTH else today.year + 1


def last_sweep_at(until: datetime | None = None) -> datetime | None:
    passes = Sweep.objects.filter(at__lte=until) if until else Sweep.objects.all()
    return passes.values_list("at", flat=True).order_by("-at").first()
