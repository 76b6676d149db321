"""How parts are put together into a list or a sentence: 甲、乙 in Chinese, A, B in English."""

from collections.abc import Iterable

from django.utils.translation import gettext as _


def listed(parts: Iterable[object]) -> str:
    return _("、").join(str(part) for part in parts)


def clauses(parts: Iterable[object]) -> str:
    return _(",").join(str(part) for part in parts if part)


def sentences(parts: Iterable[object]) -> str:
    return _("。").join(str(part) for part in parts if part)


def apart(parts: Iterable[object]) -> str:
    """Statements that stand side by side, each with commas of its own perhaps."""
    return _(";").join(str(part) for part in parts if part)


def said_of(*parts: object) -> str:
    """What it is, then what is said about it: 原因:不符合."""
    return _(":").join(str(part) for part in parts if part)
