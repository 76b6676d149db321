"""When the machine's clock ran ahead and has come back: what was written by the wrong time is taken back.

Known by a sweep that lies in the future. What had left has left, and stands in the ledger, so it is not sent again when
its time really comes; the rest is undone, or it would wait in silence until the wrong time is reached.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from lending.sla import ladder, queries, smtp, suspending
from lending.sla.kinds import Step
from lending.sla.ladder import Ladder
from lending.sla.models import Alert, Deadline, Suspension, Sweep

TOLERATED = timedelta(minutes=5)  # by which the clocks of several hosts may differ
BATCH = 1000
logger = logging.getLogger(__name__)


def take_back(*, now: datetime) -> int:
    """Returns how many clocks were set back. Asks one index while nothing is wrong; call at the start of a sweep."""
    ahead = now + TOLERATED
    wrong = Sweep.objects.filter(at__gt=ahead)
    latest = wrong.order_by("-at").first()
    if latest is None:
        return 0
    logger.error(
        "the clock of this machine was at %s and is back at %s; see to its time service", latest.at, now
    )
    last_right = Sweep.objects.filter(at__lte=ahead).order_by("-at").values_list("at", flat=True).first()
    suspending.take_ends_back(since=ahead, now=now)  # first: whoever stands still is told nothing
    pks = _touched(ahead, latest.at)
    for start in range(0, len(pks), BATCH):
        _set_back(pks[start : start + BATCH], now, ahead, last_right)
    _let_letters_go(now, ahead)
    wrong.delete()  # last: whoever is killed before is followed by one who begins again
    return len(pks)


def _touched(ahead: datetime, until: datetime) -> list[int]:
    touched = Q(breached_at__gt=ahead) | Q(alerts__created_at__gt=ahead)
    # nobody could be told, or it could not be computed: looked at again an hour after the wrong time
    touched |= Q(next_look_at__gt=ahead, next_look_at__lte=until + ladder.TRY_AGAIN)
    clocks = Deadline.objects.filter(touched, stopped_at__isnull=True)
    return sorted(set(clocks.values_list("pk", flat=True)))


@transaction.atomic
def _set_back(pks: list[int], now: datetime, ahead: datetime, last_right: datetime | None) -> None:
    """To where they stood at the last sweep that can be believed; the sweep goes on from there."""
    clocks = Deadline.objects.filter(pk__in=pks, stopped_at__isnull=True).order_by("pk")
    clocks = list(clocks.select_for_update(no_key=True))
    ladders = queries.ladders(clock.policy_id for clock in clocks)
    paused_at = _paused_at(pks)
    # never claimed, so in nobody's hands
    early = Alert.objects.filter(
        state=Alert.State.PENDING, created_at__gt=ahead, attempts=0, deadline__in=pks
    )
    untold = set(early.filter(step=Step.ASSIGNED).values_list("deadline_id", flat=True))
    early.delete()
    for clock in clocks:
        own = ladders.of(clock.policy_id, clock.kind)
        seen_at = paused_at.get(clock.pk) or last_right or clock.started_at
        clock.steps_done = min(clock.steps_done, _reached(own, clock.due_at, seen_at))
        if clock.pk in untold:  # its moment lies behind by every time: owed at once, or never
            clock.steps_done = 0
        rung = own.rung(clock.steps_done)
        not_before = max(clock.suspended_until or now, now)
        clock.next_look_at = rung and max(ladder.moment(rung, clock.due_at), not_before)
        if clock.breached_at and clock.breached_at > ahead:
            clock.state, clock.breached_at = Deadline.State.RUNNING, None
    Deadline.objects.bulk_update(clocks, ["steps_done", "next_look_at", "state", "breached_at"])


def _paused_at(pks: list[int]) -> dict[int, datetime]:
    """Since when clocks stand still: no sweep has looked at them after."""
    running = Suspension.objects.filter(deadline__in=pks, state=Suspension.State.GRANTED)
    return dict(running.values_list("deadline_id", "decided_at"))


def _reached(own: Ladder, due_at: datetime, at: datetime) -> int:
    place = 0
    while (rung := own.rung(place)) and ladder.moment(rung, due_at) <= at:
        place += 1
    return place


@transaction.atomic
def _let_letters_go(now: datetime, ahead: datetime) -> None:
    """Leases and pauses that end by the wrong time end now. What was tried by then may have been accepted, so it keeps
    its row and its Message-ID, and leaves."""
    pending = Alert.objects.filter(state=Alert.State.PENDING)
    longest = timedelta(minutes=max(smtp.MINUTES_BETWEEN))
    pending.filter(claimed_until__gt=now + timedelta(hours=1) + TOLERATED).update(claimed_until=None)
    pending.filter(attempts__gt=0, send_after__gt=now + longest + TOLERATED).update(send_after=now)
