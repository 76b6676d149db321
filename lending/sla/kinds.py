"""The words of deadlines: what is timed, and the steps of the ladder. No ORM, so that rules can use them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeadlineKind(models.TextChoices):
    BANK_DECISION = "bank_decision", _("银行授信决定")
    PANEL_REVIEW = "panel_review", _("区级审核")
    SUPPLEMENT = "supplement", _("补正")
    RECEIPT = "receipt", _("接收")
    CONTACT = "contact", _("首次对接")
    DISBURSEMENT = "disbursement", _("放款")


# What a case is late by: the promise of the campaign and the two clocks before it. The others are the steps of a bank
# on its way there or after it; they warn and are counted, and make no case overdue.
MAIN = (DeadlineKind.BANK_DECISION, DeadlineKind.PANEL_REVIEW, DeadlineKind.SUPPLEMENT)
# of one push, from there to the bank's answer
UNTIL_ANSWERED = (DeadlineKind.BANK_DECISION, DeadlineKind.RECEIPT, DeadlineKind.CONTACT)
OF_BANK = (
    DeadlineKind.BANK_DECISION,
    DeadlineKind.RECEIPT,
    DeadlineKind.CONTACT,
    DeadlineKind.DISBURSEMENT,
)
INTERIM = tuple(kind for kind in OF_BANK if kind not in MAIN)


class Step(models.TextChoices):
    ASSIGNED = "assigned", _("新推送")
    DUE_SOON = "due_soon", _("即将到期")
    DUE_IN_TWO = "due_in_two", _("剩2天")
    LAST_DAY = "last_day", _("今天到期")
    OVERDUE = "overdue", _("已超期")
    ESCALATED_BANK = "escalated_bank", _("超期报银行")
    ESCALATED_DISTRICT = "escalated_district", _("超期报区级专班")
    ESCALATED_CITY = "escalated_city", _("超期报市级")
    NAG = "nag", _("定期催办")


class Audience(models.TextChoices):
    """Who gets the letter; whoever is above steps in where nobody can be reached (`ladder.ABOVE`)."""

    OFFICER = "officer", _("走访人员")  # who visited the firm
    REVIEWERS = "reviewers", _("银行审核人")  # of the bank, or of the branch that has the case
    COORDINATORS = "coordinators", _("银行协调人")
    PANEL = "panel", _("区级工作专班")
    CITY = "city", _("市级监管")
