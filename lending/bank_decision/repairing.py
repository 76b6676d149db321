"""After a refusal: 会诊修复, what stood in the way is mended with whoever can help, or the case ends with a word why."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.errors import Invalid, NotFound
from accounts.language import in_chinese
from accounts.models import Organisation, User
from accounts.roles import Do
from lending.bank_decision.models import BankDecision, Repair
from lending.bank_decision.outcomes import GRANTED
from lending.case import lock_case
from lending.errors import ReasonMissing, WrongStage
from lending.models import FinancingCase
from lending.stages import Stage
from lending.workflow import advance

# refused, recommended with no bank left to ask, or granted and never drawn
CLOSED_FROM = frozenset({Stage.DECLINED, Stage.RECOMMENDED, Stage.APPROVED})
LIMITS = {"plan": 500, "department": 80, "result": 300, "reason": 500}


@transaction.atomic
def open_repair(*, case: FinancingCase, plan: str, department: str = "", by: User, now: datetime) -> Repair:
    """银行未授信 → 会诊修复中, with what is to be done and who helps."""
    require_own_district(case, by)
    plan, department = _text("plan", plan), _text("department", department, is_required=False)
    case = _locked(case, Stage.DECLINED)
    refusals = BankDecision.objects.filter(recommendation__case=case, superseded_by__isnull=True)
    refused = refusals.exclude(outcome__in=GRANTED).order_by("-recorded_at", "-pk").first()
    if refused is None:
        raise WrongStage()
    repair = Repair.objects.create(
        case=case, decision=refused, plan=plan, department=department, opened_at=now, opened_by=by
    )
    detail = {"repair": repair.pk, "plan": plan, "department": department}
    advance(case, Stage.IN_REPAIR, by=by, now=now, kind="repair_opened", detail=detail)
    return repair


@transaction.atomic
def finish_repair(*, case: FinancingCase, is_mended: bool, result: str, by: User, now: datetime) -> Repair:
    """Mended: the case waits for another push. Not mended: it ends as 未获融资办结."""
    require_own_district(case, by)
    result = _text("result", result)
    case = _locked(case, Stage.IN_REPAIR)
    repair = Repair.objects.select_for_update(no_key=True).get(case=case, finished_at__isnull=True)
    repair.finished_at, repair.finished_by, repair.result = now, by, result
    repair.save(update_fields=["finished_at", "finished_by", "result"])
    to = Stage.RECOMMENDED if is_mended else Stage.CLOSED_UNFUNDED
    detail = {"repair": repair.pk, "is_mended": is_mended, "reason": result}
    advance(case, to, by=by, now=now, kind="repair_finished", detail=detail)
    return repair


@transaction.atomic
def close_unfunded(*, case: FinancingCase, reason: str, by: User, now: datetime) -> None:
    """Nothing more to be tried: 未获融资办结. The bank whose approval was not drawn may read of it."""
    require_own_district(case, by)
    reason = read_reason(reason)
    case = lock_case(case)
    if case.stage not in CLOSED_FROM:
        raise WrongStage()
    detail, bank = {"reason": reason}, _granting_bank(case) if case.stage == Stage.APPROVED else None
    advance(case, Stage.CLOSED_UNFUNDED, by=by, now=now, kind="closed_unfunded", bank=bank, detail=detail)


def drop_repair(*, case: FinancingCase, by: User | None, now: datetime) -> None:
    """The case is withdrawn under the caller's lock: a repair under way ends with it. `by` is nobody for the owner."""
    under_way = Repair.objects.filter(case=case, finished_at__isnull=True)
    with in_chinese():
        result = _("办件已撤回,会诊修复终止。")
    under_way.update(finished_at=now, finished_by=by, result=result)


def _granting_bank(case: FinancingCase) -> Organisation | None:
    standing = BankDecision.objects.filter(recommendation__case=case, superseded_by__isnull=True)
    granted = standing.filter(outcome__in=GRANTED).select_related("recommendation__bank").order_by("-pk")
    return next((decision.recommendation.bank for decision in granted[:1]), None)


def read_reason(said: str) -> str:
    return _text("reason", said)


def require_own_district(case: FinancingCase, by: User) -> None:
    require(by, Do.REVIEW)
    if by.district is None or case.district_id != by.district.pk:
        raise NotFound()


def _locked(case: FinancingCase, stage: Stage) -> FinancingCase:
    case = lock_case(case)
    if case.stage != stage:
        raise WrongStage()
    return case


def _text(field: str, said: str, *, is_required: bool = True) -> str:
    said = said.replace("\0", "").strip()
    if is_required and not said:
        raise ReasonMissing(fields={field: str(ReasonMissing.sentence)})
    if len(said) > LIMITS[field]:
        raise Invalid(fields={field: _("最多 %(limit)d 字。") % {"limit": LIMITS[field]}})
    return said
