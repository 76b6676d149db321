"""What an answer of the mail server means for a letter. No ORM, no network.

RFC 5321: 4yz is "not now", 5yz is "not like this"; section 4.5.4.1 wants a sender to keep trying for four to five days.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

MINUTES_BETWEEN = (1, 5, 15, 60, 240, 720)
TRIES_BORNE = 3  # and the last two refused: one bounce does not silence a mailbox
KEEP_TRYING = timedelta(days=5)
REFUSAL = re.compile(r"(SMTPRecipientsRefused|SMTPDataError): 5\d\d")  # as `in_words` writes it


class Fate(StrEnum):
    LATER = "later"  # the server took note and said "not now" for this letter
    REFUSED = "refused"  # the server will not have this letter
    TROUBLE = "trouble"  # the server, the line or our account with it: says nothing about the letter


def fate(error: Exception) -> Fate:
    code = answer_code(error)
    if code is None:
        if isinstance(error, OSError):  # SMTPException is one
            return Fate.TROUBLE
        # a letter that cannot be put into bytes stays so; any other fault is ours and may be mended
        return Fate.REFUSED if isinstance(error, ValueError) else Fate.LATER
    if code == 421 or not isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        return (
            Fate.TROUBLE
        )  # closing down, or sender, greeting or sign-in refused: ours to mend, not the recipient's
    return Fate.LATER if code < 500 else Fate.REFUSED


def answer_code(error: Exception) -> int | None:
    """The SMTP code, or None where there was no answer."""
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        return next(iter(error.recipients.values()))[0]
    return error.smtp_code if isinstance(error, SMTPResponseException) else None


def in_words(error: Exception) -> str:
    """For the ledger: type, code and what the server said, at most 300 characters."""
    said = str(error)
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        code, text = next(iter(error.recipients.values()))
        said = f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    elif isinstance(error, SMTPResponseException):
        text = error.smtp_error
        said = f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return f"{type(error).__name__}: {said}".replace("\x00", "")[:300]


def try_again_at(attempts: int, now: datetime) -> datetime:
    """After the `attempts`-th try, counted from 1."""
    step = min(max(attempts, 1), len(MINUTES_BETWEEN)) - 1
    return now + timedelta(minutes=MINUTES_BETWEEN[step])


def is_hopeless(error: Exception, before: str, attempts: int, age: timedelta) -> bool:
    """Whether to give up on a letter after this try. `before`: what the ledger says of the try before, by `in_words`.
    Trouble with the server never uses a letter up."""
    what = fate(error)
    if what == Fate.TROUBLE:
        return False
    is_refused_again = what == Fate.REFUSED and (
        answer_code(error) is None or REFUSAL.match(before) is not None
    )
    if is_refused_again and attempts >= TRIES_BORNE:
        return True
    return age > KEEP_TRYING and attempts >= len(MINUTES_BETWEEN)
