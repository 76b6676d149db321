"""What makes a signing acceptable. No database here."""

import struct

from django.utils.translation import gettext as _

MAX_SIGNATURE_BYTES = 200 * 1024
MAX_SIGNATURE_SIDE = 4000  # pixels; a finger on any phone stays far below
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
