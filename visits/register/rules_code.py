"""Credit codes: GB 32100-2015 for the 18 characters, GS 15-2006 for the 15-digit registration number of before.

No ORM here; the same vectors are checked against python-stdnum in the tests.
"""

import re
import unicodedata
from operator import mul
from typing import NamedTuple

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 characters: no I, O, Z, S, V
# The eighteenth character weighs 1: a code holds when the whole weighted sum is a multiple of 31. That says the same
# as C18 = (31 - sum mod 31) mod 31 and cannot forget the case 31 -> 0.
WEIGHTS = (*(pow(3, place, 31) for place in range(17)), 1)
VALUES = bytes.maketrans(ALPHABET.encode(), bytes(range(31)))
# Registering body (1 3 5 9 A N Y and so on), category, six digits of the authority's place, nine of the subject, check.
SHAPE = re.compile(r"[1-9ANY][1-9A-HJ-NP-RTUWXY]\d{6}[0-9A-HJ-NP-RTUWXY]{10}", re.ASCII).fullmatch
LEGACY_SHAPE = re.compile(r"\d{15}", re.ASCII).fullmatch
SEPARATORS = re.compile(r"[\s\-‐-―−_.·'`\"“”‘’]+")
# Left by spreadsheets: 9.13E+17 and the like. The digits behind it are lost.
SPREADSHEET_NUMBER = re.compile(r"\d(\.\d+)?E\+?\d+", re.ASCII).fullmatch


class Code(NamedTuple):
    """A code as it is kept, or why it is not one (`fault`: missing, spreadsheet, length, alphabet, check)."""

    text: str
    is_legacy: bool
    fault: str


def is_valid(code: str) -> bool:
    """Whether a *normalised* text is a unified social credit code."""
    return SHAPE(code) is not None and sum(map(mul, code.encode().translate(VALUES), WEIGHTS)) % 31 == 0


def is_valid_legacy(number: str) -> bool:
    """15 digits whose last is the ISO 7064 MOD 11,10 check digit of the first 14 (GS 15-2006)."""
    if not LEGACY_SHAPE(number) or number.startswith("000000"):
        return False
    check = 10
    for digit in number[:14]:
        check = (check + int(digit)) % 10 or 10
        check = check * 2 % 11
    return (check + int(number[14])) % 10 == 1


def normalise(raw: str) -> str:
    """Full width, lower case, spaces, dashes and quotation marks undone; nothing is guessed (O stays O)."""
    text = raw.strip()
    if text.isascii() and text.isalnum():
        return text.upper()
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def read(raw: str) -> Code:
    text = normalise(raw)
    if is_valid(text):
        return Code(text, False, "")
    if is_valid_legacy(text):
        return Code(text, True, "")
    return Code(text, False, _fault(text, raw))


def _fault(text: str, raw: str) -> str:
    if not text or text in {"NA", "N/A", "NULL", "NONE", "无", "/"}:
        return "missing"
    if SPREADSHEET_NUMBER(unicodedata.normalize("NFKC", raw.strip()).upper()):
        return "spreadsheet"
    if len(text) not in (15, 18):
        return "length"
    if len(text) == 15:
        return "check" if LEGACY_SHAPE(text) else "alphabet"
    return "check" if SHAPE(text) else "alphabet"


CUTS = (2, 5, 8, 11, 14)


def pieces(code: str) -> list[int]:
    """A code cut into threes at fixed places, as the numbers the search index holds (`piece`).

    Any part of five or more characters covers at least one whole cut, wherever it begins.
    """
    raw, number = code.encode(), int.from_bytes
    return [-(at << 24 | number(raw[at : at + 3])) for at in CUTS]


def piece(at: int, three: str) -> int:
    """Negative and within 32 bits, so that it never equals a character of a name (`rules_name.grams`)."""
    return -(at << 24 | int.from_bytes(three.encode(), "big"))
