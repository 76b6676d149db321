"""What keeps a firm from being visited five times: the policy of a day and place, and the owner's own "do not disturb"."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from visits.protection import marks
from visits.register.models import Business


class VisitPolicy(models.Model):
    """Rules of visiting; effective-dated, a district's own before the city's. The one in force on the day of the visit
    rules it. Days are calendar days in Asia/Shanghai; 0 turns a rule off."""

    Answer = marks.Answer

    class Evidence(models.TextChoices):
        OFF = "off", _("不采集")
        OPTIONAL = "optional", _("选填")
        REQUIRED = "required", _("实地走访必填")

    district = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("适用区"),
        help_text=_("空白为全市"),
    )
    effective_from = models.DateField(_("施行日期"))
    lead_window_days = models.PositiveSmallIntegerField(
        _("主办行保护期(天)"), default=90, validators=[MaxValueValidator(3660)]
    )
    cooling_off_days = models.PositiveSmallIntegerField(
        _("冷静期(天)"), default=30, validators=[MaxValueValidator(3660)]
    )
    unreachable_days = models.PositiveSmallIntegerField(
        _("联系不上须在不同日期尝试(天)"), default=3, validators=[MaxValueValidator(30)]
    )
    do_not_disturb_max_days = models.PositiveSmallIntegerField(
        _("勿扰最长(天)"), default=365, validators=[MaxValueValidator(3660)]
    )
    answer = models.CharField(_("对违反保护的走访"), max_length=8, choices=Answer, default=Answer.REASON)
    photo = models.CharField(_("照片"), max_length=10, choices=Evidence, default=Evidence.OPTIONAL)
    location = models.CharField(_("位置"), max_length=10, choices=Evidence, default=Evidence.OPTIONAL)
    photo_kept_days = models.PositiveSmallIntegerField(
        _("照片保存(天)"), default=365, validators=[MaxValueValidator(3660)]
    )
    source = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("走访规则")
        ordering = ("-effective_from", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["district", "effective_from"], nulls_distinct=False, name="visit_policy_once_per_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.district or _('全市')} {self.effective_from}"


class DoNotDisturb(models.Model):
    """勿扰: the owner asked not to be visited through `until_on`. A later wish lifts the one before and stands as a new row."""

    business = models.ForeignKey(
        Business, models.PROTECT, related_name="do_not_disturb", verbose_name=_("经营主体")
    )
    starts_at = models.DateTimeField(_("提出时间"))
    until_on = models.DateField(_("勿扰至(含)"))
    reason = models.CharField(_("说明"), max_length=200, blank=True)
    asked_by = models.ForeignKey(  # null: the owner, on their own phone
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代为登记")
    )
    lifted_at = models.DateTimeField(_("解除时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("勿扰登记")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["business"], condition=Q(lifted_at__isnull=True), name="do_not_disturb_one_open"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("starts_at")),
                name="do_not_disturb_lifted_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business} {self.until_on}"
