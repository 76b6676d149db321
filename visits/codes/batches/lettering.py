"""Setting Chinese text into a small space: breaking lines, shrinking, and standing in for characters a font lacks.

No database, no PDF: widths come from whoever draws.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

GETA = "〓"  # printers' mark for a character that is not in the case; an empty box would look like a fault
ELLIPSIS = "…"
# One piece: digits and Latin words whole, any other character alone, with the brackets and stops that cling to it.
PIECES = re.compile(
    r"[（(《〈【「『“‘]*(?:[0-9A-Za-z][0-9A-Za-z.\-]*|\s|.)[）)》〉】」』”’、，。；：,;:!?！？·]*", re.S
)

Width = Callable[[str], float]  # of a text at size 1


@dataclass(frozen=True)
class Space:
    """Where a text is to stand, in points; `leading` is the distance of lines in sizes."""

    room: float
    height: float
    largest: float
    smallest: float
    leading: float


@dataclass(frozen=True)
class Setting:
    """Lines of one size; `is_cut` where not everything found a place."""

    lines: list[str]
    size: float
    is_cut: bool = False


def plain(text: str) -> str:
    """One line, without what has no shape: control characters, joiners, variation selectors."""
    text = " ".join(text.split())
    return "".join(c for c in text if unicodedata.category(c)[0] != "C" and unicodedata.category(c) != "Mn")


def fit(text: str, width: Width, space: Space) -> Setting:
    """The largest size, in half points, at which the text stands in its space; cut at the smallest."""
    size = space.largest
    while size > space.smallest:
        lines = wrap(text, width, space.room / size)
        if len(lines) * size * space.leading <= space.height:
            return Setting(balance(text, width, space.room / size, len(lines)), size)
        size -= 0.5
    room, most = space.room / space.smallest, max(1, int(space.height / (space.smallest * space.leading)))
    lines = wrap(text, width, room)
    if len(lines) <= most:
        return Setting(balance(text, width, room, len(lines)), space.smallest)
    last = lines[most - 1]
    while last and width(last + ELLIPSIS) > room:
        last = last[:-1]
    return Setting([*lines[: most - 1], last + ELLIPSIS], space.smallest, is_cut=True)


def wrap(text: str, width: Width, room: float) -> list[str]:
    """Lines no wider than `room`; only a piece that is wider by itself is broken inside."""
    lines, line = [], ""
    for piece in PIECES.findall(text):
        if width((line + piece).rstrip()) <= room:
            line += piece
            continue
        if line.strip():
            lines.append(line.strip())
        line = piece.lstrip()
        while width(line) > room and len(line) > 1:
            fits = next((end for end in range(len(line) - 1, 0, -1) if width(line[:end]) <= room), 1)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.strip()] if line.strip() else lines


def balance(text: str, width: Width, room: float, count: int) -> list[str]:
    """The same number of lines, as even as they come: no single character left over on the last one."""
    low, high = room / 2, room
    for _step in range(6):
        middle = (low + high) / 2
        if len(wrap(text, width, middle)) <= count:
            high = middle
        else:
            low = middle
    return wrap(text, width, high)


def stand_in(text: str, has: Callable[[str], bool]) -> tuple[str, str]:
    """The text with 〓 for what the font lacks, and the characters it stands for."""
    missing = "".join(dict.fromkeys(c for c in text if not has(c)))
    return ("".join(c if has(c) else GETA for c in text), missing) if missing else (text, "")
