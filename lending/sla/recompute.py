"""Recomputing open clocks when the calendar changes: never silently, each change with its receipt."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from lending import audit
from lending.case import FinancingCase
from lending.sla import ladder, queries, receipts
from lending.sla.calendar import SHANGHAI, Calendar, Computed, Rule, add, day_of
from lending.sla.models import Deadline

BATCH = 200


def recompute_open(*, years: Iterable[int], reason: str, by: User | None, now: datetime) -> dict[str, int]:
    """Recompute every open clock whose receipt depends on one of the years. {"recomputed", "changed"}.

    In transactions of their own, a batch each; repeating it after a fault changes nothing twice.
    """
    pks = list(_depending_on(years).order_by("pk").values_list("pk", flat=True))
    done = {"recomputed": len(pks), "changed": 0}
    for start in range(0, len(pks), BATCH):
        done["changed"] += _recompute_batch(pks[start : start + BATCH], reason, by, now)
    return done


def _depending_on(years: Iterable[int]) -> QuerySet[Deadline]:
    touched = Q(pk__in=[])
    for year in years:
        touched |= Q(receipt__unknown_years__contains=[year]) | Q(receipt__calendar__has_key=str(year))
    return Deadline.objects.filter(touched, stopped_at__isnull=True)


@transaction.atomic
def _recompute_batch(pks: list[int], reason: str, by: User | None, now: datetime) -> int:
    # the case before its clocks, as everywhere; else this and a decision could each wait for the other
    cases = Deadline.objects.filter(pk__in=pks).values("case")
    list(FinancingCase.objects.filter(pk__in=cases).order_by("pk").select_for_update(no_key=True))
    open_still = Deadline.objects.filter(pk__in=pks, stopped_at__isnull=True).order_by("pk")
    clocks = list(open_still.select_related("case").select_for_update(no_key=True, of=("self",)))
    if not clocks:
        return 0
    calendar = queries.calendar(day_of(min(_start(clock) for clock in clocks)))
    return sum(_recompute(clock, calendar, reason, by, now) for clock in clocks)


def _recompute(clock: Deadline, calendar: Calendar, reason: str, by: User | None, now: datetime) -> bool:
    """By the rule in the receipt, so that a policy edited since cannot reach a clock that is running."""
    rule, start = Rule(**clock.receipt["rule"]), _start(clock)
    computed = add(start, rule, calendar)
    if (computed.due_at, computed.is_provisional) == (clock.due_at, clock.is_provisional):
        return False
    receipt = receipts.receipt(
        start, rule, calendar, computed, policy=clock.receipt["policy"], occasion=clock.receipt["occasion"]
    )
    if now < computed.due_at != clock.due_at:
        # by a wrong calendar it was late; a corrected one is the only thing that takes a breach back
        clock.state, clock.breached_at = Deadline.State.RUNNING, None
    change(clock, computed, receipt, reason=reason, by=by, now=now)
    return True


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
        clock.steps_done, clock.next_look_at = ladder.begin(clock.kind, computed.due_at, now)
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
        ]
    )
    bank = clock.bound if clock.bound.kind == "bank" else None
    audit.record(
        clock.case, "deadline_changed", by=by, now=now, bank=bank, detail={"deadline": clock.pk, **told}
    )


def _start(clock: Deadline) -> datetime:
    """What the receipt counts from: the push, or the later moment that restarted the clock."""
    return datetime.fromisoformat(clock.receipt["start"])
