"""The owner completes a case behind its own link: mends the need, adds banks. The link is the key, so that what is said
here counts as said by the owner; nobody witnessed it, and the team is shown that."""

from datetime import datetime

from django.db import transaction

from lending import audit
from lending.case import lock_case
from lending.errors import WrongStage
from lending.models import FinancingCase
from lending.opening import missing_for
from lending.stages import CLOSED, Stage
from lending.workflow import advance
from visits.field.rules import ConsentSaid, NeedSaid
from visits.intake import services as intake
from visits.models import Business, FinancingNeed


def may_mend_need(case: FinancingCase) -> bool:
    """While the case waits to be completed; what the team returned to an officer, the officer brings back."""
    return case.stage == Stage.INTAKE or (case.stage == Stage.RETURNED and case.need.visit_id is None)


def was_said(case: FinancingCase, form: str) -> bool:
    """Whether what was sent with this form has been kept already."""
    kinds = ("need_amended", "consent_given")
    return bool(form) and case.events.filter(kind__in=kinds, detail__form=form).exists()


@transaction.atomic
def mend_need(*, case: FinancingCase, said: NeedSaid, now: datetime, form: str = "") -> None:
    """Another need takes the place of the one before, which stays as it was told. A case that was returned goes back to
    the team. `form` is the digest of the form it was said in; a repeat of it changes nothing. Raises `Invalid` (fields
    in the API's names), WrongStage."""
    case = _locked(case)
    if was_said(case, form):
        return
    intake.check(said, None, team=case.district, now=now)
    if not may_mend_need(case):
        raise WrongStage()
    need = intake.keep_need(said, case.business, signed_name="", now=now)
    case.need, case.amount_yuan = need, need.amount_yuan
    case.save(update_fields=["need", "amount_yuan"])
    detail = {"need": need.pk, "amount_yuan": need.amount_yuan, "form": form}
    audit.record(case, "need_amended", by=None, now=now, detail=detail)
    _go_on(case, need, now)


@transaction.atomic
def add_consent(*, case: FinancingCase, said: ConsentSaid, now: datetime, form: str = "") -> None:
    """One signing more, for the banks and matters ticked; a repeat of the same `form` (its digest) signs nothing. Raises
    `Invalid`, WrongStage where the case is closed."""
    case = _locked(case)
    if was_said(case, form):
        return
    signed = intake.check(None, said, team=case.district, now=now)
    if case.stage in CLOSED:
        raise WrongStage()
    intake.sign(signed, case.business, now)
    detail = {"recipients": len(signed.recipients), "form": form}
    audit.record(case, "consent_given", by=None, now=now, detail=detail)
    if case.stage == Stage.INTAKE:  # a returned case lacks something else than a signature
        _go_on(case, case.need, now)


def _locked(case: FinancingCase) -> FinancingCase:
    """Business before case, as everywhere: a visit of this moment waits, or we for it."""
    Business.objects.select_for_update(no_key=True).get(pk=case.business_id)
    return lock_case(case)


def _go_on(case: FinancingCase, need: FinancingNeed, now: datetime) -> None:
    if not missing_for(need, now):
        advance(case, Stage.AUTHORISED, by=None, now=now, kind="supplemented")
