"""The words of visit protection, for models and rules alike."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Mark(TextChoices):
    """What stands against a visit; kept on the visit that was made all the same."""

    DO_NOT_DISTURB = "do_not_disturb", _("勿扰期内")
    COOLING_OFF = "cooling_off", _("冷静期内")
    NOT_LEAD_BANK = "not_lead_bank", _("非主办行")


class Answer(TextChoices):
    """What happens to a visit against the protection. One made without network is always kept, and marked."""

    MARK = "mark", _("登记并标记")
    REASON = "reason", _("写明理由后登记")
    REFUSE = "refuse", _("不予登记")
