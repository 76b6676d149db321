"""People and organisations. Roles and what they may do are in `accounts.roles`; who sees what is in `accounts.access`."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.idempotency_record import IdempotencyRecord  # noqa: F401  a table of this app
from accounts.roles import WORKS_IN_ADMIN, Role


class Organisation(models.Model):
    """City, district, subdistrict, bank or branch; another city replaces the rows by `import_organisations`."""

    class Kind(models.TextChoices):
        CITY = "city", _("市")
        DISTRICT = "district", _("区")
        SUBDISTRICT = "subdistrict", _("街道(镇)")
        BANK = "bank", _("银行")
        BRANCH = "branch", _("支行(网点)")

    code = models.CharField(_("代码"), max_length=32, unique=True, help_text=_("区划用 GB/T 2260 代码"))
    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类别"), max_length=16, choices=Kind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级机构")
    )
    district = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("所在区"),
        help_text=_("网点所在的区"),
    )
    # old names and old GB/T 2260 codes that still stand in registers, e.g. 闸北 and 310108 for 静安
    aliases = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("别名与旧代码")
    )
    email = models.EmailField(_("通知邮箱"), blank=True)
    # when letters may leave for this place; empty: as the site says (ALERT_FROM_HOUR, ALERT_UNTIL_HOUR)
    letters_from_hour = models.PositiveSmallIntegerField(_("提醒最早发送(时)"), null=True, blank=True)
    letters_until_hour = models.PositiveSmallIntegerField(_("提醒最晚发送(时)"), null=True, blank=True)
    is_written_to_on_rest_days = models.BooleanField(_("休息日也发送提醒"), default=True)
    phone = models.CharField(_("电话"), max_length=40, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("机构")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="city") | Q(kind="bank") | Q(parent__isnull=False),
                name="organisation_below_city_or_bank_has_parent",
            ),
            models.CheckConstraint(
                condition=Q(letters_from_hour__isnull=True, letters_until_hour__isnull=True)
                | Q(
                    letters_from_hour__isnull=False,
                    letters_until_hour__isnull=False,
                    letters_until_hour__gt=F("letters_from_hour"),
                    letters_until_hour__lte=24,
                ),
                name="organisation_letter_hours_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class People(UserManager):
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields
    ):
        fields.setdefault("role", Role.SYSTEM_ADMIN)
        return super().create_superuser(username, email, password, **fields)


class User(AbstractUser):
    """One person, one account; never shared."""

    first_name = None
    last_name = None
    name = models.CharField(_("姓名"), max_length=60)
    staff_number = models.CharField(_("工号"), max_length=40, blank=True)
    role = models.CharField(_("岗位"), max_length=24, choices=Role)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("所属机构")
    )
    phone = models.CharField(_("电话"), max_length=40, blank=True)
    # letters: in which language, who gets them while this person is away (both days included), which are not wanted
    letters_language = models.CharField(
        _("提醒邮件的语言"), max_length=10, choices=settings.LANGUAGES, blank=True
    )
    away_from = models.DateField(_("外出自"), null=True, blank=True)
    away_until = models.DateField(_("外出至(含)"), null=True, blank=True)
    substitute = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代收人")
    )
    muted_steps = ArrayField(models.CharField(max_length=20), default=list, blank=True, editable=False)

    objects = People()
    REQUIRED_FIELDS = ["email"]

    class Meta(AbstractUser.Meta):
        verbose_name = verbose_name_plural = _("人员")
        constraints = [
            models.CheckConstraint(
                condition=Q(away_from__isnull=True, away_until__isnull=True)
                | Q(
                    away_from__isnull=False,
                    away_until__isnull=False,
                    substitute__isnull=False,
                    away_until__gte=F("away_from"),
                ),
                name="user_away_has_days_and_substitute",
            ),
            models.CheckConstraint(
                condition=Q(substitute__isnull=True) | ~Q(substitute=F("id")),
                name="user_no_substitute_of_self",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args, **kwargs) -> None:
        self.is_staff = self.role in WORKS_IN_ADMIN
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @cached_property
    def bank(self) -> Organisation | None:
        """The bank this person works for, whether at head office or at a branch."""
        place = self.organisation
        if place and place.kind == Organisation.Kind.BRANCH:
            place = place.parent
        return place if place and place.kind == Organisation.Kind.BANK else None

    @cached_property
    def district(self) -> Organisation | None:
        """The district this person works in: that of the team, of the subdistrict or of the branch."""
        place = self.organisation
        if place is None or place.kind == Organisation.Kind.DISTRICT:
            return place
        return place.parent if place.kind == Organisation.Kind.SUBDISTRICT else place.district
