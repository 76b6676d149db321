"""A recorded visit with a need opens a case, or joins the one that is open."""

from datetime import datetime

from django.dispatch import receiver

from accounts.clock import day_of
from accounts.models import User
from lending import audit
from lending.case import FinancingCase, next_case_number
from lending.stages import OPEN, Stage
from lending.workflow import advance
from visits.consent.models import Scope
from visits.consent.queries import live_consents
from visits.models import Business, FinancingNeed, Visit
from visits.signals import CaseAnswer, visit_recorded

STILL_OPEN_TO_CHANGE = (Stage.INTAKE, Stage.RETURNED)


@receiver(visit_recorded)
def on_visit_recorded(
    sender, visit: Visit | None, need: FinancingNeed | None, by: User | None, now: datetime, **_
) -> CaseAnswer | None:
    if need is None:
        return None
    # the lock of the business row lines up two visits to one firm, so the second one joins the first one's case
    business = (
        Business.objects.select_for_update(no_key=True, of=("self",))
        .select_related("district")
        .get(pk=need.business_id)
    )
    # then the case: one that a withdrawal is closing right now is waited for, and once closed is no longer found
    open_cases = FinancingCase.objects.select_for_update(no_key=True, of=("self",)).filter(stage__in=OPEN)
    case = open_cases.filter(business=business).first()
    if case:
        return _join(case, need, visit, by=by, now=now)
    return _open(business, need, visit, by=by, now=now)


def missing_for(need: FinancingNeed, now: datetime) -> list[str]:
    """What a need still lacks before credit data may be looked up, in the API's dotted names."""
    lacking = []
    if need.amount_yuan is None:
        lacking.append("need.amount_yuan")
    if not need.purpose:
        lacking.append("need.purpose")
    if not live_consents(need.business, now=now, scope=Scope.CREDIT_LOOKUP).exists():
        lacking.append("consent")
    return lacking


def _open(
    business: Business, need: FinancingNeed, visit: Visit | None, *, by: User | None, now: datetime
) -> CaseAnswer:
    district = business.district or (by.district if by else None)
    if district is None:  # kept as a visit; a case must belong to a district's team
        return CaseAnswer(missing=["district"], reason="district_unknown")
    case = FinancingCase.objects.create(
        number=next_case_number(district.code, day_of(now).year), business=business, district=district, origin_visit=visit,
        need=need, amount_yuan=need.amount_yuan, stage=Stage.INTAKE, stage_since=now, opened_at=now,
    )  # fmt: skip
    detail = _told(visit) | {"amount_yuan": need.amount_yuan}
    audit.record(case, "opened", by=by, now=now, detail=detail)
    lacking = missing_for(need, now)
    if not lacking:
        advance(case, Stage.AUTHORISED, by=by, now=now, kind="authorised")
    return CaseAnswer(number=case.number, missing=lacking)


def _told(visit: Visit | None) -> dict[str, str]:
    return {"visit": str(visit.pk), "mode": visit.mode} if visit else {"declared_by": "owner"}


def _join(
    case: FinancingCase, need: FinancingNeed, visit: Visit | None, *, by: User | None, now: datetime
) -> CaseAnswer:
    """A further visit to a firm with an open case completes it where it waits, and is otherwise only noted."""
    audit.record(case, "visit_added" if visit else "need_declared", by=by, now=now, detail=_told(visit))
    if case.stage not in STILL_OPEN_TO_CHANGE:
        return CaseAnswer(number=case.number, reason="case_already_open")
    lacking = missing_for(need, now)
    if not lacking:
        case.need, case.amount_yuan = need, need.amount_yuan
        case.save(update_fields=["need", "amount_yuan"])
        advance(case, Stage.AUTHORISED, by=by, now=now, kind="supplemented")
    return CaseAnswer(number=case.number, missing=lacking, reason="case_already_open")
