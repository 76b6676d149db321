"""The owner takes back a consent or the whole case; nobody has to agree to it."""

from datetime import datetime

from django.db import transaction

from accounts.errors import NotFound
from accounts.models import User
from lending import audit
from lending.bank_decision.repairing import drop_repair
from lending.case import lock_case
from lending.models import FinancingCase, Recommendation
from lending.progress.queries import consents_shown_to_the_owner
from lending.sla import services as sla
from lending.sla.kinds import UNTIL_ANSWERED
from lending.stages import Stage
from lending.workflow import advance
from visits.consent.models import Consent
from visits.consent.queries import live_consents
from visits.consent.services import withdraw_consent

MAX_REASON = 500


@transaction.atomic
def withdraw_case(*, case: FinancingCase, by: User | None, now: datetime, reason: str = "") -> None:
    """Closes the case wherever it stands and takes it back from the banks that have not answered. `by` is nobody where
    the owner does it behind the tracking link; somebody is the team (`ending.end_case`). Refuses a closed case with
    WrongStage."""
    case = lock_case(case)
    at_work = Recommendation.objects.select_for_update(no_key=True, of=("self",)).select_related("bank")
    for push in at_work.filter(case=case, state__in=Recommendation.OPEN).order_by("pk"):
        push.state = Recommendation.State.WITHDRAWN
        push.save(update_fields=["state"])
        sla.stop_clocks(case=case, kinds=UNTIL_ANSWERED, bound=push.bank, now=now, is_cancelled=True)
        detail = {"recommendation": push.pk, "because": "terminated" if by else "owner_withdrew"}
        audit.record(case, "recommendation_withdrawn", by=by, now=now, bank=push.bank, detail=detail)
    if case.stage == Stage.IN_REPAIR:
        drop_repair(case=case, by=by, now=now)
    detail = {"reason": reason.strip()[:MAX_REASON]} if reason.strip() else {}
    kind = "terminated" if by else "withdrawn"
    advance(case, Stage.WITHDRAWN, by=by, now=now, kind=kind, detail=detail)


@transaction.atomic
def withdraw_one_consent(*, case: FinancingCase, consent_id: int, now: datetime) -> Consent:
    """By the owner of this case: one recipient less, from now on, however often it was signed for that recipient.
    Noted in the case without naming the bank."""
    consents = consents_shown_to_the_owner(case)
    consent = consents.filter(pk=consent_id).select_related("recipient").first()
    if consent is None:
        raise NotFound()
    case = lock_case(case)
    ended = _withdraw(case, consent, now)
    for again in live_consents(case.business, now=now, recipient=consent.recipient).order_by("pk"):
        _withdraw(case, again, now)
    return ended


@transaction.atomic
def withdraw_all_consents(*, case: FinancingCase, now: datetime) -> int:
    """Every consent of the firm that still holds: nothing is looked up and nothing pushed from now on. How many."""
    case = lock_case(case)
    live = list(live_consents(case.business, now=now).order_by("pk"))
    for consent in live:
        _withdraw(case, consent, now)
    return len(live)


def _withdraw(case: FinancingCase, consent: Consent, now: datetime) -> Consent:
    ended = withdraw_consent(consent=consent, now=now, reason="企业主在进度页撤回")
    audit.record(case, "consent_withdrawn", by=None, now=now, detail={"consent": consent.pk})
    return ended
