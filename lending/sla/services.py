"""Start and stop clocks. Called inside the transaction of the deed that starts or stops them."""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, Value, When

from accounts.models import Organisation
from lending.case import FinancingCase
from lending.sla import ladder, queries, receipts
from lending.sla.calendar import add, day_of
from lending.sla.kinds import DeadlineKind, Step
from lending.sla.models import Alert, Deadline
from lending.sla.recipients import Directory, facts_of
from lending.sla.sweep import letters_for


@transaction.atomic
def start_clock(*, case: FinancingCase, kind: DeadlineKind, bound: Organisation, now: datetime) -> Deadline:
    """Start one clock by the policy in force at `now`; the policy stays with the clock. Refuses with `NoPolicy`."""
    today = day_of(now)
    policy = queries.policy_in_force(
        kind, today, district=case.district, programmes=queries.programmes_of(case)
    )
    calendar, rule = queries.calendar(today), queries.rule_of(policy)
    computed = add(now, rule, calendar)
    steps_done, next_look_at = ladder.begin(kind, computed.due_at, now)
    return Deadline.objects.create(
        case=case, kind=kind, bound=bound, policy=policy, started_at=now, due_at=computed.due_at,
        is_provisional=computed.is_provisional, steps_done=steps_done, next_look_at=next_look_at,
        receipt=receipts.receipt(
            now, rule, calendar, computed, policy={"id": policy.pk, "source": policy.source},
            occasion=receipts.OCCASION[DeadlineKind(kind)],
        ),
    )  # fmt: skip


@transaction.atomic
def stop_clocks(
    *,
    case: FinancingCase,
    kinds: tuple[DeadlineKind, ...],
    now: datetime,
    bound: Organisation | None = None,
    is_cancelled: bool = False,
) -> int:
    """Stop the open clocks of a case: met, met late, or cancelled. Returns how many were stopped."""
    running = Deadline.objects.filter(case=case, kind__in=kinds, stopped_at__isnull=True)
    if bound is not None:
        running = running.filter(bound=bound)
    met = Case(When(due_at__gt=now, then=Value(Deadline.State.MET)), default=Value(Deadline.State.MET_LATE))
    state = Deadline.State.CANCELLED if is_cancelled else met
    return running.update(state=state, stopped_at=now, next_look_at=None)


@transaction.atomic
def notify_assigned(*, deadline: Deadline, now: datetime) -> int:
    """Owe the bank the letter about a new recommendation; call after the recommendation row exists, in its transaction.

    Returns how many letters were queued. They leave with the next `send_alerts`; a repeat queues nothing.
    """
    clocks = facts_of([deadline.pk])
    letters = letters_for(clocks[0], ladder.ASSIGNED, Directory(clocks), now)
    before = Alert.objects.filter(deadline=deadline, step=Step.ASSIGNED, due_at=deadline.due_at)
    there = set(before.values_list("recipient", flat=True))
    letters = [letter for letter in letters if letter.recipient not in there]
    Alert.objects.bulk_create(letters, ignore_conflicts=True)
    return len(letters)
