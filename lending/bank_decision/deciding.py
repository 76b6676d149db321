"""The bank's answer, its correction, and the panel's word on an answer that is no decision."""

from datetime import datetime

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from accounts.access import require
from accounts.models import User
from accounts.roles import Do
from lending import audit
from lending.bank_decision import queries, rules, settling
from lending.bank_decision.models import BankDecision, OutcomeConfirmation
from lending.bank_decision.outcomes import DECISIONS, GRANTED
from lending.errors import AlreadyDecided, DecisionInvalid, ReasonMissing, WrongStage
from lending.models import Recommendation
from lending.stages import Stage

State = Recommendation.State
# terms nobody will draw on are history; the reason of a refusal stays worth correcting until the owner takes the case back
TERMS_STAND_IN = (Stage.APPROVED, Stage.DISBURSED)
BEFORE_ANSWER = (State.PUSHED, State.RECEIVED, State.CONTACTED)


@transaction.atomic
def decide(*, recommendation: Recommendation, answer: rules.Answer, by: User, now: datetime) -> BankDecision:
    """The bank's answer. A decision stops its clock and moves the case; any other outcome waits for the panel's word.

    Of two reviewers the first under the lock wins and the other meets AlreadyDecided; the unique constraint on the
    first decision of a recommendation stands behind that."""
    require(by, Do.DECIDE)
    mine = settling.lock(recommendation)
    if mine.state in (State.DECIDED, State.CONFIRMING):
        raise AlreadyDecided()
    if mine.state not in BEFORE_ANSWER:
        raise WrongStage()
    settling.require_with_bank(mine)
    refused = queries.current_decision(mine)  # an outcome that the panel did not confirm
    why = refused.confirmation.reason if refused else ""
    decision = _insert(mine, answer, by=by, now=now, supersedes=refused, correction_reason=why)
    if mine.received_at is None:
        # the answer is here already: no time is owed for reading what was answered
        settling.take_in(mine, by=by, now=now, is_clock_set_anew=False)
    _take_effect(mine, decision, by=by, now=now, kind="decided")
    return decision


@transaction.atomic
def correct_decision(
    *, decision: BankDecision, answer: rules.Answer, correction_reason: str, by: User, now: datetime
) -> BankDecision:
    """Put a new record over `decision`, which must be the one that stands. The clock keeps its first answer."""
    require(by, Do.CORRECT_DECISION)
    mine = settling.lock(decision.recommendation)
    standing = queries.current_decision(mine)
    if standing is None or standing.pk != decision.pk:
        raise AlreadyDecided()
    if mine.state not in (State.DECIDED, State.CONFIRMING):
        raise WrongStage()
    _check_correction(mine, standing, answer, correction_reason)
    new = _insert(
        mine, answer, by=by, now=now, supersedes=standing, correction_reason=correction_reason.strip()
    )
    if mine.state == State.CONFIRMING:
        _take_effect(mine, new, by=by, now=now, kind="decision_corrected")
    elif (standing.outcome in GRANTED) == (new.outcome in GRANTED):
        detail = settling.detail_of(new)
        audit.record(mine.case, "decision_corrected", by=by, now=now, bank=mine.bank, detail=detail)
    else:
        settling.move_case(mine, new, by=by, now=now, kind="decision_corrected")
    return new


@transaction.atomic
def confirm_outcome(
    *, decision: BankDecision, is_confirmed: bool, reason: str = "", by: User, now: datetime
) -> OutcomeConfirmation:
    """The panel's word on 企业放弃, 无真实需求, 无法联系 or 已在他行获贷: confirmed stops the bank's clock and ends its
    part; refused sends the bank back to its work, with the clock as it stands."""
    require(by, Do.CONFIRM_OUTCOME)
    mine = settling.lock(decision.recommendation)
    standing = queries.current_decision(mine)
    if mine.state != State.CONFIRMING or standing is None or standing.pk != decision.pk:
        raise WrongStage()
    if not is_confirmed and not reason.strip():
        raise ReasonMissing(fields={"reason": ReasonMissing.sentence})
    word = OutcomeConfirmation.objects.create(
        decision=standing, is_confirmed=is_confirmed, reason=reason.strip(), by=by, at=now
    )
    if is_confirmed:
        settling.close(mine, now=now)
        settling.move_case(mine, standing, by=by, now=now, kind="outcome_confirmed")
    else:
        mine.state = State.CONTACTED if mine.contacted_at else State.RECEIVED
        mine.save(update_fields=["state"])
        detail = settling.detail_of(standing) | {"reason": word.reason}
        audit.record(mine.case, "outcome_refused", by=by, now=now, bank=mine.bank, detail=detail)
    return word


def _take_effect(mine: Recommendation, decision: BankDecision, *, by: User, now: datetime, kind: str) -> None:
    if decision.outcome in DECISIONS:
        settling.close(mine, now=now)
        settling.move_case(mine, decision, by=by, now=now, kind=kind)
        return
    mine.state = State.CONFIRMING
    mine.save(update_fields=["state"])
    kind = "outcome_reported" if kind == "decided" else kind
    detail = settling.detail_of(decision)
    audit.record(mine.case, kind, by=by, now=now, bank=mine.bank, detail=detail)


def _check_correction(
    mine: Recommendation, standing: BankDecision, answer: rules.Answer, correction_reason: str
) -> None:
    """What a correction must respect besides the rules of any answer: why, the panel's word, and money paid out."""
    if not correction_reason.strip():
        raise ReasonMissing(fields={"correction_reason": ReasonMissing.sentence})
    if mine.state == State.CONFIRMING:
        settling.require_with_bank(mine)
        return
    if standing.outcome not in DECISIONS:  # the panel has confirmed it and the case went on from there
        raise WrongStage()
    if answer.outcome not in DECISIONS:
        raise DecisionInvalid(fields={"outcome": rules.ONLY_DECISIONS})
    is_granted = standing.outcome in GRANTED
    if (is_granted and mine.case.stage not in TERMS_STAND_IN) or mine.case.stage == Stage.WITHDRAWN:
        raise WrongStage()
    paid = queries.disbursed_yuan(mine)
    if found := rules.correction_problems(answer, paid_yuan=paid, first_paid_on=queries.first_paid_on(mine)):
        raise DecisionInvalid(fields=found)


def problems(recommendation: Recommendation, answer: rules.Answer, *, now: datetime) -> dict[str, str]:
    """What is wrong with an answer to this recommendation at this moment, field by field."""
    reason = queries.active_reason(answer.reason_code)
    facts = rules.Circumstances(
        pushed_on=rules.day_of(recommendation.pushed_at), today=rules.day_of(now),
        requested_yuan=queries.requested_yuan(recommendation),
        min_text_length=reason.min_text_length if reason else None,
        days_tried=rules.days_tried(queries.attempts(recommendation)),
    )  # fmt: skip
    return rules.answer_problems(answer, facts)


def _insert(
    mine: Recommendation, answer: rules.Answer, *, by: User, now: datetime, supersedes: BankDecision | None,
    correction_reason: str,
) -> BankDecision:  # fmt: skip
    if found := problems(mine, answer, now=now):
        raise DecisionInvalid(fields=found)
    reason = queries.active_reason(answer.reason_code)
    is_granted = answer.outcome in GRANTED
    decision = BankDecision(
        recommendation=mine, supersedes=supersedes, outcome=answer.outcome,
        credit_line_yuan=answer.credit_line_yuan, annual_rate_pct=answer.annual_rate_pct,
        term_months=answer.term_months, product=answer.product if is_granted else "",
        guarantee=answer.guarantee if is_granted else "", is_first_loan=is_granted and answer.is_first_loan,
        is_no_repay_renewal=is_granted and answer.is_no_repay_renewal, reason=reason,
        reason_text=answer.reason_text.strip(), decided_on=answer.decided_on, recorded_at=now, decided_by=by,
        correction_reason=correction_reason if supersedes else "",
    )  # fmt: skip
    try:
        with transaction.atomic():
            decision.save(force_insert=True)
    except IntegrityError as error:  # somebody got past the lock, so the constraint had to say it
        if isinstance(error.__cause__, UniqueViolation):
            raise AlreadyDecided() from error
        raise
    return decision
