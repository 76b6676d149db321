"""Sending what the ledger owes: one digest per recipient, over one connection, outside any transaction.

Claim by lease, send, then write `sent_at`. A sender killed in between leaves the letters to the next one when the
lease runs out; the Message-ID given at the first claim goes with them, so a letter that the server had accepted after
all is recognised as the same one. A dead server delays; it uses no letter up.
"""

import json
import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from lending.sla import emails, smtp
from lending.sla.ladder import Ladders
from lending.sla.models import Alert, Deadline
from lending.sla.smtp import Fate

LEASE = timedelta(seconds=settings.ALERT_LEASE_SECONDS)
RECIPIENTS_AT_ONCE = 50
# Of one run: with the half lease of the last claim it must end before the lease and the task's limit of 600 s do. What
# is left goes with the next tick.
BUDGET_SECONDS = min(240.0, LEASE.total_seconds() * 0.4)
PAUSES = (0, 1, 2, 4)  # seconds, for a database that goes away just when a letter is to be noted as sent
RECONNECTS = 3  # per run; then the server is left alone until the next tick
logger = logging.getLogger(__name__)

CLAIM = """
UPDATE lending_alert AS letter
SET claimed_until = %s, attempts = attempts + 1, message_id = claim.message_id
FROM json_to_recordset(%s::json) AS claim(id bigint, message_id text)
WHERE letter.id = claim.id
"""


@dataclass
class Sent:
    """Mails sent; ledger rows sent, put off, given up, and dropped because nothing was owed any more."""

    mails: int = 0
    sent: int = 0
    deferred: int = 0
    given_up: int = 0
    dropped: int = 0


class ServerUnusable(Exception):
    """The mail server does not answer; what is left waits for the next run."""


def send_pending(*, now: datetime) -> Sent:
    """Send every letter that is due. Safe to run several at once."""
    tally = Sent(dropped=_drop_stale(now))
    if not _due(now).exists():
        return tally
    run, until = Run(now, tally), time.monotonic() + BUDGET_SECONDS
    try:
        run.open()
        while time.monotonic() < until and (digests := _claim(now)):
            run.send_all(digests)
    except ServerUnusable as trouble:
        reason = smtp.in_words(trouble.__cause__)
        tally.deferred += _due(now).update(last_error=reason)
        logger.warning("mail server unusable, letters wait: %s", reason)
    finally:
        run.line.close()
    return tally


def _due(now: datetime) -> QuerySet[Alert]:
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    return Alert.objects.filter(unclaimed, state=Alert.State.PENDING, send_after__lte=now)


@transaction.atomic
def _drop_stale(now: datetime) -> int:
    """A clock that stopped, or whose due date moved, owes these letters no more."""
    unchanged = Deadline.objects.filter(
        pk=OuterRef("deadline"), stopped_at__isnull=True, due_at=OuterRef("due_at")
    )
    stale = _due(now).filter(~Exists(unchanged)).select_for_update(skip_locked=True, no_key=True)
    pks = list(stale.values_list("pk", flat=True))
    if not pks:
        return 0
    return Alert.objects.filter(pk__in=pks).update(state=Alert.State.DROPPED, claimed_until=None)


@transaction.atomic
def _claim(now: datetime) -> list[list[Alert]]:
    """Take all due letters of some recipients under a lease; a list of digests, each the letters of one mail."""
    recipients = list(
        _due(now).order_by("recipient").values_list("recipient", flat=True).distinct()[:RECIPIENTS_AT_ONCE]
    )
    if not recipients:
        return []
    rows = _due(now).filter(recipient__in=recipients).order_by("recipient", "message_id", "pk")
    pks = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    claimed = emails.with_what_is_shown(Alert.objects.filter(pk__in=pks)).order_by(
        "recipient", "message_id", "pk"
    )
    digests = [list(letters) for _, letters in groupby(claimed, key=lambda a: (a.recipient, a.message_id))]
    for letters in digests:
        message_id = letters[0].message_id or _new_message_id()
        for letter in letters:
            letter.message_id, letter.attempts = message_id, letter.attempts + 1
            letter.claimed_until = now + LEASE
    _write_claims(digests, until=now + LEASE)
    return digests


def _write_claims(digests: list[list[Alert]], *, until: datetime) -> None:
    """In one statement, however many mails."""
    claims = [{"id": letter.pk, "message_id": letter.message_id} for letters in digests for letter in letters]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [until, json.dumps(claims)])


class Run:
    """One run over one connection, which is opened again a few times when it breaks."""

    def __init__(self, now: datetime, tally: Sent) -> None:
        self.now, self.tally = now, tally
        self.line = get_connection()
        self.reconnects_left = RECONNECTS

    def send_all(self, digests: list[list[Alert]]) -> None:
        until = time.monotonic() + LEASE.total_seconds() / 2
        waiting = list(digests)
        ladders = emails.ladders_of(letter for letters in digests for letter in letters)
        try:
            while waiting:
                if time.monotonic() > until:  # a slow server: let go before the lease does
                    raise ServerUnusable from TimeoutError("the mail server is too slow for one lease")
                self.send(waiting.pop(0), ladders)
        except ServerUnusable:
            _release([letter for letters in waiting for letter in letters])
            raise

    def send(self, letters: list[Alert], ladders: Ladders) -> None:
        try:
            message = emails.digest(letters, self.now, ladders)
            message.connection = self.line
            message.send()
        except Exception as error:  # whatever is wrong with this letter, the others go on
            self.put_off(letters, error)
            if smtp.fate(error) is Fate.TROUBLE:
                self.reopen(error)
            return
        _note_sent(letters, self.now)
        self.tally.mails += 1
        self.tally.sent += len(letters)

    def put_off(self, letters: list[Alert], error: Exception) -> None:
        what, attempts = smtp.fate(error), max(letter.attempts for letter in letters)
        age = self.now - min(letter.created_at for letter in letters)
        facts = {"claimed_until": None, "last_error": smtp.in_words(error)}
        logger.warning("a letter was not taken (%s), try %s: %s", what, attempts, facts["last_error"])
        if smtp.is_hopeless(error, letters[0].last_error, attempts, age):
            _held(letters).update(state=Alert.State.GIVEN_UP, **facts)
            self.tally.given_up += len(letters)
        else:
            _held(letters).update(send_after=smtp.try_again_at(attempts, self.now), **facts)
            self.tally.deferred += len(letters)

    def open(self) -> None:
        try:
            self.line.open()
        except OSError as error:  # SMTPException is one
            raise ServerUnusable from error

    def reopen(self, error: Exception) -> None:
        """After trouble in the middle of a run. The letter in flight was put off, so it cannot block the others."""
        if not self.reconnects_left:
            raise ServerUnusable from error
        self.reconnects_left -= 1
        self.line.close()
        self.open()


def _release(letters: list[Alert]) -> None:
    """Not tried after all."""
    _held(letters).update(claimed_until=None, attempts=F("attempts") - 1)


def _note_sent(letters: list[Alert], now: datetime) -> None:
    """The server has them; a PostgreSQL that is just being started again must not make it get them twice."""
    # by the id too: one that was asked for again by hand meanwhile is owed as another mail
    pks, message_id = [letter.pk for letter in letters], letters[0].message_id
    rows = Alert.objects.filter(pk__in=pks, message_id=message_id, state=Alert.State.PENDING)
    for pause in (*PAUSES, None):
        try:
            rows.update(state=Alert.State.SENT, sent_at=now, claimed_until=None, last_error="")
            return
        except (OperationalError, InterfaceError):
            if pause is None or connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(pause)


def _held(letters: list[Alert]) -> QuerySet[Alert]:
    """Those still ours: a sender that was held up beyond its lease must not take them from the next one."""
    leases = {letter.claimed_until for letter in letters}  # one, as they come from one claim
    pks = [letter.pk for letter in letters]
    return Alert.objects.filter(pk__in=pks, claimed_until__in=leases, state=Alert.State.PENDING)


def _new_message_id() -> str:
    return f"<{uuid.uuid4()}@{urlsplit(settings.PUBLIC_BASE_URL).hostname}>"
