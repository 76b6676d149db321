"""The seven answers of a bank. No ORM, so that the rules can use them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    APPROVED = "approved", _("同意授信")
    PARTLY_APPROVED = "partly_approved", _("部分授信")
    DECLINED = "declined", _("不予授信")
    WITHDRAWN = "withdrawn", _("企业放弃")
    NO_NEED = "no_need", _("无真实需求")
    UNREACHABLE = "unreachable", _("无法联系")
    SERVED_ELSEWHERE = "served_elsewhere", _("已在他行获贷")


GRANTED = (Outcome.APPROVED, Outcome.PARTLY_APPROVED)
# only these stop the bank's clock by themselves; the other four need the panel's word
DECISIONS = (*GRANTED, Outcome.DECLINED)
