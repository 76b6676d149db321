"""Names as they are searched: one width, one case, no spaces. What is shown stays as the source wrote it."""

import unicodedata
from array import array

# NFKC leaves these lookalikes of the middle dot and the dash apart.
SAME = str.maketrans({"•": "·", "・": "·", "‧": "·", "∙": "·", "﹒": "·", "–": "-", "—": "-", "−": "-", "―": "-", "‐": "-",
                      "〔": "(", "〕": ")", "【": "(", "】": ")", "［": "(", "］": ")", "[": "(", "]": ")"})  # fmt: skip


def search_form(name: str) -> str:
    """NFKC (so （ becomes ( and Ａ becomes A), brackets and dashes of one kind, case folded, white space removed."""
    if not unicodedata.is_normalized("NFKC", name):
        name = unicodedata.normalize("NFKC", name)
    name = name.casefold()
    if not name.isalnum():
        name = "".join(name.translate(SAME).split())
    return name


# Two names of three end so. These last characters are in no name's grams and are never asked for.
ENDING = "有限公司"


def grams(form: str) -> array:
    """Every character and every pair of neighbours of a search form, as 32-bit numbers; some may stand twice.

    Numbers and not texts: a quarter of the bytes, and an index that compares them without a collation. A character
    outside the BMP counts as its two UTF-16 halves, in the index and in the question alike.
    """
    if form.endswith(ENDING):
        form = form[:-3]
    units = form.encode("utf-16-le", "surrogatepass")
    size = len(units)
    found = array("i", units[: size & -4])
    found.frombytes(units[2 : 2 + (size - 2 & -4)])
    found.fromlist(array("H", units).tolist())
    return found


def asked_grams(part: str) -> list[int]:
    """Grams that every name with this part in it has; none where the part is a piece of the ending itself.

    Pairs where there are any, because a single character sets nothing apart that its pairs do not.
    """
    units = part.encode("utf-16-le", "surrogatepass")
    pairs = {int.from_bytes(units[at : at + 4], "little", signed=True) for at in range(0, len(units) - 2, 2)}
    return sorted(pairs - UNCERTAIN or ({*array("H", units)} - UNCERTAIN if not pairs else ()))


def _uncertain() -> frozenset[int]:
    units = ENDING.encode("utf-16-le")
    pairs = {int.from_bytes(units[at : at + 4], "little", signed=True) for at in (0, 2, 4)}
    return frozenset(pairs | {ord(char) for char in ENDING[1:]})


UNCERTAIN = _uncertain()
