"""终止办件: the team ends a case that would otherwise stay open for good, because only its owner could."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from lending.bank_decision.repairing import CLOSED_FROM, close_unfunded, read_reason, require_own_district
from lending.case import lock_case
from lending.errors import WrongStage
from lending.models import FinancingCase
from lending.progress.withdrawing import withdraw_case
from lending.stages import Stage

# before any bank was asked; from UNDER_REVIEW the way out is 不予推荐, from WITH_BANK the bank's answer, from
# IN_REPAIR the end of the repair
TERMINATED_FROM = frozenset({Stage.INTAKE, Stage.AUTHORISED, Stage.RETURNED})
ENDED_FROM = TERMINATED_FROM | CLOSED_FROM


@transaction.atomic
def end_case(*, case: FinancingCase, reason: str, by: User, now: datetime) -> None:
    """Close as 撤回终止 before a recommendation and as 未获融资办结 after it, with a word why."""
    require_own_district(case, by)
    reason = read_reason(reason)
    case = lock_case(case)
    if case.stage in CLOSED_FROM:
        close_unfunded(case=case, reason=reason, by=by, now=now)
    elif case.stage in TERMINATED_FROM:
        withdraw_case(case=case, by=by, now=now, reason=reason)
    else:
        raise WrongStage()
