"""Kind, status, date and the many ways of writing "nothing"."""

import re
import unicodedata
from datetime import date

BLANKS = frozenset(
    "|N/A|NA|#N/A|NULL|NONE|NAN|NIL|无|暂无|空|未知|不详|未公示|企业未公示|-|--|---|—|——|/|\\|\\N|.|…".split(
        "|"
    )
)
COMPANY, SOLE_TRADER, COOPERATIVE, FAMILY_FARM, OTHER = (
    "company",
    "sole_trader",
    "cooperative",
    "family_farm",
    "other",
)
# Second character of the code where 市场监管 (9) registers, GB 32100-2015 table 1.
_BY_CATEGORY = {"91": COMPANY, "92": SOLE_TRADER, "93": COOPERATIVE}
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
).fullmatch
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})").fullmatch
_ACTIVE = ("存续", "在业", "开业", "在营", "正常", "登记成立")
_CLOSED = ("注销", "吊销", "撤销", "迁出", "清算", "歇业", "停业", "除名")


def is_blank(text: str) -> bool:
    """Whether a cell says nothing: empty, N/A, a dash, 无 and their like, of either width."""
    return text in BLANKS or (len(text) < 8 and unicodedata.normalize("NFKC", text).strip().upper() in BLANKS)


def kind(code: str, is_legacy: bool, registered_type: str, name: str) -> str:
    """What sort of 经营主体. The code's own category rules; family farms are registered under all three of them.

    A legacy number tells by its seventh digit: 6-9 are 个体工商户 (GS 15-2006).
    """
    if "家庭农场" in name or "家庭农场" in registered_type:
        return FAMILY_FARM
    if is_legacy:
        if "农民专业合作" in registered_type or "专业合作社" in name:
            return COOPERATIVE
        return SOLE_TRADER if code[6] >= "6" or "个体" in registered_type else COMPANY
    known = _BY_CATEGORY.get(code[:2])
    if known:
        return known
    if "农民专业合作" in registered_type or "专业合作社" in name:
        return COOPERATIVE
    return SOLE_TRADER if "个体" in registered_type else OTHER


def status(text: str) -> str:
    """active, closed or unknown, from 登记状态; closed wins where both are said (在营转吊销)."""
    if any(word in text for word in _CLOSED):
        return "closed"
    return "active" if any(word in text for word in _ACTIVE) else "unknown"


def parse_date(text: str) -> date | None:
    """A day of the Gregorian calendar between 1840 and 2199, or None; what is no date is never bent into one."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("年 ", "年").replace("月 ", "月")
    found = _DATE(plain) or _COMPACT_DATE(plain)
    if not found:
        return None
    try:
        day = date(*map(int, found.groups()))
    except ValueError:
        return None
    return day if 1840 <= day.year <= 2199 else None
