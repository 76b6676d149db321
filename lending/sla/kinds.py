"""The words of deadlines: what is timed, and the steps of the ladder. No ORM, so that rules can use them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeadlineKind(models.TextChoices):
    BANK_DECISION = "bank_decision", _("银行授信决定")
    PANEL_REVIEW = "panel_review", _("区级审核")
    SUPPLEMENT = "supplement", _("补正")


class Step(models.TextChoices):
    ASSIGNED = "assigned", _("新推送")
    DUE_SOON = "due_soon", _("即将到期")
    LAST_DAY = "last_day", _("今天到期")
    OVERDUE = "overdue", _("已超期")
    ESCALATED_BANK = "escalated_bank", _("超期满1日")
    ESCALATED_DISTRICT = "escalated_district", _("超期满3日")
    ESCALATED_CITY = "escalated_city", _("超期满5日")
