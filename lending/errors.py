"""Refusals of the workflow; each has a stable code (docs/api.md lists them) and a sentence."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid, Refusal


class WrongStage(Refusal):
    code, status = "wrong_stage", 409
    sentence = _("办件当前环节不能进行此操作,请刷新后再看。")


class AlreadyMoved(Conflict):
    code = "already_moved"
    sentence = _("办件刚刚被他人办理,您的操作没有生效,请刷新后再看。")


class TooLateToAnnul(Conflict):
    code = "too_late_to_annul"
    sentence = _(
        "办件已有人办理、有其他走访或申报并入,或登记已过7天,不能自行作废,请联系区级工作专班终止办件。"
    )


class NoConsent(Refusal):
    code, status, is_retryable = "no_consent", 422, True
    sentence = _("没有有效的企业授权,不能查询或推送。请先取得授权。")


class NotVerified(Refusal):
    code, status, is_retryable = "not_verified", 422, True
    sentence = _("企业主自行申报、尚未走访的办件,须先与企业核实并登记,才能查询信用信息。")


class BankNotNamed(NoConsent):
    code = "bank_not_in_consent"
    sentence = _("企业授权中没有列出该银行,不能向其推送。")


class NoBankLeft(NoConsent):
    code = "no_bank_left"
    sentence = _("企业没有授权其他银行;请走访人员先取得授权。")


class BankHasDeclined(Refusal):
    code, status = "bank_has_declined", 409
    sentence = _("该银行已不予授信;完成会诊修复后才能再次推送给它。")


class ReviewerIsVisitor(Refusal):
    code, status = "reviewer_is_visitor", 403
    sentence = _("走访人员不能审核自己走访的办件。")


class CriteriaIncomplete(Invalid):
    code, status = "criteria_incomplete", 422
    sentence = _("五项标准须逐项给出结论;推荐须五项全部符合并写明依据。")


class ReasonMissing(Invalid):
    code, status = "reason_missing", 422
    sentence = _("请写明原因。")


class AlreadyDecided(Conflict):
    code = "already_decided"
    sentence = _("该笔推荐已有授信决定,您的决定没有保存。如需改动请走更正。")


class DecisionInvalid(Invalid):
    code, status = "decision_invalid", 422
    sentence = _("授信决定填写有误,请按提示修改。")


class AlreadyPaid(Conflict):
    code = "already_paid"
    sentence = _("打开页面之后已有新的放款登记,您的这一笔没有保存。请核对后再登记。")


class LimitExceeded(Invalid):
    code, status = "limit_exceeded", 422
    sentence = _("累计放款不能超过授信额度。")


class AlreadyPushed(Conflict):
    code = "already_pushed"
    sentence = _("该办件已推送给银行,不能重复推送。")


class LookupUnavailable(Refusal):
    code, status, is_retryable = "lookup_unavailable", 422, True
    sentence = _("信用信息暂时没有取到,请稍后再查;办件停留在原环节。")


class LookupExpired(Refusal):
    code, status, is_retryable = "lookup_expired", 422, True
    sentence = _("没有有效期内的信用查询结果,请先查询再推荐。")


class TooManyBanks(Invalid):
    code, status = "too_many_banks", 422
    sentence = _("同一办件一次最多推送三家银行。")
