"""What events are called and what is said about them; only what is written here leaves the audit log."""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Organisation
from accounts.punctuation import apart, clauses, listed, said_of, sentences
from accounts.templatetags.doorstep import shanghai, wan
from accounts.templatetags.language import spoken
from lending.bank_decision.outcomes import GRANTED, Outcome
from lending.credit_lookup.queries import name_of_source
from lending.district_review.models import Criterion

NAMES = {
    "opened": gettext_lazy("走访立件"),
    "authorised": gettext_lazy("需求与授权齐全"),
    "visit_added": gettext_lazy("再次走访"),
    "need_declared": gettext_lazy("门牌码上另有申报,待核对"),
    "need_amended": gettext_lazy("企业主补充需求"),
    "need_confirmed": gettext_lazy("企业主确认需求属实"),
    "need_disowned": gettext_lazy("企业主称不是本人申报"),
    "consent_given": gettext_lazy("企业主增加授权"),
    "need_verified": gettext_lazy("已与企业核实"),
    "complained": gettext_lazy("企业主投诉"),
    "supplemented": gettext_lazy("已补正"),
    "credit_looked_up": gettext_lazy("信用查询"),
    "lookup_failed": gettext_lazy("信用查询未取到结果"),
    "lookup_discarded": gettext_lazy("授权或环节已变,查询结果未保存"),
    "recommended": gettext_lazy("专班推荐"),
    "returned": gettext_lazy("退回补正"),
    "resumed": gettext_lazy("补正已到,继续审核"),
    "not_recommended": gettext_lazy("不予推荐"),
    "listed": gettext_lazy("列入推荐清单"),
    "pushed": gettext_lazy("推送银行"),
    "reopened": gettext_lazy("改推其他银行"),
    "received": gettext_lazy("银行已接收"),
    "branch_allotted": gettext_lazy("分配承办网点"),
    "contacted": gettext_lazy("银行已对接"),
    "contact_failed": gettext_lazy("银行联系未成"),
    "suspension_asked": gettext_lazy("银行申请补件暂停"),
    "suspension_taken_back": gettext_lazy("银行撤回暂停申请"),
    "suspension_granted": gettext_lazy("专班同意补件暂停"),
    "suspension_refused": gettext_lazy("专班未同意补件暂停"),
    "suspension_lapsed": gettext_lazy("暂停申请失效"),
    "suspension_ended": gettext_lazy("补件暂停结束"),
    "documents_complete": gettext_lazy("银行登记材料齐全"),
    "deadline_changed": gettext_lazy("到期时间变更"),
    "decided": gettext_lazy("银行作出决定"),
    "decision_corrected": gettext_lazy("银行更正决定"),
    "outcome_reported": gettext_lazy("银行反馈,待专班确认"),
    "outcome_confirmed": gettext_lazy("专班确认银行反馈"),
    "outcome_refused": gettext_lazy("专班未确认,退回银行"),
    "recommendation_withdrawn": gettext_lazy("推送撤回"),
    "consent_withdrawn": gettext_lazy("企业撤回一项授权"),
    "withdrawn": gettext_lazy("企业撤回"),
    "terminated": gettext_lazy("专班终止办件"),
    "visit_annulled": gettext_lazy("走访登记有误,已作废"),
    "disbursed": gettext_lazy("放款"),
    "repair_opened": gettext_lazy("开始会诊修复"),
    "repair_finished": gettext_lazy("会诊修复结束"),
    "closed_unfunded": gettext_lazy("未获融资办结"),
}
STATES = {
    "need_confirmed": "done", "need_verified": "done", "need_disowned": "late", "need_declared": "soon", "complained": "soon",
    "recommended": "done", "disbursed": "done", "returned": "soon", "lookup_failed": "soon", "lookup_discarded": "soon",
    "suspension_asked": "soon", "suspension_granted": "progress", "suspension_refused": "soon", "documents_complete": "done",
    "contact_failed": "soon", "outcome_reported": "soon", "outcome_refused": "soon", "not_recommended": "late",
    "withdrawn": "late", "terminated": "late", "visit_annulled": "late", "repair_opened": "progress", "closed_unfunded": "late", "reopened": "progress", "pushed": "progress", "listed": "progress",
}  # fmt: skip
MODES = {
    "on_site": gettext_lazy("实地走访"),
    "phone": gettext_lazy("电话走访"),
    "online": gettext_lazy("线上走访"),
    "owner": gettext_lazy("企业主自行申报"),
}
ANSWERS = {
    "found": gettext_lazy("有记录"),
    "no_record": gettext_lazy("无记录"),
    "not_fetched": gettext_lazy("未取到"),
}


def recipient_name(recipient: Organisation) -> str:
    """A district signs and reads as its team, by the name on the consent."""
    if recipient.kind == Organisation.Kind.DISTRICT:
        return _("%(district)s工作专班") % {"district": recipient.name}
    return recipient.name


def name_of(kind: str, detail: dict) -> str:
    """A bank's answer is called by what it says: 不予授信 and not only 银行作出决定."""
    if kind == "decided" and detail.get("outcome") in Outcome.values:
        return str(Outcome(detail["outcome"]).label)
    if kind == "opened" and detail.get("declared_by") == "owner":
        return _("企业主申报立件")
    return str(NAMES.get(kind, kind))


def state_of(kind: str, detail: dict) -> str:
    if kind == "decided":
        return "done" if detail.get("outcome") in GRANTED else "late"
    return STATES.get(kind, "")


def detail_of(kind: str, detail: dict) -> str:
    """One sentence out of an event's detail, and nothing that has no sentence here."""
    say = SAYINGS.get(kind)
    return say(detail) if say else ""


def _visited(detail: dict) -> str:
    mode = str(MODES.get(detail.get("mode") or detail.get("declared_by"), ""))
    amount = _amount(detail.get("amount_yuan"))
    return _("%(mode)s,需求%(amount)s") % {"mode": mode, "amount": amount} if amount else mode


def _looked_up(detail: dict) -> str:
    answers = detail.get("sources")
    if not isinstance(answers, dict):
        return ""
    return apart(
        said_of(name_of_source(code), ANSWERS.get(answer, answer)) for code, answer in answers.items()
    )


def _reviewed(detail: dict) -> str:
    unmet = [str(Criterion(name).label) for name in detail.get("unmet", ()) if name in Criterion.values]
    parts = [_("不符合:%(criteria)s") % {"criteria": listed(unmet)}] if unmet else []
    return sentences([*parts, *([detail["reason"]] if detail.get("reason") else [])])


def _reason(detail: dict) -> str:
    return spoken(str(detail.get("reason") or ""))


def _repair(detail: dict) -> str:
    return said_of(detail.get("department"), detail.get("plan"))


def _listed(detail: dict) -> str:
    return _("清单 %(number)s") % {"number": detail["list"]} if detail.get("list") else ""


def _pushed(detail: dict) -> str:
    due = _moment(detail.get("due_at"))
    return _("须于%(due)s前答复") % {"due": shanghai(due, "due")} if due else ""


def _decided(detail: dict) -> str:
    """Never the rate: it is not in the event, and what one bank asks is not for another."""
    parts = (
        [_("额度%(amount)s") % {"amount": line}] if (line := _amount(detail.get("credit_line_yuan"))) else []
    )
    parts += [_("原因 %(code)s") % {"code": detail["reason"]}] if detail.get("reason") else []
    return clauses(parts)


def granted(decision) -> str:
    """The terms of a decision, for those who may know them; without the rate, which goes to nobody in passing."""
    parts = [_("额度%(amount)s") % {"amount": _amount(decision.credit_line_yuan)}]
    parts += [_("%(months)s个月") % {"months": decision.term_months}] if decision.term_months else []
    paid = sum(loan.amount_yuan for loan in decision.disbursements.all())
    return clauses(parts + ([_("已放款%(amount)s") % {"amount": _amount(paid)}] if paid else []))


def _corrected(detail: dict) -> str:
    outcome = str(Outcome(detail["outcome"]).label) if detail.get("outcome") in Outcome.values else ""
    return clauses(part for part in (outcome, _decided(detail), str(detail.get("because") or "")) if part)


def _reported(detail: dict) -> str:
    outcome = str(Outcome(detail["outcome"]).label) if detail.get("outcome") in Outcome.values else ""
    return said_of(outcome, str(detail.get("reason") or ""))


def _paused(detail: dict) -> str:
    """Days and papers of a request and of its grant; the reason beside them is for the team."""
    days = detail.get("days")
    length = ngettext("%(days)d天", "%(days)d天", days) % {"days": days} if isinstance(days, int) else ""
    return apart(part for part in (length, detail.get("papers"), detail.get("reason")) if part)


def _moved(detail: dict) -> str:
    """What a change of the due time comes to; why is in the reason, in the words of who made it."""
    old, new = _moment(detail.get("old_due_at")), _moment(detail.get("new_due_at"))
    if old is None or new is None:
        return ""
    moved = _("%(old)s改为%(new)s") % {"old": shanghai(old, "due"), "new": shanghai(new, "due")}
    return apart(part for part in (moved if old != new else "", detail.get("reason")) if part)


def _paid(detail: dict) -> str:
    amount = _amount(detail.get("amount_yuan"))
    return _("放款%(amount)s") % {"amount": amount} if amount else ""


def _amount(yuan: object) -> str:
    return _("%(amount)s万元") % {"amount": wan(yuan)} if yuan not in (None, "") else ""


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


SAYINGS: dict[str, Callable[[dict], str]] = {
    "opened": _visited, "visit_added": _visited, "credit_looked_up": _looked_up, "lookup_failed": _looked_up,
    "need_verified": lambda detail: str(detail.get("note") or ""),
    "recommended": _reviewed, "returned": _reviewed, "not_recommended": _reviewed, "resumed": _reason,
    "listed": _listed, "pushed": _pushed, "reopened": _reason, "decided": _decided, "decision_corrected": _corrected,
    "repair_opened": _repair, "repair_finished": _reason, "closed_unfunded": _reason, "terminated": _reason, "visit_annulled": _reason,
    "suspension_asked": _paused, "suspension_granted": _paused, "suspension_refused": _reason, "suspension_lapsed": _reason,
    "suspension_ended": _reason, "deadline_changed": _moved,
    "outcome_reported": _reported, "outcome_confirmed": _reported, "outcome_refused": _reported, "disbursed": _paid,
}  # fmt: skip
