"""What the bank did: contacts, decisions (immutable, a correction supersedes) and disbursements."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lending.bank_decision.outcomes import DECISIONS, GRANTED, Outcome
from lending.case import FinancingCase
from visits.models import FinancingNeed


class DeclineReason(models.Model):
    """未授信原因: coded, each with who can help and what to do; editable data (宿州 keeps such a table)."""

    code = models.CharField(_("代码"), max_length=8, unique=True)
    name = models.CharField(_("原因"), max_length=80)
    department = models.CharField(_("责任部门"), max_length=80, blank=True)
    remedy = models.CharField(_("修复措施"), max_length=200, blank=True)
    owner_text = models.CharField(_("给企业的说明"), max_length=300)
    is_repairable = models.BooleanField(_("可修复"), default=False)
    min_text_length = models.PositiveSmallIntegerField(_("说明最少字数"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("未授信原因")
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ContactAttempt(models.Model):
    """The bank tried to reach the firm. 联系不上 counts only after three attempts on different days."""

    class Mode(models.TextChoices):
        PHONE = "phone", _("电话")
        ON_SITE = "on_site", _("上门")
        ONLINE = "online", _("线上")

    recommendation = models.ForeignKey("lending.Recommendation", models.PROTECT, related_name="contacts")
    at = models.DateTimeField(_("时间"))  # as the bank states it
    recorded_at = models.DateTimeField(
        _("登记时间")
    )  # the server's clock, without which three days can be typed at once
    mode = models.CharField(_("方式"), max_length=8, choices=Mode)
    is_reached = models.BooleanField(_("已联系上"))
    note = models.CharField(_("备注"), max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办人"))

    class Meta:
        verbose_name = verbose_name_plural = _("对接记录")
        ordering = ("at",)


class BankDecision(models.Model):
    """授信决定. Never updated (a trigger refuses); the current one is the one nothing supersedes."""

    Outcome = Outcome
    GRANTED = GRANTED
    DECISIONS = DECISIONS

    recommendation = models.ForeignKey("lending.Recommendation", models.PROTECT, related_name="decisions")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name=_("更正自")
    )
    outcome = models.CharField(_("决定"), max_length=16, choices=Outcome)
    credit_line_yuan = models.DecimalField(
        _("授信额度(元)"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    annual_rate_pct = models.DecimalField(
        _("年利率(%)"), max_digits=7, decimal_places=4, null=True, blank=True
    )
    term_months = models.PositiveSmallIntegerField(_("期限(月)"), null=True, blank=True)
    product = models.CharField(_("产品"), max_length=80, blank=True)
    guarantee = models.CharField(_("担保方式"), max_length=20, choices=FinancingNeed.Guarantee, blank=True)
    is_first_loan = models.BooleanField(_("首贷户"), default=False)
    is_no_repay_renewal = models.BooleanField(_("无还本续贷"), default=False)
    reason = models.ForeignKey(
        DeclineReason, models.PROTECT, null=True, blank=True, verbose_name=_("未授信原因")
    )
    reason_text = models.CharField(_("原因说明"), max_length=500, blank=True)
    decided_on = models.DateField(_("决定日期"))  # as the bank states it
    recorded_at = models.DateTimeField(_("登记时间"))  # the server's clock, which the deadline is judged by
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办人"))
    correction_reason = models.CharField(_("更正原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("授信决定")
        ordering = ("-recorded_at",)
        constraints = [
            # two reviewers at the same moment: the second insert meets this
            models.UniqueConstraint(
                fields=["recommendation"], condition=Q(supersedes__isnull=True), name="decision_one_first_per_recommendation"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=("approved", "partly_approved"), credit_line_yuan__isnull=False,
                            credit_line_yuan__gt=0, annual_rate_pct__isnull=False, term_months__isnull=False)
                | ~Q(outcome__in=("approved", "partly_approved")) & Q(credit_line_yuan__isnull=True),
                name="decision_granted_has_terms",
            ),
            models.CheckConstraint(
                condition=Q(outcome="declined", reason__isnull=False) | ~Q(outcome="declined"),
                name="decision_declined_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | Q(correction_reason__gt=""), name="decision_correction_says_why"
            ),
        ]  # fmt: skip


class OutcomeConfirmation(models.Model):
    """The panel's word on an outcome that is not a decision (放弃, 无真实需求, 无法联系, 他行获贷)."""

    decision = models.OneToOneField(BankDecision, models.PROTECT, related_name="confirmation")
    is_confirmed = models.BooleanField(_("确认"))
    reason = models.CharField(_("说明"), max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("确认人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("反馈确认")


class Disbursement(models.Model):
    """放款. Several per decision; together never above the credit line."""

    decision = models.ForeignKey(
        BankDecision, models.PROTECT, related_name="disbursements", verbose_name=_("授信决定")
    )
    amount_yuan = models.DecimalField(_("放款金额(元)"), max_digits=14, decimal_places=2)
    annual_rate_pct = models.DecimalField(_("年利率(%)"), max_digits=7, decimal_places=4)
    disbursed_on = models.DateField(_("放款日期"))
    loan_last4 = models.CharField(_("借据号后四位"), max_length=4, blank=True)
    recorded_at = models.DateTimeField(_("登记时间"))
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办人"))

    class Meta:
        verbose_name = verbose_name_plural = _("放款")
        ordering = ("disbursed_on", "id")
        constraints = [models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="disbursement_positive")]


class Repair(models.Model):
    """会诊修复: what stood in the way, who helps, and whether it was mended; then another bank may be asked."""

    case = models.ForeignKey(FinancingCase, models.PROTECT, related_name="repairs")
    decision = models.ForeignKey(
        BankDecision, models.PROTECT, related_name="repairs", verbose_name=_("未授信决定")
    )
    plan = models.CharField(_("修复方案"), max_length=500)
    department = models.CharField(_("责任部门"), max_length=80, blank=True)
    opened_at = models.DateTimeField(_("开始时间"))
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    finished_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    result = models.CharField(_("结果"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("会诊修复")
        constraints = [
            models.CheckConstraint(
                # finished by nobody: the owner withdrew the case
                condition=Q(finished_at__isnull=False) | Q(finished_by__isnull=True),
                name="repair_finished_by_only_when_finished",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(finished_at__isnull=True), name="repair_one_open_per_case"
            ),
        ]
