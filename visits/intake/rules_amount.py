"""Amounts as owners type them. No database here."""

import unicodedata


def plain_wan(text: str) -> str:
    """The bare figure in 万元: full-width digits, thousands separators, 万 and 万元 behind it are fine. An amount in bare
    元 is left as it is, to be refused: a slip of four digits must not pass."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    return plain.removesuffix("元").removesuffix("万").strip() if "万" in plain else plain
