"""Sending a letter again by hand: who, when and why stand in its history, with what had become of it before."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.access import require
from accounts.clock import SHANGHAI
from accounts.models import User
from accounts.roles import Do
from lending.errors import ReasonMissing
from lending.sla.errors import TooManyLetters
from lending.sla.models import Alert, Deadline
from lending.sla.recipients import Directory, facts_of

MOST = 500  # letters at once: more is not a deed of a hand
REASON = 200  # characters
LEFT = (Alert.State.SENT, Alert.State.DELIVERED, Alert.State.BOUNCED, Alert.State.GIVEN_UP)


class Again(NamedTuple):
    """Letters that leave once more, and those that do not: still waiting, or of a clock that stopped or moved."""

    count: int
    skipped: int


def resendable(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Those that have left or were given up, while the clock they are about still runs as they say."""
    unchanged = Deadline.objects.filter(
        pk=OuterRef("deadline"), stopped_at__isnull=True, due_at=OuterRef("due_at")
    )
    return alerts.filter(Q(state__in=LEFT), Exists(unchanged))


@transaction.atomic
def send_again(*, alerts: QuerySet[Alert], reason: str, by: User, now: datetime) -> Again:
    """They become due once more, as new mails with new Message-IDs, when letters may leave for their organisations."""
    require(by, Do.EDIT_RULES)
    reason = " ".join(reason.split())[:REASON]
    if not reason:
        raise ReasonMissing()
    asked = list(alerts.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(asked) > MOST:
        raise TooManyLetters()
    rows = resendable(Alert.objects.filter(pk__in=asked)).order_by("pk")
    letters = list(rows.select_for_update(no_key=True, of=("self",)))
    directory = Directory(facts_of({letter.deadline_id for letter in letters}), now=now)
    for letter in letters:
        letter.history = [*letter.history, _entry(letter, reason, by, now)]
        letter.send_after = directory.send_after(letter.organisation_id, letter.due_at)
        letter.state, letter.attempts, letter.claimed_until = Alert.State.PENDING, 0, None
        letter.sent_at = letter.reported_at = None
        letter.message_id = letter.last_error = letter.report = ""
    Alert.objects.bulk_update(letters, CHANGED)
    return Again(len(letters), len(asked) - len(letters))


CHANGED = (
    "history", "send_after", "state", "attempts", "claimed_until", "sent_at", "reported_at", "message_id", "last_error",
    "report",
)  # fmt: skip


def _entry(letter: Alert, reason: str, by: User, now: datetime) -> dict:
    return {
        "at": now.astimezone(SHANGHAI).isoformat(),
        "by": {"id": by.pk, "name": str(by)},
        "reason": reason,
        "state": letter.state,
        "sent_at": letter.sent_at and letter.sent_at.astimezone(SHANGHAI).isoformat(),
        "message_id": letter.message_id,
        "error": letter.report or letter.last_error,
    }
