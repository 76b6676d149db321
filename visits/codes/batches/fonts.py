"""The fonts of a printed sheet, embedded so that it looks the same on every printer."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

FILES = {"SheetText": "NotoSansSC_400Regular.ttf", "SheetStrong": "NotoSansSC_700Bold.ttf"}
READERS_OWN = "STSong-Light"  # every PDF reader brings a face for it; how it looks is up to the reader


@dataclass(frozen=True)
class Font:
    name: str
    is_embedded: bool

    def width(self, text: str) -> float:
        """Of the text at size 1, in points."""
        return pdfmetrics.stringWidth(text, self.name, 1)

    def has(self, character: str) -> bool:
        if self.is_embedded:
            return ord(character) in pdfmetrics.getFont(self.name).face.charToGlyph
        try:
            return bool(character.encode("gbk"))
        except UnicodeEncodeError:
            return False


@cache
def fonts() -> tuple[Font, Font]:
    """For text and for what is to stand out. Without the font files both are the reader's own Song, not embedded."""
    folder = Path(settings.SHEET_FONTS)
    try:
        for name, file in FILES.items():
            path = next(folder.rglob(file))
            pdfmetrics.registerFont(TTFont(name, path))
    except (StopIteration, OSError, TTFError):
        pdfmetrics.registerFont(UnicodeCIDFont(READERS_OWN))
        return (Font(READERS_OWN, False),) * 2
    text, strong = (Font(name, True) for name in FILES)
    return text, strong
