"""How API callers say who they are."""

from drf_spectacular.authentication import SessionScheme
from rest_framework import authentication


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the web pages. Naming a scheme turns "not signed in" from 403 into 401."""

    def authenticate(self, request):
        """The person themselves and not Django's lazy wrapper, through which every attribute is a call."""
        found = super().authenticate(request)
        return found and (getattr(found[0], "_wrapped", found[0]), found[1])

    def authenticate_header(self, request) -> str:
        return "Session"


class PageSessionScheme(SessionScheme):
    """Tells the OpenAPI schema that the class above is a session cookie; found by being defined."""

    target_class = "accounts.authentication.SessionAuthentication"
    name = "session"
