"""What a review must say before it may be recorded. No ORM."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

CRITERIA = ("compliant_operation", "fixed_premises", "genuine_need", "good_credit_standing", "lawful_purpose")
MAX_TEXT = 500  # characters of a reason or a piece of evidence
RECOMMEND, RETURN, NOT_RECOMMENDED = "recommend", "return", "not_recommended"


def faults(outcome: str, criteria: Mapping[str, Mapping]) -> dict[str, str]:
    """What is missing or wrong, by dotted name; nothing where the review may stand.

    `criteria` maps a criterion to {"met": bool, "evidence": str}. Recommending takes all five met, each with its
    evidence; not recommending takes five verdicts; returning may leave open what cannot be judged yet.
    """
    wrong = {
        f"criteria.{name}": _("没有这项标准。") for name in sorted(criteria.keys() - set(CRITERIA), key=str)
    }
    for name in CRITERIA:
        finding = criteria.get(name)
        if finding is None or finding.get("met") is None:
            if outcome != RETURN:
                wrong[f"criteria.{name}"] = _("请给出结论。")
        elif outcome == RECOMMEND and not finding["met"]:
            wrong[f"criteria.{name}"] = _("此项不符合,不能推荐。")
        elif outcome == RECOMMEND and not (finding.get("evidence") or "").strip():
            wrong[f"criteria.{name}"] = _("请写明依据。")
    return wrong


def needs_reason(outcome: str) -> bool:
    return outcome != RECOMMEND
