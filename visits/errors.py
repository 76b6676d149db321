"""Refusals of codes and visits; each has a stable code (docs/api.md lists them) and a sentence."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid, Refusal


class CodeRefused(Refusal):
    """A scan that leads nowhere. `reason` is what `RefusedScan` keeps."""

    reason = ""


class CodeMalformed(CodeRefused):
    code, status, reason = "code_malformed", 404, "malformed"
    sentence = _("这不是走访通的二维码。请扫描门牌或工作证上的走访码,或手工输入码下的16位字符。")


class CodeForged(CodeRefused):
    code, status, reason = "code_forged", 404, "forged"
    sentence = _("这个二维码不是由本系统制发的,请勿填写任何信息,并向区级工作专班反映。")


class CodeUnknown(CodeRefused):
    code, status, reason = "code_unknown", 404, "unknown"
    sentence = _("没有查到这个二维码。")


class CodeRevoked(CodeRefused):
    code, status, reason = "code_revoked", 422, "revoked"
    sentence = _("这个二维码已作废,请使用新码,或联系区级工作专班补发。")


class CodeExpired(CodeRefused):
    code, status, reason = "code_expired", 422, "expired"
    sentence = _("这个二维码已过有效期,请联系区级工作专班换发。")


class CodeNotYours(CodeRefused):
    code, status, reason = "not_found", 404, "not_yours"
    sentence = _("没有找到,或您无权查看。")


class CodeNotForVisit(Invalid):
    code, status = "code_not_business", 422
    sentence = _("这个二维码不是经营主体的门牌码,不能据此登记走访。")


class CodeMismatch(Invalid):
    code, status = "code_mismatch", 422
    sentence = _("扫描的二维码与所填的统一社会信用代码不是同一家。")


class CodeNotLive(Conflict):
    code = "code_not_live"
    sentence = _("这个二维码已经作废,不能重复操作,请刷新后再看。")


class VisitIdReused(Conflict):
    code = "visit_id_reused"
    sentence = _("这个走访编号已用于另一份内容。原记录没有改动,请重新登记。")


class AlreadyAnnulled(Conflict):
    code = "already_annulled"
    sentence = _("这次走访已经作废。")


class VisitHasCase(Conflict):
    code = "visit_has_case"
    sentence = _("这次走访已立融资办件,不能自行作废,请联系区级工作专班处理。")


class ConsentAlreadyWithdrawn(Conflict):
    code = "consent_already_withdrawn"
    sentence = _("这项授权已经撤回。")
