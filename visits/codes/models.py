"""QR codes and what became of every scan."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from visits.register.models import Business, Grid


class Code(models.Model):
    """A printed code. The URL carries `secret` and a signature over it; the row says what it stands for.

    Exactly one subject; a revoked or expired code stays, so that a scan of it can be explained.
    """

    class Kind(models.TextChoices):
        BUSINESS = "business", _("经营主体")
        OFFICER = "officer", _("走访人员")
        GRID = "grid", _("网格")

    secret = models.CharField(max_length=16, unique=True, editable=False)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    business = models.ForeignKey(Business, models.CASCADE, null=True, blank=True, related_name="codes")
    officer = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="codes")
    grid = models.ForeignKey(Grid, models.CASCADE, null=True, blank=True, related_name="codes")
    version = models.PositiveSmallIntegerField(_("版次"), default=1)
    issued_at = models.DateTimeField(_("制发时间"))
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("制发人"))
    expires_at = models.DateTimeField(_("有效期至"))
    revoked_at = models.DateTimeField(_("作废时间"), null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_reason = models.CharField(_("作废原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("二维码")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="business", business__isnull=False, officer__isnull=True, grid__isnull=True)
                | Q(kind="officer", business__isnull=True, officer__isnull=False, grid__isnull=True)
                | Q(kind="grid", business__isnull=True, officer__isnull=True, grid__isnull=False),
                name="code_has_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="code_revoked_at_and_by",
            ),
            # re-issuing revokes the old one first, so a door never carries two live codes
            models.UniqueConstraint(
                fields=["business"], condition=Q(revoked_at__isnull=True), name="code_one_live_per_business"
            ),
            models.UniqueConstraint(
                fields=["officer"], condition=Q(revoked_at__isnull=True), name="code_one_live_per_officer"
            ),
            models.UniqueConstraint(
                fields=["grid"], condition=Q(revoked_at__isnull=True), name="code_one_live_per_grid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business or self.officer or self.grid} v{self.version}"


class RefusedScan(models.Model):
    """A scan that led nowhere, kept with its reason: copied, revoked and invented codes show here first."""

    class Reason(models.TextChoices):
        MALFORMED = "malformed", _("不是本系统的码")
        FORGED = "forged", _("签名不符")
        UNKNOWN = "unknown", _("查无此码")
        REVOKED = "revoked", _("已作废")
        EXPIRED = "expired", _("已过期")
        NOT_YOURS = "not_yours", _("无权查看")

    token = models.CharField(_("扫到的内容"), max_length=64)
    code = models.ForeignKey(Code, models.CASCADE, null=True, blank=True, related_name="refused_scans")
    reason = models.CharField(_("原因"), max_length=10, choices=Reason)
    scanned_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, verbose_name=_("扫码人"))
    scanned_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("未通过的扫码")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.token}"
