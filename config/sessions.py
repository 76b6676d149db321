"""Sessions that end twelve hours after sign-in, whatever happens in between; the database is their truth.

A copy in Redis saves a query per request. It is written and deleted with the row and lives for a minute at most, so a
Redis that missed a deletion cannot keep anybody signed in, and a lost Redis costs a query.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db
from django.utils import timezone

COPY_LIVES = 60  # seconds


class SessionStore(cached_db.SessionStore):
    cache_key_prefix = "session."

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._cache = _ShortLived(self._cache)

    def save(self, must_create: bool = False) -> None:
        """Django counts the age from the last change; a fixed moment set at sign-in counts from there."""
        if SESSION_KEY in self and self.get("_session_expiry") is None:
            self.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        super().save(must_create)

    @classmethod
    def get_model_class(cls):
        from django.contrib.sessions.models import (
            Session,
        )  # the app registry is not ready when settings name us

        return Session


class _ShortLived:
    """The cache, except that nothing stays in it for longer than a minute, nor beyond the end of the session."""

    def __init__(self, cache) -> None:
        self.get, self.delete = cache.get, cache.delete
        self._cache = cache

    def set(self, key: str, data: dict, timeout: float) -> None:
        self._cache.set(key, data, min(COPY_LIVES, max(timeout, 0)))

    def __contains__(self, key: str) -> bool:
        return key in self._cache
