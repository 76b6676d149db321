"""Reads about lookups. Never writes."""

from datetime import datetime

from django.db.models import QuerySet

from lending.case import FinancingCase
from lending.models import CreditLookup


def usable(case: FinancingCase, now: datetime) -> QuerySet[CreditLookup]:
    """The latest answer per source that may still be relied on; "not fetched" is no answer and hides none."""
    return (
        CreditLookup.objects.filter(case=case, expires_at__gt=now)
        .exclude(answer=CreditLookup.Answer.NOT_FETCHED)
        .order_by("source", "-requested_at", "-pk")
        .distinct("source")
    )
