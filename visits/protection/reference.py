"""The rules of visiting a city starts with; it replaces them by adding newer ones."""

from datetime import date

from visits.protection.models import VisitPolicy


def load() -> None:
    facts = {"source": "产品默认,待市级工作专班发文确认"}
    VisitPolicy.objects.get_or_create(district=None, effective_from=date(2024, 10, 15), defaults=facts)
