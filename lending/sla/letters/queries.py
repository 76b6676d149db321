"""Reads for `/letters/`."""

from datetime import date

from django.db.models import QuerySet

from accounts.models import User


def stood_in_for(person: User, today: date) -> QuerySet[User]:
    """Colleagues who are away, or will be, and have named this person."""
    return User.objects.filter(
        substitute=person,
        away_until__gte=today,
        is_active=True,
        role=person.role,
        organisation=person.organisation_id,
    ).order_by("away_from", "pk")
