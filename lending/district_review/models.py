"""District review: five criteria, each met or not with its evidence, and one outcome."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from lending.case import FinancingCase


class Criterion(models.TextChoices):
    """五项标准 (金发〔2024〕32号); what each asks for in practice is `CriterionGuide`, which districts may word themselves."""

    COMPLIANT_OPERATION = "compliant_operation", _("合规持续经营")
    FIXED_PREMISES = "fixed_premises", _("固定经营场所")
    GENUINE_NEED = "genuine_need", _("真实融资需求")
    GOOD_CREDIT_STANDING = "good_credit_standing", _("信用状况良好")
    LAWFUL_PURPOSE = "lawful_purpose", _("贷款用途依法合规")


class CriterionGuide(models.Model):
    """参考口径: effective-dated, for all districts or one."""

    criterion = models.CharField(_("标准"), max_length=24, choices=Criterion)
    district = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, verbose_name=_("适用区")
    )
    text = models.TextField(_("参考口径"))
    evidence_hint = models.CharField(_("依据提示"), max_length=200, blank=True)
    effective_from = models.DateField(_("启用日期"))

    class Meta:
        verbose_name = verbose_name_plural = _("五项标准口径")
        constraints = [
            models.UniqueConstraint(
                fields=["criterion", "district", "effective_from"],
                nulls_distinct=False,
                name="criterion_guide_once_per_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_criterion_display()} · {self.effective_from}"


class DistrictReview(models.Model):
    """One review of one case; a returned case gets another row when it comes back."""

    class Outcome(models.TextChoices):
        RECOMMEND = "recommend", _("推荐")
        RETURN = "return", _("退回补正")
        NOT_RECOMMENDED = "not_recommended", _("不予推荐")

    case = models.ForeignKey(FinancingCase, models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("审核人"))
    reviewed_at = models.DateTimeField(_("审核时间"))
    outcome = models.CharField(_("结论"), max_length=16, choices=Outcome)
    reason = models.CharField(_("原因"), max_length=500, blank=True)
    banks = models.ManyToManyField(Organisation, related_name="+", blank=True, verbose_name=_("建议银行"))
    lookups = models.ManyToManyField(
        "lending.CreditLookup", related_name="+", blank=True
    )  # the very receipts it relied on

    class Meta:
        verbose_name = verbose_name_plural = _("区级审核")
        ordering = ("-reviewed_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="recommend") | Q(reason__gt=""), name="review_reason_unless_recommended"
            )
        ]


class Finding(models.Model):
    """One criterion of one review."""

    review = models.ForeignKey(DistrictReview, models.CASCADE, related_name="findings")
    criterion = models.CharField(_("标准"), max_length=24, choices=Criterion)
    is_met = models.BooleanField(_("符合"))
    evidence = models.CharField(_("依据"), max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = _("审核结论")
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="finding_once_per_criterion")
        ]
