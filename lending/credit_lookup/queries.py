"""Reads about lookups. Never writes."""

from django.conf import settings


def name_of_source(code: str) -> str:
    """What people call a source; the code of one that is no longer configured."""
    return next((s.get("name") or code for s in settings.CREDIT_SOURCES if s["code"] == code), code)
