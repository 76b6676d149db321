"""Refusals about deadlines and the calendar."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid, Refusal


class NoPolicy(Refusal):
    code, status = "no_policy", 422
    sentence = _("没有适用的办理时限规则,请联系市级管理人员设置。")


class CalendarFileRefused(Invalid):
    code = "calendar_file_refused"
    sentence = _("日历文件有误,没有导入。")


class YearUnknown(Refusal):
    code, status = "calendar_year_unknown", 422
    sentence = _("该年的放假安排尚未导入,请先用 import_calendar 导入全年安排,再维护个别日子。")


class TooManyLetters(Invalid):
    code = "too_many_letters"
    sentence = _("一次最多重发 500 封,请先缩小范围。")


class NotSuspendable(Refusal):
    code, status = "not_suspendable", 409
    sentence = _("按适用规则,该时限不能暂停。")


class ClockRanOut(Refusal):
    code, status = "clock_ran_out", 409
    sentence = _("时限已到期或已停止,不能再暂停。")


class SuspensionOpen(Conflict):
    code = "suspension_open"
    sentence = _("已有一份申请待答复,或正在暂停,不能再申请。")


class SuspensionTooLong(Invalid):
    code, status = "suspension_too_long", 422
    sentence = _("暂停天数超出可用天数。")


class SuspensionAnswered(Conflict):
    code = "suspension_answered"
    sentence = _("该申请已有答复或已失效,您的操作没有生效,请刷新后再看。")


class SuspensionNotRunning(Conflict):
    code = "suspension_not_running"
    sentence = _("该暂停没有开始或已经结束,请刷新后再看。")
