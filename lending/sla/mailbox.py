"""The mailbox that reports come to, read over IMAP (REPORTS_URL). It is for reports alone.

A mail is fetched without marking it, taken in one transaction, and marked read after the commit: killed in between, it
is fetched once more and known by its digest. What is no report is marked as important too, for a person to look at, and
so is a mail that the ledger could not take: one bad mail must not keep the others from being read.
"""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError

from lending.sla.delivery import Taken, take
from lending.sla.delivery_report import READ_BYTES

AT_ONCE = 200  # mails of one run; the rest comes with the next
TROUBLE = (OSError, imaplib.IMAP4.error)
# Mailboxes of NetEase (163, 126) refuse whoever does not say who is there.
OURSELVES = '("name" "doorstep" "version" "1.0")'
logger = logging.getLogger(__name__)


class Address(NamedTuple):
    host: str
    port: int
    user: str
    password: str
    folder: str
    is_tls: bool


def read_mailbox(*, address: tuple, now: datetime, timeout: float, at_once: int = AT_ONCE) -> Taken:
    """Everything unread, at most `at_once` mails. Raises OSError or imaplib's error where the server does not play."""
    taken = Taken()
    with _signed_in(Address(*address), timeout) as line:
        unread = _asked(line.uid("SEARCH", "UNSEEN"))[0].split()[:at_once]
        for uid in unread:
            raw = _fetch(line, uid)
            if raw is None:  # somebody took it away meanwhile
                continue
            one = _taken(raw, uid, now)
            _asked(
                line.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen \\Flagged)" if one.no_report else "(\\Seen)")
            )
            taken += one
    return taken


def _taken(raw: bytes, uid: bytes, now: datetime) -> Taken:
    """What cannot be taken counts as no report. A database that is away says nothing about the mail: it is left unread."""
    try:
        return take(raw=raw, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("mail %s of the mailbox of reports could not be taken", uid.decode())
        return Taken(read=1, no_report=1)


@contextmanager
def _signed_in(address: Address, timeout: float) -> Iterator[imaplib.IMAP4]:
    line = _line(address, timeout)
    try:
        line.login(address.user, address.password)
        if "ID" in _asked(line.capability())[0].decode(errors="replace").upper().split():
            line.xatom("ID", OURSELVES)
        folder = address.folder.replace("\\", "\\\\").replace('"', '\\"')
        _asked(line.select(f'"{folder}"'))
        yield line
        line.close()
    finally:
        try:
            line.logout()
        except TROUBLE:
            pass


def _line(address: Address, timeout: float) -> imaplib.IMAP4:
    if not address.is_tls:
        return imaplib.IMAP4(address.host, address.port, timeout=timeout)
    checked = (
        ssl.create_default_context()
    )  # without one, imaplib takes any certificate, and sends it the password
    return imaplib.IMAP4_SSL(address.host, address.port, ssl_context=checked, timeout=timeout)


def _fetch(line: imaplib.IMAP4, uid: bytes) -> bytes | None:
    """The first `READ_BYTES` of a mail. PEEK: reading it does not mark it."""
    answer = _asked(line.uid("FETCH", uid, f"(BODY.PEEK[]<0.{READ_BYTES}>)"))
    return next((part[1] for part in answer if isinstance(part, tuple)), None)


def _asked(answer: tuple[str, list]) -> list:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"the mail server says {kind}")
    return data
