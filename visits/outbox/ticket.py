"""Whose phone a file comes from: a ticket signed by the server, and a key under which the phone seals what it hands out.

The ticket travels in the file, the key never does: whoever carries the file to a desk can read it and cannot alter it.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from visits.errors import TicketExpired, TicketForged

SALT = "visits.outbox.ticket"
SEAL_SALT = "visits.outbox.seal"
VALID_FOR = timedelta(days=30)  # as long as a visit may be handed in late (`field.rules.OLDEST_VISIT`)


@dataclass(frozen=True)
class Ticket:
    officer_id: int
    issued_at: datetime


def issue(officer_id: int, now: datetime) -> str:
    return signing.dumps({"officer": officer_id, "issued_at": int(now.timestamp())}, salt=SALT)


def read(text: str, now: datetime) -> Ticket:
    """Raises `TicketForged`, `TicketExpired`."""
    try:
        said = signing.loads(text, salt=SALT)
        ticket = Ticket(int(said["officer"]), datetime.fromtimestamp(said["issued_at"], tz=UTC))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise TicketForged() from None
    if ticket.issued_at + VALID_FOR <= now:
        raise TicketExpired()
    return ticket


def seal_key(text: str, *, secret: str | None = None) -> str:
    """What the phone seals with, in hex; worked out from the ticket, kept nowhere."""
    return salted_hmac(SEAL_SALT, text, secret=secret or settings.SECRET_KEY, algorithm="sha256").hexdigest()


def holds(seal: str, *, ticket: str, contents: str) -> bool:
    """Whether this is HMAC-SHA256 (hex) over the contents, under today's key or one before."""
    return any(
        constant_time_compare(seal, _seal(seal_key(ticket, secret=secret), contents))
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def _seal(key: str, contents: str) -> str:
    return hmac.new(key.encode(), contents.encode(), "sha256").hexdigest()
