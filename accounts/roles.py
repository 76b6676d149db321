"""Who there is and what each may do: the one table of roles.

What a person *sees* is decided row by row in the gates (`accounts.access.visible_to`); what a person may *do* to what
they see is decided here and nowhere else.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    FIELD_OFFICER = "field_officer", _("走访人员")
    PANEL = "panel", _("区级工作专班")
    BANK_REVIEWER = "bank_reviewer", _("银行审核人员")
    BANK_COORDINATOR = "bank_coordinator", _("银行联络人")
    CITY = "city", _("市级管理")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")
    AUDITOR = "auditor", _("审计员")


class Do(models.TextChoices):
    """Things that can be done; a page, an API view and an admin action ask for the same one."""

    RECORD_VISIT = "record_visit", _("登记走访")
    IMPORT_OUTBOX = "import_outbox", _("导入手机待传文件")
    PRINT_CODES = "print_codes", _("制发二维码")
    LOOK_UP_CREDIT = "look_up_credit", _("查询信用信息")
    REVIEW = "review", _("区级审核")
    ISSUE_LIST = "issue_list", _("发布推荐清单")
    CONFIRM_OUTCOME = "confirm_outcome", _("确认银行反馈")
    DECIDE = "decide", _("作出授信决定")
    CORRECT_DECISION = "correct_decision", _("更正授信决定")
    ALLOT = "allot", _("分派承办网点")
    ANSWER_REPORTS = "answer_reports", _("答复举报与投诉")
    SEE_DISTRICT = "see_district", _("查看区级看板")
    SEE_CITY = "see_city", _("查看市级看板")
    IMPORT_REGISTER = "import_register", _("导入名录")
    EDIT_RULES = "edit_rules", _("维护清单、时限与口径")
    MANAGE_PEOPLE = "manage_people", _("管理人员与机构")
    MANAGE_SECURITY = "manage_security", _("管理登录安全")
    READ_AUDIT = "read_audit", _("查看审计记录")


MAY: dict[Role, frozenset[Do]] = {
    Role.FIELD_OFFICER: frozenset({Do.IMPORT_OUTBOX, Do.RECORD_VISIT}),
    Role.PANEL: frozenset(
        {
            Do.IMPORT_OUTBOX,
            Do.PRINT_CODES,
            Do.LOOK_UP_CREDIT,
            Do.REVIEW,
            Do.ISSUE_LIST,
            Do.CONFIRM_OUTCOME,
            Do.ANSWER_REPORTS,
            Do.SEE_DISTRICT,
        }
    ),
    Role.BANK_REVIEWER: frozenset({Do.DECIDE}),
    Role.BANK_COORDINATOR: frozenset({Do.IMPORT_OUTBOX, Do.DECIDE, Do.CORRECT_DECISION, Do.ALLOT}),
    Role.CITY: frozenset(
        {Do.PRINT_CODES, Do.ANSWER_REPORTS, Do.SEE_DISTRICT, Do.SEE_CITY, Do.IMPORT_REGISTER, Do.EDIT_RULES}
    ),
    # the three administrators of GB/T 22239-2019 level 3 hold no business data and no one holds two of the three
    Role.SYSTEM_ADMIN: frozenset({Do.MANAGE_PEOPLE}),
    Role.SECURITY_ADMIN: frozenset({Do.MANAGE_SECURITY}),
    Role.AUDITOR: frozenset({Do.READ_AUDIT}),
}

# where each works: the page that "/" leads to
HOME: dict[Role, str] = {
    Role.FIELD_OFFICER: "/m/",
    Role.PANEL: "/district/",
    Role.BANK_REVIEWER: "/admin/",
    Role.BANK_COORDINATOR: "/admin/",
    Role.CITY: "/city/",
    Role.SYSTEM_ADMIN: "/admin/",
    Role.SECURITY_ADMIN: "/admin/",
    Role.AUDITOR: "/admin/",
}

WORKS_IN_ADMIN = frozenset(role for role, home in HOME.items() if home == "/admin/") | {Role.CITY}
BANK_ROLES = (Role.BANK_REVIEWER, Role.BANK_COORDINATOR)
