"""Start and stop clocks. Called inside the transaction of the deed that starts or stops them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Case, Value, When
from django.utils.translation import gettext as _

from accounts.language import in_chinese
from accounts.models import Organisation, User
from lending.case import FinancingCase
from lending.sla import calendars, ladder, ledger, queries, receipts, recompute, suspending
from lending.sla.calendar import Calendar, add, day_of
from lending.sla.kinds import DeadlineKind
from lending.sla.ladder import Ladder
from lending.sla.models import Deadline, DeadlinePolicy
from lending.sla.recipients import Directory, facts_of


class Work(NamedTuple):
    """Whom a case binds, and which branch of it has the work."""

    case: FinancingCase
    bound: Organisation
    branch: Organisation | None = None


@transaction.atomic
def start_clock(
    *,
    case: FinancingCase,
    kind: DeadlineKind,
    bound: Organisation,
    now: datetime,
    branch: Organisation | None = None,
) -> Deadline:
    """Start one clock by the policy in force at `now`; the policy stays with the clock. Refuses with `NoPolicy`."""
    calendars.hold_still()
    today = day_of(now)
    policy = queries.policy_in_force(
        kind, today, district=case.district, programmes=queries.programmes_of(case)
    )
    own = queries.ladders([policy.pk]).of(policy.pk, kind)
    clock = _started(Work(case, bound, branch), policy, own, queries.calendar(today), now)
    clock.save(force_insert=True)
    return clock


@transaction.atomic
def start_where_ruled(
    *, works: Iterable[Work], kinds: Iterable[DeadlineKind], now: datetime
) -> list[Deadline]:
    """The clocks of these kinds for each of the works, where a policy is in force; with the same few queries however
    many there are."""
    calendars.hold_still()
    works, kinds, today = list(works), list(kinds), day_of(now)
    rules, calendar = queries.InForce(kinds, today), queries.calendar(today)
    ladders = queries.ladders(rules.policies)
    listed = {}
    if rules.has_programmes:
        listed = queries.programmes_by_business(work.case.business_id for work in works)
    clocks = []
    for work in works:
        own = listed.get(work.case.business_id, ())
        for kind in kinds:
            policy = rules.of(kind, district=work.case.district_id, programmes=own)
            if policy is not None:
                clocks.append(_started(work, policy, ladders.of(policy.pk, kind), calendar, now))
    return Deadline.objects.bulk_create(clocks)


def _started(work: Work, policy: DeadlinePolicy, own: Ladder, calendar: Calendar, now: datetime) -> Deadline:
    """Not saved."""
    rule = queries.rule_of(policy)
    computed = add(now, rule, calendar)
    steps_done, next_look_at = own.begin(computed.due_at, now)
    return Deadline(
        case=work.case, kind=policy.kind, bound=work.bound, branch=work.branch, policy=policy, started_at=now,
        due_at=computed.due_at, is_provisional=computed.is_provisional, steps_done=steps_done,
        next_look_at=next_look_at,
        receipt=receipts.receipt(
            now, rule, calendar, computed, policy={"id": policy.pk, "source": policy.source},
            occasion=receipts.OCCASION[DeadlineKind(policy.kind)],
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
    """Stop the open clocks of a case: met, met late, or cancelled; a suspension ends with its clock. Call with the case
    locked. Returns how many were stopped."""
    running = Deadline.objects.filter(case=case, kind__in=kinds, stopped_at__isnull=True)
    if bound is not None:
        running = running.filter(bound=bound)
    suspending.let_go(clocks=running, now=now)
    met = Case(When(due_at__gt=now, then=Value(Deadline.State.MET)), default=Value(Deadline.State.MET_LATE))
    state = Deadline.State.CANCELLED if is_cancelled else met
    return running.update(state=state, stopped_at=now, next_look_at=None)


@transaction.atomic
def hand_over(*, case: FinancingCase, bound: Organisation, branch: Organisation | None, now: datetime) -> int:
    """The work lies with another branch from now on, or with head office again (None): so do the letters of its
    clocks. Whoever hears of it now for the first time is owed the letter about a new push; the key of the ledger keeps
    it to one, however often the work goes to and fro. Returns how many clocks are open."""
    clocks = Deadline.objects.filter(case=case, bound=bound, stopped_at__isnull=True)
    changed = clocks.update(branch=branch)
    notify_all_assigned(deadlines=clocks, now=now)
    return changed


@transaction.atomic
def reach_start(*, deadline: Deadline, point: DeadlinePolicy.Start, by: User | None, now: datetime) -> bool:
    """The bank has acknowledged, or the papers are complete: a clock whose policy starts there counts from today.

    Until then it runs from the push, so that nobody gains time by not acknowledging. Does nothing for other policies,
    stopped clocks, repeats, and clocks that have run out: who is late stays late. Days that are suspended already are
    left out from today on as well. Call with the case locked.
    Returns whether the due time was set anew.
    """
    clock = Deadline.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "policy", "case", "bound").get(pk=deadline.pk)  # fmt: skip
    occasion = receipts.STARTED_AT[point]
    if clock.stopped_at or clock.policy.starts_at != point or clock.receipt["occasion"] == occasion:
        return False
    if now >= clock.due_at or clock.breached_at:  # marked by a sweeper whose clock is a moment ahead
        return False
    calendars.hold_still()
    with in_chinese():
        reason = _("按规则自%(point)s起算") % {"point": point.label}
    recompute.anew(clock, start=now, occasion=occasion, reason=reason, by=by, now=now)
    return True


@transaction.atomic
def notify_all_assigned(*, deadlines: Iterable[Deadline], now: datetime) -> int:
    """Owe the banks the letters about new recommendations, with the same few queries however many there are.

    Call in the transaction of the push, or of the hand-over. Returns how many letters were queued; they leave with the next `send_alerts`.
    A repeat queues nothing. Where nobody has an address the rung is kept, and the sweep tries it again in an hour.
    """
    clocks = facts_of([deadline.pk for deadline in deadlines])
    directory, ladders = Directory(clocks, now=now), queries.ladders(clock.policy for clock in clocks)
    owed, unheard = [], []
    for clock in clocks:
        if rung := ladders.of(clock.policy, clock.kind).assigned:
            letters = ledger.letters_for(clock, rung, directory)
            owed += letters or []
            unheard += [clock.pk] if letters is None else []
    again = now + ladder.TRY_AGAIN
    waiting = Deadline.objects.filter(pk__in=unheard, next_look_at__gt=again)
    waiting.filter(breached_at=None, suspended_until=None).update(steps_done=0, next_look_at=again)
    return ledger.write(owed, now)
