"""QR codes: inline SVG for pages, bare modules for whoever draws them elsewhere."""

import qrcode
from django.utils.safestring import SafeString, mark_safe
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

QUIET_ZONE = (
    4  # modules of white around it, as ISO/IEC 18004 asks; without them phones miss codes on dark doors
)


def qr_svg(address: str) -> SafeString:
    """`<svg …>` of the address; level M survives about 15 % of dirt and scratches."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, image_factory=SvgPathImage)
    code.add_data(address)
    code.make(fit=True)
    drawing = code.make_image().to_string(encoding="unicode")
    return mark_safe(drawing.replace("<svg ", '<svg role="img" aria-label="QR" ', 1))  # noqa: S308  drawn here, no input in it


def best_mask(address: str) -> int:
    """Which of the eight mask patterns of ISO/IEC 18004 suits the address best; seven eighths of the work of a code."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(address)
    code.best_fit()
    return code.best_mask_pattern()


def qr_modules(address: str, mask: int) -> list[list[bool]]:
    """Dark and light, row by row, without the quiet zone. Any mask decodes; `best_mask` of one address does for all
    that differ from it in the token alone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
    code.add_data(address)
    code.make(fit=True)
    return code.modules
