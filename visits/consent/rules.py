"""What makes a signing acceptable. No database here."""

import struct
from collections.abc import Collection, Sequence
from typing import TypeVar

from django.utils.translation import gettext as _

SIGNED_BY_MISTAKE = (
    "走访登记有误,已作废"  # such a consent counts in no figure, and its end is no word of the owner's
)
MAX_SIGNATURE_BYTES = 200 * 1024
MAX_SIGNATURE_SIDE = 4000  # pixels; a finger on any phone stays far below
LOOKUP = "credit_lookup"  # `models.Scope`
Party = TypeVar("Party")
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def signature_problem(image: bytes) -> str | None:
    """What is wrong with a signature image, in a sentence; None where it is a PNG of reasonable size.

    Looks at the magic, the first chunk and the end, and never decodes: a decoder is what a hostile image aims at.
    """
    if len(image) > MAX_SIGNATURE_BYTES:
        return _("签名图片不能超过 200 KB。")
    if (
        not image.startswith(PNG_MAGIC)
        or len(image) < 45
        or image[12:16] != b"IHDR"
        or b"IEND" not in image[-16:]
    ):
        return _("签名须为 PNG 图片。")
    width, height = struct.unpack(">II", image[16:24])
    if not (0 < width <= MAX_SIGNATURE_SIDE and 0 < height <= MAX_SIGNATURE_SIDE):
        return _("签名图片的尺寸不对。")
    return None


def recipients_of(scopes: Collection[str], named: Sequence[Party], *, team: Party | None) -> list[Party]:
    """Those named and, where credit data may be looked up, the district's team that does it."""
    return [*named, team] if team is not None and LOOKUP in scopes and team not in named else list(named)
