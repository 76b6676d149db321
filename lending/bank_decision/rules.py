"""What makes a bank's answer acceptable (domain.md 4). No ORM: the whole of it is tested by tables.

`*_problems` map a field to the sentence that refuses it; `unusual` maps a field to a doubt that refuses nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from accounts.clock import day_of
from accounts.templatetags.doorstep import wan
from lending.bank_decision.outcomes import GRANTED, Outcome

RATE_CAP_PCT = Decimal(36)  # nothing lawful is dearer; a rate above it is a slip of the decimal point
USUAL_RATE_PCT = (
    Decimal(2),
    Decimal(8),
)  # domain.md 3: around the macro average of 3–4 %, outside it we ask again
LINE_CAP_YUAN = Decimal(1_000_000_000)  # a line above 10亿 for a small firm is 元 typed into 万元
USUAL_TIMES_REQUESTED = 2
TERM_MONTHS = (1, 360)
ONLY_DECISIONS = _("更正只能在同意、部分同意和不予授信之间进行。")
NOTED_WITHIN = timedelta(days=7)  # a contact is noted while somebody still remembers it
DAYS_TRIED = 3  # 无法联系 counts after attempts on three different days


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a bank says; money in yuan, rate in percent a year, term in months."""

    outcome: str
    decided_on: date
    credit_line_yuan: Decimal | None = None
    annual_rate_pct: Decimal | None = None
    term_months: int | None = None
    product: str = ""
    guarantee: str = ""
    is_first_loan: bool = False
    is_no_repay_renewal: bool = False
    reason_code: str = ""
    reason_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the answer is held against. `min_text_length` is None where `reason_code` names no active reason."""

    pushed_on: date
    today: date
    requested_yuan: Decimal | None
    min_text_length: int | None = None
    days_tried: int = 0


def answer_problems(answer: Answer, facts: Circumstances) -> dict[str, str]:
    found = date_problems("decided_on", answer.decided_on, earliest=facts.pushed_on, today=facts.today)
    if answer.outcome in GRANTED:
        found |= terms_problems(answer, facts.requested_yuan)
    else:
        found |= _terms_not_wanted(answer)
        found |= reason_problems(answer, facts.min_text_length)
    if answer.outcome == Outcome.UNREACHABLE and facts.days_tried < DAYS_TRIED:
        found["outcome"] = _("无法联系须先在 %(days)s 个不同日期登记未联系上的记录,目前 %(tried)s 个。") % {
            "days": DAYS_TRIED, "tried": facts.days_tried,
        }  # fmt: skip
    return found


def terms_problems(answer: Answer, requested_yuan: Decimal | None) -> dict[str, str]:
    found = line_problems(answer, requested_yuan) | rate_problems(answer.annual_rate_pct)
    low, high = TERM_MONTHS
    if answer.term_months is None or not low <= answer.term_months <= high:
        found["term_months"] = _("期限填 %(low)s 至 %(high)s 个月。") % {"low": low, "high": high}
    if not answer.guarantee or answer.guarantee == "undecided":
        found["guarantee"] = _("请选择担保方式。")
    if answer.is_first_loan and answer.is_no_repay_renewal:
        found["is_no_repay_renewal"] = _("首贷户不会是无还本续贷,请只选一项。")
    if answer.reason_code:
        found["reason_code"] = _("同意授信的不填未授信原因。")
    return found


def line_problems(answer: Answer, requested_yuan: Decimal | None) -> dict[str, str]:
    """同意授信 meets the amount asked for, 部分授信 stays below it."""
    line, said = answer.credit_line_yuan, None
    if line is None or line <= 0:
        said = _("请填写大于 0 的授信额度。")
    elif line > LINE_CAP_YUAN:
        said = _("额度超过 10 亿元,请检查单位。")
    elif requested_yuan is not None and answer.outcome == Outcome.PARTLY_APPROVED and line >= requested_yuan:
        said = _("额度不低于需求金额 %(asked)s 万元,请改选“同意授信”。") % {"asked": wan(requested_yuan)}
    elif requested_yuan is not None and answer.outcome == Outcome.APPROVED and line < requested_yuan:
        said = _("额度低于需求金额 %(asked)s 万元,请改选“部分授信”。") % {"asked": wan(requested_yuan)}
    return {"credit_line_yuan": said} if said else {}


def rate_problems(rate: Decimal | None) -> dict[str, str]:
    if rate is None or not 0 < rate <= RATE_CAP_PCT:
        return {"annual_rate_pct": _("年利率填大于 0、不超过 %(cap)s 的百分数。") % {"cap": RATE_CAP_PCT}}
    return {}


def _terms_not_wanted(answer: Answer) -> dict[str, str]:
    """A refusal with a credit line is a form filled in by mistake; better asked back than half dropped."""
    given = ("credit_line_yuan", "annual_rate_pct", "term_months")
    return {name: _("此结果不填授信条件。") for name in given if getattr(answer, name) is not None}


def reason_problems(answer: Answer, min_text_length: int | None) -> dict[str, str]:
    if not answer.reason_code:
        return {"reason_code": _("不予授信须选择原因。")} if answer.outcome == Outcome.DECLINED else {}
    if min_text_length is None:
        return {"reason_code": _("没有这个原因代码,或已停用。")}
    if len(answer.reason_text.strip()) < min_text_length:
        return {"reason_text": _("该原因须写明情况,至少 %(least)s 个字。") % {"least": min_text_length}}
    return {}


def date_problems(field: str, day: date, *, earliest: date, today: date) -> dict[str, str]:
    """`earliest` is the day of the push for a decision (先贷后推 is refused) and of the decision for a loan."""
    if day > today:
        return {field: _("日期不能晚于今天。")}
    if day < earliest:
        return {field: _("日期不能早于 %(earliest)s。") % {"earliest": earliest.isoformat()}}
    return {}


def correction_problems(answer: Answer, *, paid_yuan: Decimal, first_paid_on: date | None) -> dict[str, str]:
    """Money that has been paid out cannot be corrected away."""
    if first_paid_on is None:
        return {}
    found = {}
    if answer.outcome not in GRANTED:
        found["outcome"] = _("已有放款,不能更正为不予授信。")
    elif answer.credit_line_yuan is not None and answer.credit_line_yuan < paid_yuan:
        found["credit_line_yuan"] = _("额度不能低于已放款的 %(paid)s 元。") % {"paid": paid_yuan}
    if answer.decided_on > first_paid_on:
        found["decided_on"] = _("决定日期不能晚于首次放款日期 %(day)s。") % {"day": first_paid_on.isoformat()}
    return found


def unusual(answer: Answer, requested_yuan: Decimal | None) -> dict[str, str]:
    """Doubts about a valid answer: shown, to be confirmed on the page and reported by the API."""
    if answer.outcome not in GRANTED:
        return {}
    found = {}
    low, high = USUAL_RATE_PCT
    if not low <= answer.annual_rate_pct <= high:
        found["annual_rate_pct"] = _("年利率不在常见的 %(low)s%%–%(high)s%% 之间,请再核对。") % {
            "low": low, "high": high,
        }  # fmt: skip
    if requested_yuan and answer.credit_line_yuan > requested_yuan * USUAL_TIMES_REQUESTED:
        found["credit_line_yuan"] = _("额度超过需求金额的 %(times)s 倍,请再核对。") % {
            "times": USUAL_TIMES_REQUESTED
        }
    return found


def contact_problems(at: datetime, *, pushed_at: datetime, now: datetime) -> dict[str, str]:
    if at > now:
        return {"at": _("时间不能晚于现在。")}
    if at < pushed_at:
        return {"at": _("时间不能早于推送时间。")}
    if at < now - NOTED_WITHIN:
        return {"at": _("对接须在 %(days)s 天内登记。") % {"days": NOTED_WITHIN.days}}
    return {}


def days_tried(attempts: list[tuple[datetime, datetime, bool]]) -> int:
    """Different Shanghai days with an attempt in vain since the firm was last reached; attempts are
    (at, recorded_at, is_reached). The smaller of the days stated and the days on which somebody stated them: several
    days noted in one sitting are one, and so is one day noted several times."""
    reached = max((at for at, _recorded, is_reached in attempts if is_reached), default=None)
    in_vain = [
        (day_of(at), day_of(recorded))
        for at, recorded, is_reached in attempts
        if not is_reached and (reached is None or at > reached)
    ]
    return min(len({stated for stated, _day in in_vain}), len({day for _stated, day in in_vain}))


def loan_problems(amount_yuan: Decimal, rate: Decimal | None, loan_last4: str) -> dict[str, str]:
    found = rate_problems(rate)
    if amount_yuan <= 0:
        found["amount_yuan"] = _("请填写大于 0 的放款金额。")
    if loan_last4 and not (len(loan_last4) == 4 and loan_last4.isascii() and loan_last4.isdigit()):
        found["loan_last4"] = _("填借据号的后 4 位数字。")
    return found
