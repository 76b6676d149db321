"""What a decision does to everything around it: the clock, the other banks and the case."""

from datetime import datetime

from accounts.models import User
from lending import audit
from lending.bank_decision.models import BankDecision
from lending.bank_decision.outcomes import GRANTED, Outcome
from lending.errors import WrongStage
from lending.models import FinancingCase, Recommendation
from lending.sla import services as sla
from lending.sla.kinds import UNTIL_ANSWERED, DeadlineKind
from lending.sla.models import DeadlinePolicy
from lending.stages import Stage
from lending.workflow import advance


def lock(recommendation: Recommendation) -> Recommendation:
    """The case first and then its recommendations by age. Everybody takes the locks in this order: a first approval
    withdraws the recommendations to other banks, whose reviewers may be deciding at the same moment."""
    case = FinancingCase.objects.select_for_update(no_key=True).get(pk=recommendation.case_id)
    rows = Recommendation.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "bank", "branch"
    )
    mine = next(row for row in rows.filter(case=case).order_by("pk") if row.pk == recommendation.pk)
    mine.case = case
    return mine


def take_in(
    recommendation: Recommendation, *, by: User, now: datetime, is_clock_set_anew: bool = True
) -> None:
    """Receipt, whether pressed or implied by the first contact or by the decision itself."""
    if recommendation.state == Recommendation.State.PUSHED:
        recommendation.state = Recommendation.State.RECEIVED
    recommendation.received_at, recommendation.received_by = now, by
    recommendation.save(update_fields=["state", "received_at", "received_by"])
    detail = {"recommendation": recommendation.pk}
    audit.record(recommendation.case, "received", by=by, now=now, bank=recommendation.bank, detail=detail)
    stop_one(recommendation, DeadlineKind.RECEIPT, now=now)
    if is_clock_set_anew:  # where the policy counts from receipt; under every other policy this does nothing
        sla.reach_start(deadline=recommendation.deadline, point=DeadlinePolicy.Start.RECEIPT, by=by, now=now)


def stop_one(recommendation: Recommendation, kind: DeadlineKind, *, now: datetime) -> None:
    """One step of the bank is done: its own clock stops, the one of the decision goes on."""
    sla.stop_clocks(case=recommendation.case, kinds=(kind,), bound=recommendation.bank, now=now)


def require_with_bank(recommendation: Recommendation) -> None:
    if recommendation.case.stage != Stage.WITH_BANK:
        raise WrongStage()


def others_open(recommendation: Recommendation):
    rows = Recommendation.objects.filter(case_id=recommendation.case_id, state__in=Recommendation.OPEN)
    return rows.exclude(pk=recommendation.pk).select_related("bank").order_by("pk")


def close(recommendation: Recommendation, *, now: datetime) -> None:
    """The bank has answered: its clocks stop here and never again."""
    recommendation.state = Recommendation.State.DECIDED
    recommendation.save(update_fields=["state"])
    sla.stop_clocks(case=recommendation.case, kinds=UNTIL_ANSWERED, bound=recommendation.bank, now=now)


def move_case(
    recommendation: Recommendation, decision: BankDecision, *, by: User, now: datetime, kind: str
) -> None:
    """The first approval takes the case; a refusal moves it only when no other bank is still at work on it."""
    told = {"bank": recommendation.bank, "detail": detail_of(decision)}
    if decision.outcome in GRANTED:
        withdraw_others(recommendation, by=by, now=now)
        advance(recommendation.case, Stage.APPROVED, by=by, now=now, kind=kind, **told)
        work = sla.Work(recommendation.case, recommendation.bank, recommendation.branch)
        sla.start_where_ruled(works=[work], kinds=(DeadlineKind.DISBURSEMENT,), now=now)
    elif others_open(recommendation).exists():
        audit.record(recommendation.case, kind, by=by, now=now, **told)
    else:
        to = (
            Stage.DECLINED
            if decision.outcome in AFTER_WHICH_ANOTHER_BANK_MAY_BE_ASKED
            else Stage.CLOSED_UNFUNDED
        )
        advance(recommendation.case, to, by=by, now=now, kind=kind, **told)


# a firm that could not be reached, or was refused, may be recommended again; one that gave up or needs nothing is done
AFTER_WHICH_ANOTHER_BANK_MAY_BE_ASKED = (Outcome.DECLINED, Outcome.UNREACHABLE)


def withdraw_others(recommendation: Recommendation, *, by: User, now: datetime) -> None:
    """Take the case back from the banks that have not answered; they are not told which bank was faster."""
    for other in others_open(recommendation):
        other.state = Recommendation.State.WITHDRAWN
        other.save(update_fields=["state"])
        sla.stop_clocks(
            case=recommendation.case, kinds=UNTIL_ANSWERED, bound=other.bank, now=now, is_cancelled=True
        )
        detail = {"recommendation": other.pk, "because": "approved_elsewhere"}
        audit.record(
            recommendation.case, "recommendation_withdrawn", by=None, now=now, bank=other.bank, detail=detail
        )


def detail_of(decision: BankDecision) -> dict:
    """For the chain of events. Without the rate: officers of other banks read the events of cases they visited."""
    detail = {
        "recommendation": decision.recommendation_id, "decision": decision.pk, "outcome": decision.outcome,
        "decided_on": decision.decided_on,
    }  # fmt: skip
    if decision.credit_line_yuan is not None:
        detail["credit_line_yuan"] = decision.credit_line_yuan
    if decision.reason:
        detail["reason"] = decision.reason.code
    if decision.supersedes_id:
        detail |= {"supersedes": decision.supersedes_id, "because": decision.correction_reason}
    return detail
