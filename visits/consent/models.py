"""Consent: versioned notices and, for each named recipient, a consent that can be withdrawn (个人信息保护法 §§14–17, 23)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from visits.register.models import Business


class Scope(models.TextChoices):
    """What a consent lets us do; each is ticked on its own."""

    CREDIT_LOOKUP = "credit_lookup", _("查询公共信用信息")
    SHARE_NEED = "share_need", _("向所列银行提供融资需求")


class ConsentNotice(models.Model):
    """The text the owner read. A new text is a new version; an old consent keeps pointing at what was read."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=80)
    text = models.TextField(_("告知内容"))
    scopes = ArrayField(models.CharField(max_length=24, choices=Scope), verbose_name=_("授权事项"))
    valid_days = models.PositiveSmallIntegerField(_("有效天数"), default=365)
    effective_from = models.DateField(_("启用日期"))

    class Meta:
        verbose_name = verbose_name_plural = _("授权告知书")
        ordering = ("-effective_from", "-id")

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ConsentSigning(models.Model):
    """One act of signing: who signed, when, under which notice, with which hand."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="consent_signings")
    notice = models.ForeignKey(ConsentNotice, models.PROTECT, verbose_name=_("告知书"))
    visit_id = models.UUIDField(null=True, unique=True)  # the visit it was given at; signed elsewhere: null
    signed_name = models.CharField(_("签署人"), max_length=60)
    signature_png = models.BinaryField(null=True)
    witnessed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("见证人")
    )
    signed_at = models.DateTimeField(_("签署时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("授权签署")


class Consent(models.Model):
    """What one signing allows one recipient. Live from `given_at` until withdrawn or expired."""

    signing = models.ForeignKey(ConsentSigning, models.PROTECT, related_name="consents")
    business = models.ForeignKey(Business, models.PROTECT, related_name="consents")
    recipient = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("接收方"))
    scopes = ArrayField(models.CharField(max_length=24, choices=Scope), verbose_name=_("授权事项"))
    given_at = models.DateTimeField(_("授权时间"))
    expires_at = models.DateTimeField(_("有效期至"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_reason = models.CharField(_("撤回原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("授权")
        constraints = [
            models.UniqueConstraint(fields=["signing", "recipient"], name="consent_once_per_recipient"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("given_at")), name="consent_expires_after_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business} → {self.recipient}"
