"""What a list may hold, before anything is asked of the database. No ORM."""

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

MAX_ITEMS = 200  # one list is read and signed by people
# the owner is not to be called by more banks than that at a time (domain.md 8, 企业主)
MAX_BANKS_PER_CASE = 3


def form_faults(items: Sequence[tuple[object, object]]) -> dict[str, str]:
    """Faults of form over (case, bank) pairs, by dotted name: nothing ticked, too many, the same pair twice."""
    if not items:
        return {"items": _("请至少选择一个办件和一家银行。")}
    if len(items) > MAX_ITEMS:
        return {"items": _("一份清单最多 %(limit)d 项,请分批发布。") % {"limit": MAX_ITEMS}}
    seen, wrong = set(), {}
    for place, item in enumerate(items):
        if item in seen:
            wrong[f"items.{place}"] = _("同一办件、同一银行重复了。")
        seen.add(item)
    return wrong


def crowded(items: Sequence[tuple[object, object]]) -> dict[str, str]:
    """Items beyond the third bank of a case."""
    count: Counter = Counter()
    wrong = {}
    for place, (case, _bank) in enumerate(items):
        count[case] += 1
        if count[case] > MAX_BANKS_PER_CASE:
            wrong[f"items.{place}.bank"] = _("同一办件一次最多推送 %(limit)d 家银行。") % {
                "limit": MAX_BANKS_PER_CASE
            }
    return wrong


def list_number(district_code: str, day: str, position: int) -> str:
    """`TJ-310104-20261120-01`; `day` as yyyymmdd in Shanghai, `position` counted per district and day from 1."""
    return f"TJ-{district_code}-{day}-{position:02d}"
