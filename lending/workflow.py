"""Turning the page: `advance` and, for its first pages, `begin` are the only writers of `FinancingCase.stage`."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.prepared import insert_together
from lending import audit
from lending.case import FinancingCase
from lending.errors import AlreadyMoved, WrongStage
from lending.sla import services as sla
from lending.sla.kinds import UNTIL_ANSWERED, DeadlineKind
from lending.stages import CLOSED, NEXT, Stage

# The clock that binds the district while a case stands in a stage. The bank's clock is started per recommendation,
# because one case may be with several banks; leaving WITH_BANK stops whatever of them still runs.
CLOCK: dict[Stage, DeadlineKind] = {
    Stage.UNDER_REVIEW: DeadlineKind.PANEL_REVIEW,
    Stage.RETURNED: DeadlineKind.SUPPLEMENT,
}
STOPPED_ON_LEAVING: dict[Stage, tuple[DeadlineKind, ...]] = {
    **{stage: (kind,) for stage, kind in CLOCK.items()},
    Stage.WITH_BANK: UNTIL_ANSWERED,
    Stage.APPROVED: (DeadlineKind.DISBURSEMENT,),
}


def begin(case: FinancingCase, *, by: User | None, now: datetime, detail: dict, is_whole: bool) -> None:
    """Write a new case, whose key its maker has drawn, with its first events, in one statement. It begins in INTAKE
    and, where nothing is missing, goes on to AUTHORISED at once, as `advance` would take it."""
    case.stage, case.stage_since = Stage.INTAKE, now
    events = [audit.first_event(case, "opened", by=by, now=now, detail=detail)]
    if is_whole:
        case.stage = Stage.AUTHORISED
        events.append(audit.first_event(case, "authorised", by=by, now=now, from_stage=Stage.INTAKE))
    insert_together(case, events)


def advance(
    case: FinancingCase,
    to: Stage,
    *,
    by: User | None,
    now: datetime,
    kind: str,
    bank: Organisation | None = None,
    detail: dict | None = None,
) -> None:
    """Move one step or refuse; stop the old clock, start the new one, write the event of `kind`."""
    left = Stage(case.stage)
    if to not in NEXT[left]:
        raise WrongStage()
    with transaction.atomic(savepoint=False):  # part of the deed that calls, which has its own
        if is_moved := _move(case, left, to, now):
            _turn_clocks(case, left, to, now)
            audit.record(case, kind, by=by, now=now, from_stage=left, bank=bank, detail=detail)
    if not is_moved:  # someone else moved it between our read and our write
        raise AlreadyMoved()


def moved_since(case: FinancingCase, seen: int) -> AlreadyMoved:
    """The refusal for a page that knew of `seen` events: it says so where it was the owner who took something back."""
    kinds = ("consent_withdrawn", "withdrawn")
    if case.events.filter(seq__gt=seen, kind__in=kinds).exists():
        return AlreadyMoved(_("企业已撤回授权,您的操作没有生效,请刷新后再看。"))
    return AlreadyMoved()


def _move(case: FinancingCase, left: Stage, to: Stage, now: datetime) -> bool:
    facts = {"stage": to, "stage_since": now, "closed_at": now if to in CLOSED else None}
    if not FinancingCase.objects.filter(pk=case.pk, stage=left).update(**facts):
        return False
    for name, value in facts.items():
        setattr(case, name, value)
    return True


def _turn_clocks(case: FinancingCase, left: Stage, to: Stage, now: datetime) -> None:
    if left in STOPPED_ON_LEAVING:
        # whoever withdraws owes nobody anything, and money that is not paid after all is not paid late
        is_cancelled = to is Stage.WITHDRAWN or (left is Stage.APPROVED and to is not Stage.DISBURSED)
        sla.stop_clocks(case=case, kinds=STOPPED_ON_LEAVING[left], now=now, is_cancelled=is_cancelled)
    if to in CLOCK:
        sla.start_clock(case=case, kind=CLOCK[to], bound=case.district, now=now)
