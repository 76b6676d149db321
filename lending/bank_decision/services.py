"""Stage 5: the bank takes a recommendation in, reaches the firm, decides and pays out.

Every verb locks the case and then its recommendations (`settling.lock`), checks, writes, and leaves an event bound to
the bank. Doors look the row up through `get_visible` first; what is invisible never gets here.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.errors import Invalid
from accounts.language import in_chinese
from accounts.models import Organisation, User
from accounts.roles import Do
from lending import audit
from lending.bank_decision import rules, settling
from lending.bank_decision.deciding import BEFORE_ANSWER, confirm_outcome, correct_decision, decide
from lending.bank_decision.models import ContactAttempt
from lending.bank_decision.paying import disburse
from lending.errors import WrongStage
from lending.models import Recommendation
from lending.sla import services as sla
from lending.sla import suspending
from lending.sla.kinds import DeadlineKind
from lending.sla.models import Deadline, DeadlinePolicy, Suspension

__all__ = [
    "receive", "record_contact", "ask_suspension", "complete_documents", "allot_branch", "decide", "correct_decision",
    "confirm_outcome", "disburse",
]  # fmt: skip
State = Recommendation.State


@transaction.atomic
def receive(*, recommendation: Recommendation, by: User, now: datetime) -> Recommendation:
    """待接收 → 待对接. A second receipt changes nothing and answers with what is."""
    require(by, Do.DECIDE)
    mine = settling.lock(recommendation)
    if mine.state == State.WITHDRAWN:
        raise WrongStage()
    if mine.received_at is None:
        settling.take_in(mine, by=by, now=now)
    return mine


@transaction.atomic
def record_contact(
    *, recommendation: Recommendation, at: datetime | None, mode: str, is_reached: bool, note: str = "", by: User,
    now: datetime,
) -> ContactAttempt:  # fmt: skip
    """One attempt to reach the firm, at `at` (None: now); the first that reaches it makes 待对接 → 待决定."""
    require(by, Do.DECIDE)
    mine = settling.lock(recommendation)
    if mine.state not in Recommendation.OPEN:
        raise WrongStage()
    at = at or now
    if found := rules.contact_problems(at, pushed_at=mine.pushed_at, now=now):
        raise Invalid(fields=found)
    if mine.received_at is None:
        settling.take_in(mine, by=by, now=now)
    attempt = ContactAttempt.objects.create(
        recommendation=mine, at=at, recorded_at=now, mode=mode, is_reached=is_reached, note=note, by=by
    )
    if is_reached:
        if mine.state == State.RECEIVED:
            mine.state = State.CONTACTED
        mine.contacted_at = min(at, mine.contacted_at or at)
        mine.save(update_fields=["state", "contacted_at"])
        settling.stop_one(mine, DeadlineKind.CONTACT, now=now)
    detail = {"recommendation": mine.pk, "mode": mode, "is_reached": is_reached, "contacted_at": at}
    audit.record(
        mine.case,
        "contacted" if is_reached else "contact_failed",
        by=by,
        now=now,
        bank=mine.bank,
        detail=detail,
    )
    return attempt


@transaction.atomic
def ask_suspension(
    *, recommendation: Recommendation, papers: str, reason: str, days: int, by: User, now: datetime
) -> Suspension:
    """补件: days that shall not count (`suspending.ask`), while the bank has the case and papers are missing."""
    require(by, Do.DECIDE)
    mine = settling.lock(recommendation)
    if mine.state not in BEFORE_ANSWER or mine.documents_complete_at is not None:
        raise WrongStage()
    return suspending.ask(deadline=mine.deadline, papers=papers, reason=reason, days=days, by=by, now=now)


@transaction.atomic
def complete_documents(*, recommendation: Recommendation, by: User, now: datetime) -> Recommendation:
    """Nothing is missing any more: a suspension ends today, and where the policy counts from complete papers the clock
    counts anew. The first time is kept; a repeat ends what was suspended since."""
    require(by, Do.DECIDE)
    mine = settling.lock(recommendation)
    if mine.state not in BEFORE_ANSWER:
        raise WrongStage()
    if mine.received_at is None:
        settling.take_in(mine, by=by, now=now)
    with in_chinese():
        because = _("材料齐全")
    suspending.let_go(clocks=Deadline.objects.filter(pk=mine.deadline_id), because=because, by=by, now=now)
    if mine.documents_complete_at is None:
        mine.documents_complete_at = now
        mine.save(update_fields=["documents_complete_at"])
        detail = {"recommendation": mine.pk}
        audit.record(mine.case, "documents_complete", by=by, now=now, bank=mine.bank, detail=detail)
        sla.reach_start(deadline=mine.deadline, point=DeadlinePolicy.Start.COMPLETE, by=by, now=now)
    return mine


@transaction.atomic
def allot_branch(
    *, recommendation: Recommendation, branch: Organisation | None, by: User, now: datetime
) -> Recommendation:
    """Give the work to one of the bank's branches, or take it back to head office (None)."""
    require(by, Do.ALLOT)
    mine = settling.lock(recommendation)
    if mine.state not in Recommendation.OPEN:
        raise WrongStage()
    if branch is not None and (branch.parent_id != mine.bank_id or not branch.is_active):
        raise Invalid(fields={"branch": Invalid.sentence})
    if branch != mine.branch:
        mine.branch = branch
        mine.save(update_fields=["branch"])
        sla.hand_over(case=mine.case, bound=mine.bank, branch=branch, now=now)
        detail = {"recommendation": mine.pk, "branch": branch.code if branch else None}
        audit.record(mine.case, "branch_allotted", by=by, now=now, bank=mine.bank, detail=detail)
    return mine
