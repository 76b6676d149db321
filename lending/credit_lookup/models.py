"""Credit data sets imported here, and the receipt of every lookup."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lending.case import FinancingCase
from visits.models import Consent


class CreditItem(models.Model):
    """One item of an imported data set, e.g. tax grade A of 2025; the `dataset` adapter reads these."""

    source = models.CharField(_("来源"), max_length=40)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    category = models.CharField(_("类别"), max_length=40)
    item = models.CharField(_("事项"), max_length=80)
    value = models.CharField(_("内容"), max_length=400)
    department = models.CharField(_("来源部门"), max_length=80, blank=True)
    as_of = models.DateField(_("数据日期"))
    is_adverse = models.BooleanField(_("不利信息"), default=False)
    digest = models.BinaryField(max_length=16)

    class Meta:
        verbose_name = verbose_name_plural = _("信用数据")
        constraints = [
            models.UniqueConstraint(fields=["source", "credit_code", "category", "item", "as_of"], name="credit_item_once")
        ]  # fmt: skip


class CreditLookup(models.Model):
    """The receipt of asking one source once. Never changed afterwards; a newer lookup is a newer row."""

    class Answer(models.TextChoices):
        FOUND = "found", _("有记录")
        NO_RECORD = "no_record", _("无记录")
        NOT_FETCHED = "not_fetched", _("未取到")

    case = models.ForeignKey(FinancingCase, models.PROTECT, related_name="lookups")
    consent = models.ForeignKey(Consent, models.PROTECT, related_name="+", verbose_name=_("依据的授权"))
    purpose = models.CharField(_("查询目的"), max_length=120)
    source = models.CharField(_("来源"), max_length=40)
    adapter = models.CharField(max_length=20)
    answer = models.CharField(_("结果"), max_length=12, choices=Answer)
    problem = models.CharField(_("未取到的原因"), max_length=200, blank=True)
    items = models.JSONField(
        _("信用信息"), default=list
    )  # [{category, item, value, department, as_of, is_adverse}]
    adverse_categories = ArrayField(models.CharField(max_length=40), default=list)
    response_sha256 = models.CharField(
        _("应答摘要"), max_length=64, blank=True
    )  # blank only when nothing was received
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=1)
    requested_at = models.DateTimeField(_("发起时间"))
    fetched_at = models.DateTimeField(_("取得时间"), null=True)
    expires_at = models.DateTimeField(_("失效时间"), null=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("查询人"))

    class Meta:
        verbose_name = verbose_name_plural = _("信用查询")
        ordering = ("-requested_at", "source")
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="not_fetched", fetched_at__isnull=True, expires_at__isnull=True)
                | ~Q(answer="not_fetched")
                & Q(fetched_at__isnull=False, expires_at__isnull=False, expires_at__gt=F("fetched_at"))
                & ~Q(response_sha256=""),
                name="lookup_fetched_has_receipt",
            )
        ]

    @classmethod
    def usable(cls, case: FinancingCase, now: datetime) -> models.QuerySet:
        """The latest answer of each source that has not expired: what a reviewer or a bank may rely on."""
        answered = cls.objects.filter(case=case, expires_at__gt=now).exclude(answer=cls.Answer.NOT_FETCHED)
        return answered.order_by("source", "-requested_at", "-pk").distinct("source")
