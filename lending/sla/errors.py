"""Refusals about deadlines and the calendar."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, Refusal


class NoPolicy(Refusal):
    code, status = "no_policy", 422
    sentence = _("没有适用的办理时限规则,请联系市级管理人员设置。")


class CalendarFileRefused(Invalid):
    code = "calendar_file_refused"
    sentence = _("日历文件有误,没有导入。")


class YearUnknown(Refusal):
    code, status = "calendar_year_unknown", 422
    sentence = _("该年的放假安排尚未导入,请先用 import_calendar 导入全年安排,再维护个别日子。")
