"""What owners say, brought as far as a test needs it."""

import struct
import uuid
import zlib
from decimal import Decimal

from tests.factories import NOW
from visits.codes.rules import token_for
from visits.codes.services import issue_code
from visits.field.rules import ConsentSaid, NeedSaid
from visits.intake.rules import DeclarationSaid
from visits.intake.services import declare_need

BOTH = ("credit_lookup", "share_need")


def door(cast, business, now=NOW):
    return issue_code(subject=business, by=cast.panel, now=now)


def token_of(code) -> str:
    return token_for(code.secret)


def need(*banks, **changes) -> NeedSaid:
    facts = {
        "amount_yuan": Decimal("300000.00"), "purpose": "purchase", "purpose_text": "进一批夏装", "term_months": 12,
        "contact_name": "李老板", "contact_phone": "13900001111", "preferred_banks": tuple(bank.code for bank in banks),
    } | changes  # fmt: skip
    return NeedSaid(**facts)


def consent(*recipients, scopes=BOTH, **changes) -> ConsentSaid:
    facts = {
        "notice_version": "2026-01", "scopes": scopes, "recipients": tuple(one.code for one in recipients),
        "signed_name": "李老板",
    } | changes  # fmt: skip
    return ConsentSaid(**facts)


def said(*banks, recipients=None, scopes=BOTH, **changes) -> DeclarationSaid:
    signed = consent(*(banks if recipients is None else recipients), scopes=scopes)
    return DeclarationSaid(id=uuid.uuid4(), need=need(*banks, **changes), consent=signed)


def declared(cast, business, *banks, now=NOW, **changes):
    """The declaration of a need at the door of this business."""
    told = said(*(banks or (cast.first_bank,)), **changes)
    return declare_need(said=told, code=door(cast, business, now), now=now).declaration


def png(width: int = 40, height: int = 20) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
