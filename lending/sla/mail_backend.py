"""SMTP that asks to be told what becomes of a letter (RFC 3461), where the server offers it.

The envelope carries the letter's Message-ID as ENVID, so that a report names the letter even where the system that
writes it sends nothing of the letter back. Whoever carries no Message-ID asks for nothing.
"""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

NOTIFY = "NOTIFY=SUCCESS,FAILURE,DELAY"
LONGEST_ENVID = 100  # characters, RFC 3461, 4.4


class ReportingBackend(EmailBackend):
    def _send(self, email_message: EmailMessage) -> bool:
        """As Django's, with the options of the envelope."""
        if not email_message.recipients():
            return False
        encoding = email_message.encoding or settings.DEFAULT_CHARSET
        sender = sanitize_address(email_message.from_email, encoding)
        recipients = [sanitize_address(address, encoding) for address in email_message.recipients()]
        letter = email_message.message().as_bytes(linesep="\r\n")
        try:
            self.connection.ehlo_or_helo_if_needed()  # without TLS and sign-in nobody has said hello yet
            options = self._options(email_message)
            notify = [NOTIFY] if options else []
            self.connection.sendmail(sender, recipients, letter, options, notify)
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise
            return False
        return True

    def _options(self, email_message: EmailMessage) -> list[str]:
        envelope_id = xtext(email_message.extra_headers.get("Message-ID", "").strip("<>"))
        offers = self.connection.has_extn("dsn")
        if not (envelope_id and offers and len(envelope_id) <= LONGEST_ENVID):
            return []
        return ["RET=HDRS", f"ENVID={envelope_id}"]


def xtext(text: str) -> str:
    """RFC 3461, 4: printable ASCII stays, save + and =, which become +2B and +3D as everything else does."""
    plain = (
        chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}" for byte in text.encode()
    )
    return "".join(plain)
