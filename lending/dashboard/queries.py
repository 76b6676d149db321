"""The figures of one page, gathered. Never writes.

What was dear to compute is kept in Redis for a minute, and every page says as of when; what was cheap is computed
each time, so that a small place always sees the very latest. A lost Redis only makes a large place slower.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter
from typing import TypeVar

from django.core.cache import cache

from accounts.models import Organisation
from lending.dashboard.clocks import AllClocks, Clocks, clocks, due_by_day
from lending.dashboard.declines import Reason, decline_reasons
from lending.dashboard.funnel import BANK, DISTRICT, TOTAL, Funnels, Steps, funnels
from lending.dashboard.scope import Scope
from lending.dashboard.terms import Terms, terms_by_bank
from visits.models import BusinessList

Made = TypeVar("Made")
KEPT_SECONDS = 60
DEAR_SECONDS = 0.8


@dataclass(frozen=True)
class Row:
    """One district or one bank; None stands for all of them. `terms` for banks only."""

    place: Organisation | None
    steps: Steps
    clocks: Clocks
    terms: Terms | None = None


@dataclass(frozen=True)
class Figures:
    """All figures of a scope as of one moment; `districts` is empty where the scope is one district."""

    as_of: datetime
    steps: Steps
    clocks: Clocks
    terms: Terms
    banks: list[Row]
    districts: list[Row]
    overdue: int
    due: dict[date, int]
    reasons: list[Reason]


def figures(scope: Scope, *, now: datetime) -> Figures:
    """Six statements for one district, seven for the city; none when kept."""
    return kept("figures", scope, lambda: _figures(scope, now))


def kept_funnel(scope: Scope, *, now: datetime) -> tuple[datetime, Steps]:
    """The funnel alone, and as of when; one statement."""
    return kept("funnel", scope, lambda: (now, funnels(scope, TOTAL, now=now).total))


def _figures(scope: Scope, now: datetime) -> Figures:
    whats = (TOTAL, BANK) if scope.district else (TOTAL, BANK, DISTRICT)
    steps, running, terms = (
        funnels(scope, *whats, now=now),
        clocks(scope, now=now),
        terms_by_bank(scope, now=now),
    )
    overdue, due = due_by_day(scope, now=now)
    return Figures(
        as_of=now,
        steps=steps.total,
        clocks=running.total,
        terms=terms[None],
        banks=_banks(steps, running, terms),
        districts=[] if scope.district else _districts(steps, running),
        overdue=overdue,
        due=due,
        reasons=decline_reasons(scope, now=now),
    )


def bank_rows(scope: Scope, *, now: datetime) -> list[Row]:
    """Every bank that has been sent something in the scope, the most overdue first; four statements."""
    steps = funnels(scope, BANK, now=now)
    return _banks(steps, clocks(scope, now=now), terms_by_bank(scope, now=now))


def _banks(steps: Funnels, running: AllClocks, terms: dict[int | None, Terms]) -> list[Row]:
    banks = Organisation.objects.filter(pk__in=list(running.by_bank)).order_by("name", "pk")
    rows = [Row(bank, steps.by_bank[bank.pk], running.by_bank[bank.pk], terms[bank.pk]) for bank in banks]
    return sorted(rows, key=lambda row: (-row.clocks.overdue, -row.clocks.open))  # stable: then by name


def _districts(steps: Funnels, running: AllClocks) -> list[Row]:
    """Every district of the city, also one where nothing has happened."""
    districts = Organisation.objects.filter(kind=Organisation.Kind.DISTRICT, is_active=True).order_by("code")
    return [Row(place, steps.by_district[place.pk], running.by_district[place.pk]) for place in districts]


def choices() -> dict[str, list]:
    """What the page may be narrowed to: active banks and lists; two statements."""
    banks = Organisation.objects.filter(kind=Organisation.Kind.BANK, is_active=True).order_by("name", "pk")
    return {"banks": list(banks), "lists": list(BusinessList.objects.filter(is_active=True))}


def kept(name: str, scope: Scope, make: Callable[[], Made]) -> Made:
    spelled = repr((name, scope.period, [row and row.pk for row in (scope.district, scope.bank, scope.list)]))
    key = f"dashboard:{hashlib.sha256(spelled.encode()).hexdigest()}"
    if (found := cache.get(key)) is not None:
        return found
    began = perf_counter()
    made = make()
    if perf_counter() - began > DEAR_SECONDS:
        cache.set(key, made, KEPT_SECONDS)
    return made
