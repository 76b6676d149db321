"""Look up credit data under a live consent, and keep a receipt of every source that was asked."""

import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.errors import NotFound, Refusal
from accounts.models import User
from accounts.roles import Do
from lending import audit
from lending.case import FinancingCase, lock_case
from lending.credit_lookup.adapters import ADAPTERS, Question, Reply, check_sources
from lending.credit_lookup.adapters.reply import not_fetched
from lending.credit_lookup.verifying import is_unverified
from lending.errors import LookupUnavailable, NoConsent, NotVerified, WrongStage
from lending.models import CreditLookup
from lending.stages import Stage
from lending.workflow import advance, moved_since
from visits.consent.models import Consent
from visits.consent.queries import consents_for_lookup

VALID_FOR = timedelta(days=30)  # how long an answer may be relied on (domain.md 2, step 4)
STAGES = (
    Stage.AUTHORISED,
    Stage.UNDER_REVIEW,
    Stage.RETURNED,
    Stage.RECOMMENDED,
)  # the last: before another push
PURPOSE = "区级工作专班按五项标准审核融资需求"
log = logging.getLogger(__name__)


def look_up(*, case: FinancingCase, by: User, now: datetime, seen: int | None = None) -> list[CreditLookup]:
    """Ask every configured source and keep what came of it; with at least one answer the case goes under review.

    The network is asked outside any transaction: never call this inside one. Refuses NoConsent, WrongStage and NotVerified before
    anything is asked, and again after it (then nothing of what was fetched is kept). Where no source answered, the
    receipts stay and LookupUnavailable is raised. `seen` is the number of events on the page that asks; where more has
    happened since (a second tab, a colleague), AlreadyMoved is raised: nobody's credit is asked for twice by accident.
    """
    require(by, Do.LOOK_UP_CREDIT)
    if by.district is None or case.district_id != by.district.pk:
        raise NotFound()
    if seen is not None and seen != case.events_count:
        raise moved_since(case, seen)
    consent = _permission(case, now)
    replies = [(source, _ask(source, _question(case, consent))) for source in _sources()]
    kept, refusal = _keep(case, consent, replies, by=by, now=now, seen=seen)
    if refusal:
        raise refusal
    if all(receipt.answer == CreditLookup.Answer.NOT_FETCHED for receipt in kept):
        raise LookupUnavailable(fields={r.source: r.problem or _("未取到") for r in kept})
    return kept


def _sources() -> list[dict]:
    check_sources(settings.CREDIT_SOURCES)
    return settings.CREDIT_SOURCES


def _permission(case: FinancingCase, now: datetime) -> Consent:
    held = list(consents_for_lookup(case.business, now=now))
    if not held:
        raise NoConsent()
    if case.stage not in STAGES:
        raise WrongStage()
    if is_unverified(case):
        raise NotVerified()
    return next((consent for consent in held if consent.recipient_id == case.district_id), held[0])


def _question(case: FinancingCase, consent: Consent) -> Question:
    return Question(
        id=secrets.token_hex(16), credit_code=case.business.credit_code, purpose=PURPOSE, consent_id=consent.pk,
        consent_given_at=consent.given_at, consent_expires_at=consent.expires_at,
    )  # fmt: skip


def _ask(source: dict, question: Question) -> Reply:
    try:
        return ADAPTERS[source["adapter"]](source, question)
    except Exception:  # one source at fault must not take the answers of the others with it
        log.exception("credit source %s failed", source["code"])
        return not_fetched("查询程序出错")


@transaction.atomic
def _keep(
    case, consent, replies, *, by: User, now: datetime, seen: int | None
) -> tuple[list[CreditLookup], Refusal | None]:
    """Receipts, event and step, or the refusal where consent or stage changed while the sources were asked."""
    case = lock_case(case)
    answers = {source["code"]: reply.answer for source, reply in replies}
    # the row lock makes a withdrawal of this very moment wait for us, or us for it
    still_given = (
        consents_for_lookup(case.business, now=now).select_for_update(no_key=True).filter(pk=consent.pk)
    )
    refusal = None if still_given.exists() else NoConsent()
    refusal = refusal or (None if case.stage in STAGES else WrongStage())
    refusal = refusal or (
        NotVerified() if is_unverified(case) else None
    )  # its visit may be annulled meanwhile
    refusal = refusal or (None if seen in (None, case.events_count) else moved_since(case, seen))
    if refusal:
        audit.record(case, "lookup_discarded", by=by, now=now, detail={"sources": answers})
        return [], refusal
    kept = [_receipt(case, consent, source, reply, by, now) for source, reply in replies]
    detail = {"sources": answers, "lookups": [receipt.pk for receipt in kept]}
    if not any(receipt.fetched_at for receipt in kept):
        audit.record(case, "lookup_failed", by=by, now=now, detail=detail)
    elif case.stage == Stage.AUTHORISED:
        advance(case, Stage.UNDER_REVIEW, by=by, now=now, kind="credit_looked_up", detail=detail)
    else:
        audit.record(case, "credit_looked_up", by=by, now=now, detail=detail)
    return kept, None


def _receipt(case, consent: Consent, source: dict, reply: Reply, by: User, now: datetime) -> CreditLookup:
    is_fetched = reply.answer != CreditLookup.Answer.NOT_FETCHED
    return CreditLookup.objects.create(
        case=case, consent=consent, purpose=PURPOSE, source=source["code"], adapter=source["adapter"],
        answer=reply.answer, problem=reply.problem, items=reply.items, response_sha256=reply.sha256,
        adverse_categories=sorted({item["category"] for item in reply.items if item["is_adverse"]}),
        attempts=max(1, reply.attempts), requested_at=now, by=by,
        fetched_at=now if is_fetched else None, expires_at=now + VALID_FOR if is_fetched else None,
    )  # fmt: skip
