"""Refusals of codes and visits; each has a stable code (docs/api.md lists them) and a sentence."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid, Refusal


class CodeRefused(Refusal):
    """A scan that leads nowhere. `reason` is what `RefusedScan` keeps, beside the code where one was `found`."""

    reason = ""
    found = None


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


class CodesChanged(Conflict):
    code = "codes_changed"
    sentence = _("这期间有码被制发、换发或作废,数量与刚才不同,没有作废任何一个。请重新核对后再确认。")


class BatchEnded(Conflict):
    code = "batch_ended"
    sentence = _("这一批已经结束,不能重复操作,请刷新后再看。")


class BatchFileGone(Refusal):
    code, status = "batch_file_gone", 404
    sentence = _("这一批没有可下载的文件:还没有完成,或保留期已过。可以从这一批重新制作。")


class VisitIdReused(Conflict):
    code = "visit_id_reused"
    sentence = _("这个走访编号已用于另一份内容。原记录没有改动,请重新登记。")


class AgainstProtection(Refusal):
    """The firm is to be left in peace; `marks` says by which rules (`visits.protection.marks.Mark`)."""

    def __init__(self, marks: list[str], *, fields: dict[str, str] | None = None) -> None:
        self.marks = marks
        super().__init__(fields=fields)


class VisitProtected(AgainstProtection):
    code, status = "visit_protected", 422
    sentence = _("这家经营主体正受走访保护。确需走访的,请写明理由后再提交。")


class VisitRefusedByProtection(AgainstProtection):
    code, status = "visit_refused_by_protection", 422
    sentence = _("这家经营主体正受走访保护,按本区规则不予登记。可改为电话或线上联系,或请区级工作专班协调。")


class AlreadyAnnulled(Conflict):
    code = "already_annulled"
    sentence = _("这次走访已经作废。")


class VisitHasCase(Conflict):
    code = "visit_has_case"
    sentence = _(
        "这次走访已立融资办件:登记后7天内、尚未办理的,请在手机上打开该办件作废;否则请联系区级工作专班。"
    )


class ConsentAlreadyWithdrawn(Conflict):
    code = "consent_already_withdrawn"
    sentence = _("这项授权已经撤回。")


class PhotoTooLarge(Refusal):
    code, status = "photo_too_large", 413
    sentence = _("照片超过5兆字节,没有上传。请改用普通分辨率拍照后重试。")


class PhotoUnreadable(Refusal):
    code, status = "photo_unreadable", 422
    sentence = _("这不是完整的 JPEG 照片。请用手机相机重拍;苹果手机请在相机设置中选“兼容性最佳”。")


class PhotoTooManyPixels(Refusal):
    code, status = "photo_too_many_pixels", 422
    sentence = _("照片尺寸过大(最多2500万像素),请改用普通分辨率拍照。")


class PhotoIncomplete(Refusal):
    code, status, is_retryable = "photo_incomplete", 400, True
    sentence = _("照片没有传完整,请重试。")


class PhotosFull(Refusal):
    code, status = "photos_full", 422
    sentence = _("每次走访最多三张照片。")


class PhotoTooLate(Refusal):
    code, status = "photo_too_late", 422
    sentence = _("走访登记已超过7天,不能再补照片。")


class PhotoNotWanted(Refusal):
    code, status = "photo_not_wanted", 422
    sentence = _("按本区走访规则不采集照片,没有保存。")


class PhotoGone(Refusal):
    code, status = "photo_gone", 410
    sentence = _("照片已过保存期,按规定清除。")


class PhotoIdReused(Conflict):
    code = "photo_id_reused"
    sentence = _("这个照片编号已用于另一张照片,原照片没有改动。")


class FileUnreadable(Invalid):
    code = "file_unreadable"
    sentence = _("这不是走访通导出的文件,或文件没有传完整。请在手机的“待传”页重新导出。")


class FileTooBig(Invalid):
    code, status = "file_too_big", 413
    sentence = _("文件超过32 MB。请在手机的“待传”页重新导出,手机会分成几个文件。")


class TicketForged(Invalid):
    code = "ticket_forged"
    sentence = _("文件里的凭证不是本系统签发的,或内容被改动过,没有导入任何走访。")


class TicketExpired(Invalid):
    code, status = "ticket_expired", 422
    sentence = _("文件里的凭证已超过30天。请走访人员在手机上登录一次,再重新导出。")


class NotSealed(Invalid):
    code, status = "file_not_sealed", 422
    sentence = _("这个文件没有封印,只能由走访人员本人登录后导入。")


class OfficerInactive(Invalid):
    code, status = "officer_inactive", 422
    sentence = _("这名走访人员的账号已停用或不再走访,请联系管理员。")


class OtherOfficer(Conflict):
    code = "other_officer"
    sentence = _("现在登录的不是登记这次走访的人,没有上传。请由本人登录。")


class BusinessClosed(Refusal):
    code, status = "business_closed", 422
    sentence = _("名录显示这家经营主体已注销、吊销或歇业,不能申报。如与实际不符,请联系区级工作专班更正。")


class DistrictUnknown(Refusal):
    code, status = "district_unknown", 422
    sentence = _("名录里没有这家经营主体的所在区,暂时不能在线申报。请由走访人员上门登记,或拨打 12345。")


class DeclarationIdReused(Conflict):
    code = "declaration_id_reused"
    sentence = _("这份申报已经提交过,之后又改动了内容。原来的申报没有改动。")


class ReportAnswered(Conflict):
    code = "report_answered"
    sentence = _("这件举报或投诉已经答复,答复不能再改。")
