"""Paying out under a granted decision."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.models import User
from accounts.roles import Do
from lending import audit
from lending.bank_decision import queries, rules, settling
from lending.bank_decision.models import Disbursement
from lending.errors import AlreadyPaid, DecisionInvalid, LimitExceeded, WrongStage
from lending.models import Recommendation
from lending.stages import Stage
from lending.workflow import advance


@transaction.atomic
def disburse(
    *, recommendation: Recommendation, amount_yuan: Decimal, annual_rate_pct: Decimal, disbursed_on: date,
    loan_last4: str = "", by: User, now: datetime, seen_disbursed_yuan: Decimal | None = None,
    is_repeat_refused: bool = False,
) -> Disbursement:  # fmt: skip
    """One payment under the granted decision, all of them together within its line. `seen_disbursed_yuan` is what the
    page showed as paid so far: a form sent twice meets a larger sum and is refused. `is_repeat_refused` is for callers
    who say neither that nor a key of their own: the same amount, day and last four digits are taken for the same loan."""
    require(by, Do.DECIDE)
    mine = settling.lock(recommendation)
    standing = queries.current_decision(mine)
    if not queries.is_granted(standing) or mine.case.stage not in (Stage.APPROVED, Stage.DISBURSED):
        raise WrongStage()
    paid = queries.disbursed_yuan(mine)
    if seen_disbursed_yuan is not None and seen_disbursed_yuan != paid:
        raise AlreadyPaid()
    found = rules.loan_problems(amount_yuan, annual_rate_pct, loan_last4)
    found |= rules.date_problems(
        "disbursed_on", disbursed_on, earliest=standing.decided_on, today=rules.day_of(now)
    )
    if found:
        raise DecisionInvalid(fields=found)
    if is_repeat_refused:
        _refuse_repeat(mine, amount_yuan, disbursed_on, loan_last4)
    if paid + amount_yuan > standing.credit_line_yuan:
        raise LimitExceeded(fields={"amount_yuan": LimitExceeded.sentence})
    loan = Disbursement.objects.create(
        decision=standing, amount_yuan=amount_yuan, annual_rate_pct=annual_rate_pct, disbursed_on=disbursed_on,
        loan_last4=loan_last4, recorded_at=now, recorded_by=by,
    )  # fmt: skip
    detail = {"recommendation": mine.pk, "disbursement": loan.pk, "amount_yuan": amount_yuan}
    told = {"bank": mine.bank, "detail": detail}
    if mine.case.stage == Stage.APPROVED:
        advance(mine.case, Stage.DISBURSED, by=by, now=now, kind="disbursed", **told)
    else:
        audit.record(mine.case, "disbursed", by=by, now=now, **told)
    return loan


def _refuse_repeat(mine: Recommendation, amount_yuan: Decimal, disbursed_on: date, loan_last4: str) -> None:
    alike = {"amount_yuan": amount_yuan, "disbursed_on": disbursed_on, "loan_last4": loan_last4}
    if queries.disbursements(mine).filter(**alike).exists():
        said = _("已有同日、同额、同借据号后四位的一笔放款。确为另一笔时请填写其借据号后四位。")
        raise AlreadyPaid(fields={"loan_last4": said})
