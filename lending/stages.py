"""The whole workflow on one screen."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    INTAKE = "intake", _("待补需求或授权")
    AUTHORISED = "authorised", _("待信用查询")
    UNDER_REVIEW = "under_review", _("区级审核中")
    RETURNED = "returned", _("退回补正")
    NOT_RECOMMENDED = "not_recommended", _("不予推荐")
    RECOMMENDED = "recommended", _("待推送银行")
    WITH_BANK = "with_bank", _("银行办理中")
    APPROVED = "approved", _("已授信待放款")
    DISBURSED = "disbursed", _("已放款")
    DECLINED = "declined", _("银行未授信")
    IN_REPAIR = "in_repair", _("会诊修复中")
    CLOSED_UNFUNDED = "closed_unfunded", _("未获融资办结")
    WITHDRAWN = "withdrawn", _("撤回终止")


# An open case may always be withdrawn by its owner (and, before a bank was asked, ended by the team); every other step
# is written out.
NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.INTAKE: frozenset({Stage.AUTHORISED, Stage.WITHDRAWN}),
    Stage.AUTHORISED: frozenset(
        {Stage.UNDER_REVIEW, Stage.RETURNED, Stage.NOT_RECOMMENDED, Stage.WITHDRAWN}
    ),
    Stage.UNDER_REVIEW: frozenset({Stage.RECOMMENDED, Stage.RETURNED, Stage.NOT_RECOMMENDED, Stage.WITHDRAWN}),
    Stage.RETURNED: frozenset({Stage.AUTHORISED, Stage.UNDER_REVIEW, Stage.NOT_RECOMMENDED, Stage.WITHDRAWN}),
    Stage.RECOMMENDED: frozenset({Stage.WITH_BANK, Stage.RETURNED, Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN}),
    Stage.WITH_BANK: frozenset({Stage.APPROVED, Stage.DECLINED, Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN}),
    Stage.APPROVED: frozenset({Stage.DISBURSED, Stage.DECLINED, Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN}),
    Stage.DECLINED: frozenset({Stage.IN_REPAIR, Stage.RECOMMENDED, Stage.APPROVED, Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN}),
    Stage.IN_REPAIR: frozenset({Stage.RECOMMENDED, Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN}),
    Stage.NOT_RECOMMENDED: frozenset(),
    Stage.DISBURSED: frozenset(),
    Stage.CLOSED_UNFUNDED: frozenset(),
    Stage.WITHDRAWN: frozenset(),
}  # fmt: skip

# approved → declined and declined → approved happen only when the bank corrects its decision (superseding record)
CLOSED = frozenset(stage for stage, following in NEXT.items() if not following)
OPEN = frozenset(Stage) - CLOSED

# The six dots of the case line: what the owner, the officer, the panel and the bank see of the thirteen stages.
DOTS: tuple[tuple[str, frozenset[Stage]], ...] = (
    (_("走访"), frozenset({Stage.INTAKE})),
    (_("信用查询"), frozenset({Stage.AUTHORISED})),
    (_("区级审核"), frozenset({Stage.UNDER_REVIEW, Stage.RETURNED, Stage.NOT_RECOMMENDED})),
    (_("推荐清单"), frozenset({Stage.RECOMMENDED})),
    (_("银行决定"), frozenset({Stage.WITH_BANK, Stage.DECLINED, Stage.IN_REPAIR, Stage.CLOSED_UNFUNDED})),
    (_("放款"), frozenset({Stage.APPROVED, Stage.DISBURSED})),
)
