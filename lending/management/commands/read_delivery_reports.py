import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from lending.sla.delivery import Taken, take
from lending.sla.delivery_report import READ_BYTES
from lending.sla.mailbox import TROUBLE, read_mailbox

TRY_AGAIN = 75  # EX_TEMPFAIL: a mail server that pipes the report in keeps it and comes back


class Command(BaseCommand):
    help = (
        "Take reports of mail systems (RFC 3464) into the ledger of letters: one mail from FILE, or from standard input "
        "with -, or everything unread in the mailbox REPORTS_URL. Taking one twice changes nothing. "
        'The last line is JSON: {"read", "delivered", "bounced", "other", "repeated", "unknown", "no_report"}.'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="a mail as it came; - for standard input")

    def handle(self, *, file: str | None, **options) -> None:
        try:
            taken = take(raw=_read(file), now=timezone.now()) if file else self._mailbox()
        except DatabaseError as error:
            raise CommandError(
                f"The database does not answer: {type(error).__name__}", returncode=TRY_AGAIN
            ) from None
        self.stdout.write(json.dumps({name: int(number) for name, number in asdict(taken).items()}))

    def _mailbox(self) -> Taken:
        if settings.REPORTS is None:
            raise CommandError("REPORTS_URL is not set, and no file was given.")
        try:
            return read_mailbox(address=settings.REPORTS, now=timezone.now(), timeout=settings.EMAIL_TIMEOUT)
        except TROUBLE as error:
            raise CommandError(f"The mailbox cannot be read: {error}", returncode=TRY_AGAIN) from None


def _read(file: str) -> bytes:
    """At most what is looked at; what a pipe holds beyond that is read away, so that whoever writes is not cut off."""
    if file == "-":
        raw = sys.stdin.buffer.read(READ_BYTES)
        while sys.stdin.buffer.read(READ_BYTES):
            pass
        return raw
    try:
        with Path(file).open("rb") as opened:
            return opened.read(READ_BYTES)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from None
