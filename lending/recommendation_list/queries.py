"""Reads of recommendation lists. Never writes."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Prefetch, Q, QuerySet

from accounts.access import visible_to
from accounts.models import Organisation, User
from lending.case import FinancingCase
from lending.models import BankDecision, DistrictReview, Recommendation, RecommendationList
from lending.stages import Stage
from visits.consent.models import Consent, Scope


def consents_to_banks(businesses: Iterable[int]) -> QuerySet[Consent]:
    """Every consent to share a need, live or not, the latest first; who reads decides by the clock."""
    sharing = Consent.objects.filter(business__in=businesses, scopes__contains=[Scope.SHARE_NEED])
    return sharing.select_related("signing", "recipient").order_by("-given_at", "-pk")


def is_live(consent: Consent, now: datetime) -> bool:
    return consent.withdrawn_at is None and consent.given_at <= now < consent.expires_at


def declined_pairs(cases: Iterable[int]) -> set[tuple[int, int]]:
    """(case, bank) of every standing refusal since which no repair of the case was finished: asking the same bank again
    without anything mended would only give it a fresh clock."""
    refusals = BankDecision.objects.filter(
        recommendation__case__in=cases, superseded_by__isnull=True, outcome=BankDecision.Outcome.DECLINED
    )
    mended = Q(recommendation__case__repairs__finished_at__gte=F("recorded_at"))
    pairs = refusals.exclude(pk__in=refusals.filter(mended).values("pk"))
    return set(pairs.values_list("recommendation__case", "recommendation__bank"))


def banks_left(case: FinancingCase, now: datetime) -> set[int]:
    """Banks in use that a live consent names and that have not refused this case."""
    named = {
        consent.recipient_id
        for consent in consents_to_banks([case.business_id])
        if is_live(consent, now)
        and consent.recipient.is_active
        and consent.recipient.kind == Organisation.Kind.BANK
    }
    return named - {bank for _case, bank in declined_pairs([case.pk])}


def with_latest_review(cases: QuerySet[FinancingCase]) -> QuerySet[FinancingCase]:
    """`case.recommending` holds the reviews that recommended it, the latest first, with findings, receipts, banks."""
    reviews = (
        DistrictReview.objects.filter(outcome=DistrictReview.Outcome.RECOMMEND)
        .select_related("reviewer")
        .prefetch_related("findings", "lookups", "banks")
        .order_by("-reviewed_at", "-pk")
    )
    return cases.prefetch_related(Prefetch("reviews", queryset=reviews, to_attr="recommending"))


def waiting_to_be_pushed(user: User) -> QuerySet[FinancingCase]:
    """Recommended cases that no list holds yet, the longest waiting first."""
    waiting = visible_to(user, FinancingCase).filter(stage=Stage.RECOMMENDED)
    return with_latest_review(waiting.select_related("business", "need", "district")).order_by(
        "stage_since", "pk"
    )


def lists_seen_by(user: User) -> QuerySet[RecommendationList]:
    """Each list with `seen_items`: the items this person may know of, in the order of the list."""
    items = (
        visible_to(user, Recommendation)
        .select_related("case__business", "bank", "branch", "deadline")
        .order_by("pk")
    )
    return (
        visible_to(user, RecommendationList)
        .select_related("district", "issued_by")
        .prefetch_related(Prefetch("items", queryset=items, to_attr="seen_items"))
        .order_by("-issued_at", "-pk")
    )


def active_banks() -> QuerySet[Organisation]:
    return Organisation.objects.filter(kind=Organisation.Kind.BANK, is_active=True).order_by("code")
