"""Database sessions that end twelve hours after sign-in, whatever happens in between."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone


class SessionStore(db.SessionStore):
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
