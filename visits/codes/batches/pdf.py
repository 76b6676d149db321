"""Drawing labels on A4: 3 × 4 to a page, with cut marks. No database.

All lengths are points (1/72 inch) with the origin at the lower left, as PDF has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from io import BytesIO

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from visits.codes import images
from visits.codes.batches import lettering
from visits.codes.batches.fonts import Font, fonts
from visits.codes.batches.lettering import Space
from visits.codes.labels import Label

COLUMNS, ROWS = 3, 4
PER_PAGE = COLUMNS * ROWS
CELL_WIDTH, CELL_HEIGHT = 62 * mm, 68.25 * mm
LEFT, TOP = (A4[0] - COLUMNS * CELL_WIDTH) / 2, A4[1] - 10 * mm
QR_SIDE = 32.5 * mm  # with the quiet zone: a module is 0.8 mm and more, which phones read from half a metre
MARK = 2.2 * mm
NAME = Space(54 * mm, height=27, largest=10.5, smallest=6.5, leading=1.24)
LINE = Space(54 * mm, height=26, largest=7.5, smallest=5.5, leading=1.28)
FOOT = Space(78 * mm, height=8, largest=6.5, smallest=6.5, leading=1.2)
INK, GREY, BLUE = 0.0, 0.42, (0.07, 0.28, 0.6)


@dataclass
class Sheets:
    """The file, how many pages and labels it has, and what could not be set as it is written."""

    content: bytes = b""
    pages: int = 0
    count: int = 0
    missing: dict[str, str] = field(default_factory=dict)  # name or address → characters no font has
    is_embedded: bool = True  # the fonts; else the reader's own are used
    cut: list[str] = field(default_factory=list)  # texts that were too long for their place


def draw(labels: Iterable[Label], *, title: str, total: int, issuer: str, day: str, on_page=None) -> Sheets:
    """A PDF of the labels; `total` says how many there will be. `on_page(count)` hears of every page that is full."""
    out, sheets = BytesIO(), Sheets()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(title)
    canvas.setCreator("Doorstep")
    pen = Pen(canvas, sheets)
    sheets.is_embedded = pen.text.is_embedded
    pages = max(1, -(-total // PER_PAGE))
    for label in labels:
        place = sheets.count % PER_PAGE
        if place == 0:
            if sheets.pages:
                canvas.showPage()
                if on_page:
                    on_page(sheets.count)
            sheets.pages += 1
            pen.margin(
                title,
                _("第 %(page)d / %(pages)d 页") % {"page": sheets.pages, "pages": pages},
                f"{issuer} {day}",
            )
        pen.label(label, LEFT + place % COLUMNS * CELL_WIDTH, TOP - place // COLUMNS * CELL_HEIGHT)
        sheets.count += 1
    canvas.save()
    sheets.content = out.getvalue()
    return sheets


class Pen:
    """Knows the fonts and where on a label things stand."""

    def __init__(self, canvas: Canvas, sheets: Sheets) -> None:
        self.canvas, self.sheets = canvas, sheets
        self.text, self.strong = fonts()
        self.mask: int | None = None

    def margin(self, title: str, page: str, right: str) -> None:
        """Cut marks, and at the foot of the page what helps to sort a pile."""
        self.canvas.setLineWidth(0.35)
        self.canvas.setStrokeGray(GREY)
        for column in range(COLUMNS + 1):
            for row in range(ROWS + 1):
                x, y = LEFT + column * CELL_WIDTH, TOP - row * CELL_HEIGHT
                self.canvas.line(x - MARK, y, x + MARK, y)
                self.canvas.line(x, y - MARK, x, y + MARK)
        self.canvas.setFillGray(GREY)
        foot = 7 * mm
        title, _missing = lettering.stand_in(lettering.plain(title), self.text.has)
        one_line = lettering.fit(title, self.text.width, FOOT)
        self._at(LEFT, foot, one_line.lines[0] if one_line.lines else "", self.text, 6.5)
        self.canvas.setFont(self.text.name, 6.5)
        self.canvas.drawCentredString(A4[0] / 2, foot, page)
        self.canvas.drawRightString(A4[0] - LEFT, foot, right)

    def label(self, label: Label, left: float, top: float) -> None:
        middle, bottom = left + CELL_WIDTH / 2, top - CELL_HEIGHT
        self.canvas.setFillColorRGB(*BLUE)
        self._centred(middle, top - 4.8 * mm, label.heading, self.strong, 7.5)
        self.canvas.setFillGray(INK)
        self._qr(label.url, middle - QR_SIDE / 2, top - 4.8 * mm)
        self._centred(middle, bottom + 9 * mm, label.short, self.strong, 9.5)
        y, floor = top - 4.8 * mm - QR_SIDE, bottom + 12.4 * mm
        y = self._block(label.name, self.strong, middle, y, NAME)
        self.canvas.setFillGray(0.25)
        self._block(label.line, self.text, middle, y - 1, replace(LINE, height=y - 1 - floor))
        self._centred(middle, bottom + 5.5 * mm, label.promise, self.text, 6.3)
        self._centred(middle, bottom + 2.9 * mm, label.validity, self.text, 6)

    def _qr(self, address: str, left: float, top: float) -> None:
        """One path of all dark runs: filled at once, so no hair lines show between the rows."""
        if self.mask is None:
            self.mask = images.best_mask(address)
        rows = images.qr_modules(address, self.mask)
        side = QR_SIDE / (len(rows) + 2 * images.QUIET_ZONE)
        inset = side * images.QUIET_ZONE
        runs = " ".join(f"{x} {y} {length} 1 re" for y, row in enumerate(rows) for x, length in _runs(row))
        self.canvas.addLiteral(
            f"q {side:.4f} 0 0 {-side:.4f} {left + inset:.3f} {top - inset:.3f} cm {runs} f Q"
        )

    def _block(self, text: str, font: Font, middle: float, top: float, space: Space) -> float:
        """Centred lines from `top` down; where they end."""
        shown, missing = lettering.stand_in(lettering.plain(text), font.has)
        if missing:
            self.sheets.missing[text] = missing
        setting = lettering.fit(shown, font.width, space)
        if setting.is_cut:
            self.sheets.cut.append(text)
        y = top
        for line in setting.lines:
            y -= setting.size * space.leading
            self._centred(middle, y + setting.size * (space.leading - 1), line, font, setting.size)
        return y

    def _centred(self, middle: float, y: float, text: str, font: Font, size: float) -> None:
        text = text.replace(" · ", "·")  # the dot of a Chinese face brings its own space
        self._at(middle - font.width(text) * size / 2, y, text, font, size)

    def _at(self, x: float, y: float, text: str, font: Font, size: float) -> None:
        self.canvas.setFont(font.name, size)
        self.canvas.drawString(x, y, text)


def _runs(row: list[bool]) -> Iterable[tuple[int, int]]:
    """(start, length) of every stretch of dark modules."""
    start = None
    for x, is_dark in enumerate([*row, False]):
        if is_dark and start is None:
            start = x
        elif not is_dark and start is not None:
            yield start, x - start
            start = None
