"""Reads about suspensions. Never writes; asking, answering and ending are in `suspending`."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.access import visible_to
from accounts.models import User
from accounts.navigation import counted
from accounts.roles import Role
from lending.sla.models import Deadline, Suspension

State = Suspension.State
OPEN = (State.ASKED, State.GRANTED)


def of(clock: Deadline) -> list[Suspension]:
    """With its people, the newest first."""
    rows = clock.suspensions.select_related("asked_by__organisation", "decided_by__organisation")
    return list(rows.order_by("-asked_at", "-pk"))


def seen_by(user: User) -> QuerySet[Suspension]:
    return visible_to(user, Suspension).select_related(
        "deadline__case__business", "deadline__case__district", "deadline__bound", "deadline__policy",
        "asked_by__organisation", "decided_by__organisation",
    )  # fmt: skip


def with_days_left(rows: QuerySet[Suspension]) -> QuerySet[Suspension]:
    """With the others of their clocks, for `suspending.days_left`."""
    return rows.prefetch_related("deadline__suspensions")


def to_answer(user: User) -> QuerySet[Suspension]:
    """The clock that ends first on top: while nobody answers, it runs."""
    return with_days_left(seen_by(user)).filter(state=State.ASKED).order_by("deadline__due_at", "pk")


def running(user: User) -> QuerySet[Suspension]:
    return seen_by(user).filter(state=State.GRANTED).order_by("until_on", "pk")


def answered(user: User) -> QuerySet[Suspension]:
    return seen_by(user).exclude(state__in=OPEN).order_by("-asked_at", "-pk")


def running_of(clocks: list[Deadline], now: datetime) -> list[Suspension]:
    """Of those clocks that stand still at `now`; asks the database only where one does."""
    paused = [
        clock.pk for clock in clocks if clock.suspended_until is not None and clock.suspended_until > now
    ]
    if not paused:
        return []
    rows = Suspension.objects.filter(deadline__in=paused, state=State.GRANTED)
    return list(rows.select_related("deadline__bound").order_by("until_on", "pk"))


@counted("district-suspensions")
def waiting_for_an_answer(user: User) -> int | None:
    """The team's to do; nobody else's."""
    return to_answer(user).count() if user.role == Role.PANEL else None
