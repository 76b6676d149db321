"""Giving a running clock a new due time: never silently, each change with its receipt. And, when the calendar changes,
to all open clocks that it touches."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from lending import audit
from lending.case import FinancingCase
from lending.sla import ledger, queries, receipts
from lending.sla.calendar import SHANGHAI, Calendar, Computed, Rule, Suspended, add, day_of
from lending.sla.models import CalendarYear, Deadline

BATCH = 200
logger = logging.getLogger(__name__)


@dataclass
class Done:
    """Open clocks that a changed year touched, those whose due time moved, those that could not be computed."""

    recomputed: int = 0
    changed: int = 0
    failed: int = 0


def recompute_open(*, now: datetime) -> Done:
    """Take every open clock along to the latest version of the years it depends on.

    In transactions of their own, a batch each, and never inside another one (RuntimeError): whoever holds the lock of
    the calendar must not wait for cases. A clock that has followed is not found again, so a run that was ended in the
    middle goes on where it stopped, and of two at once neither does the work of the other twice.
    """
    with transaction.atomic(durable=True):
        years = queries.years_changed()
        pks = list(queries.not_following(years).order_by("pk").values_list("pk", flat=True))
    done = Done()
    for start in range(0, len(pks), BATCH):
        _recompute_or_alone(pks[start : start + BATCH], years, now, done)
    if not done.failed:
        for year in years:
            behind = CalendarYear.objects.filter(pk=year.pk, recomputed_version__lt=year.version)
            behind.update(recomputed_version=year.version)
    return done


def _recompute_or_alone(pks: list[int], years: list[CalendarYear], now: datetime, done: Done) -> None:
    """A clock that cannot be computed must not keep the others of its batch back; the next tick tries it again."""
    try:
        _recompute_batch(pks, years, now, done)
    except Exception:
        if len(pks) == 1:
            logger.exception("clock %s could not be recomputed; the next tick tries again", pks[0])
            done.failed += 1
            return
        for pk in pks:
            _recompute_or_alone([pk], years, now, done)


@transaction.atomic(durable=True)
def _recompute_batch(pks: list[int], years: list[CalendarYear], now: datetime, done: Done) -> None:
    # the case before its clocks, as everywhere; else this and a decision could each wait for the other
    cases = Deadline.objects.filter(pk__in=pks).values("case")
    list(FinancingCase.objects.filter(pk__in=cases).order_by("pk").select_for_update(no_key=True))
    behind = queries.not_following(years).filter(pk__in=pks).order_by("pk")
    behind = behind.select_related("case", "bound").prefetch_related("suspensions")
    clocks = list(behind.select_for_update(no_key=True, of=("self",)))
    if not clocks:
        return
    calendar = queries.calendar(day_of(min(_start(clock) for clock in clocks)))
    changed = sum(_recompute(clock, calendar, years, now) for clock in clocks)
    done.recomputed, done.changed = done.recomputed + len(clocks), done.changed + changed


def _recompute(clock: Deadline, calendar: Calendar, years: list[CalendarYear], now: datetime) -> bool:
    """By the rule in the receipt, so that a policy edited since cannot reach a clock that is running."""
    computed, receipt = _computed(clock, calendar, _start(clock), clock.receipt["occasion"])
    if (computed.due_at, computed.is_provisional) == (clock.due_at, clock.is_provisional):
        receipt["changes"] = clock.receipt.get(
            "changes", []
        )  # nothing to tell; only the version is a newer one
        Deadline.objects.filter(pk=clock.pk).update(receipt=receipt)
        return False
    if now < computed.due_at != clock.due_at:
        # by a wrong calendar it was late; a corrected one is the only thing that takes a breach back
        clock.state, clock.breached_at = Deadline.State.RUNNING, None
    is_untold = computed.due_at != clock.due_at and _is_push_untold(clock)
    causes = [year for year in years if _has_news(year, clock.receipt)]
    reason = ";".join(dict.fromkeys(year.change for year in causes))
    by = next((year.changed_by for year in causes if year.changed_by), None)
    change(clock, computed, receipt, reason=reason, by=by, now=now)
    if (
        is_untold
    ):  # the letter about the push goes with the old due time; the next sweep owes it for the new one
        Deadline.objects.filter(pk=clock.pk, suspended_until=None).update(steps_done=0, next_look_at=now)
    return True


def _is_push_untold(clock: Deadline) -> bool:
    return bool(queries.ladder_for(clock).assigned) and ledger.is_push_untold(clock)


def anew(
    clock: Deadline,
    *,
    reason: str,
    by: User | None,
    now: datetime,
    start: datetime | None = None,
    occasion: str = "",
) -> None:
    """Compute a locked clock again, with its suspensions as they stand now; from `start` on where it begins again.
    Call with the calendar held still."""
    start = start or _start(clock)
    calendar = queries.calendar(day_of(start))
    computed, receipt = _computed(clock, calendar, start, occasion or clock.receipt["occasion"])
    change(clock, computed, receipt, reason=reason, by=by, now=now)


def _computed(clock: Deadline, calendar: Calendar, start: datetime, occasion: str) -> tuple[Computed, dict]:
    rule = Rule(**clock.receipt["rule"])
    computed = add(start, rule, calendar, suspended_of(clock))
    policy = clock.receipt["policy"]
    return computed, receipts.receipt(start, rule, calendar, computed, policy=policy, occasion=occasion)


def suspended_of(clock: Deadline) -> list[Suspended]:
    """All that were granted: as planned while one runs, as it was afterwards."""
    return [Suspended(one.from_on, one.until_on) for one in clock.suspensions.all() if one.from_on]


def _has_news(year: CalendarYear, receipt: dict) -> bool:
    """As `queries.not_following` asks the database."""
    followed = receipt["calendar"].get(str(year.year), year.version)
    return year.year in receipt["unknown_years"] or followed != year.version


def change(
    clock: Deadline, computed: Computed, receipt: dict, *, reason: str, by: User | None, now: datetime
) -> None:
    """Give a locked clock its new due time; the old one, the reason and the person stay on the receipt.

    A due time that moves starts the ladder again: letters about the old one are dropped, the new one warns anew.
    """
    told = {
        "at": now.isoformat(), "reason": reason, "old_due_at": clock.due_at.astimezone(SHANGHAI).isoformat(),
        "new_due_at": computed.due_at.isoformat(), "old_words": clock.receipt.get("words", ""),
    }  # fmt: skip
    if computed.due_at != clock.due_at:
        clock.steps_done, clock.next_look_at = queries.ladder_for(clock).begin(computed.due_at, now)
    if clock.suspended_until and clock.next_look_at:  # nothing is said before it goes on
        clock.next_look_at = max(clock.next_look_at, clock.suspended_until)
    clock.receipt = {**receipt, "changes": [*clock.receipt.get("changes", []), told]}
    clock.due_at, clock.is_provisional = computed.due_at, computed.is_provisional
    clock.save(
        update_fields=[
            "due_at",
            "is_provisional",
            "receipt",
            "state",
            "breached_at",
            "steps_done",
            "next_look_at",
            "suspended_until",
            "suspended_days",
        ]
    )
    bank = clock.bound if clock.bound.kind == "bank" else None
    audit.record(
        clock.case, "deadline_changed", by=by, now=now, bank=bank, detail={"deadline": clock.pk, **told}
    )


def _start(clock: Deadline) -> datetime:
    """What the receipt counts from: the push, or the later moment that restarted the clock."""
    return datetime.fromisoformat(clock.receipt["start"])
