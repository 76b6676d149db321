"""Which consents hold at a moment. Never writes."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Organisation
from visits.consent.models import Consent, ConsentNotice, Scope
from visits.consent.rules import SIGNED_BY_MISTAKE
from visits.register.models import Business


def live_consents(
    business: Business, *, now: datetime, scope: Scope | None = None, recipient: Organisation | None = None
) -> QuerySet[Consent]:
    """Given, not withdrawn, not expired; narrowed to one scope and one recipient where asked."""
    live = Consent.objects.filter(
        business=business, given_at__lte=now, expires_at__gt=now, withdrawn_at__isnull=True
    ).order_by("-given_at")
    if scope is not None:
        live = live.filter(scopes__contains=[scope])
    if recipient is not None:
        live = live.filter(recipient=recipient)
    return live


def consents_for_lookup(business: Business, *, now: datetime) -> QuerySet[Consent]:
    """Under which credit data may be looked up now. It is the district's team that looks it up: once the owner has taken
    back what they gave a team, only what was signed after that counts, whoever else is named in what was signed before."""
    taken_back = Consent.objects.filter(
        business=OuterRef("business"), recipient__kind=Organisation.Kind.DISTRICT, withdrawn_at__gte=OuterRef("given_at")
    ).exclude(withdrawn_reason=SIGNED_BY_MISTAKE)  # fmt: skip
    return live_consents(business, now=now, scope=Scope.CREDIT_LOOKUP).filter(~Exists(taken_back))


def current_notice(on: date) -> ConsentNotice | None:
    """The notice to be read today; None where none has come into force."""
    return ConsentNotice.objects.filter(effective_from__lte=on).first()


def notice_in_force(version: str, on: date) -> ConsentNotice | None:
    """The notice of this version if it has ever come into force; an offline phone may still show the one before."""
    return ConsentNotice.objects.filter(version=version, effective_from__lte=on).first()
