"""What owners tell us without an account: a need of their own, a visitor who seems wrong, a complaint."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from visits.codes.models import Code
from visits.field.models import FinancingNeed
from visits.register.models import Business


class OwnerDeclaration(models.Model):
    """One form that an owner sent alone. The id comes with the form, so a repeat is recognised and answered as the
    first time."""

    id = models.UUIDField(primary_key=True)
    need = models.OneToOneField(FinancingNeed, models.PROTECT, related_name="declaration")
    code = models.ForeignKey(  # of the door it was declared at; null: behind the link of a case
        Code, models.PROTECT, null=True, blank=True, related_name="+"
    )
    content_digest = models.CharField(max_length=64)
    # what lending answered; the path is empty where the need joined a case that somebody else may follow already
    case_number = models.CharField(_("办件编号"), max_length=24, blank=True, db_index=True)
    follow_path = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("企业主申报")

    def __str__(self) -> str:
        return str(self.need)


class OwnerReport(models.Model):
    """A suspicious visit reported from the page behind a code, or a complaint from the page of a case.

    The district's team answers; the answer is read where the report was made. `form_id` comes with the form: a repeat
    is no second report, and for whoever reported behind a code it is the way back to the answer.
    """

    class Kind(models.TextChoices):
        SUSPICIOUS = "suspicious", _("可疑走访")
        COMPLAINT = "complaint", _("投诉")
        DISOWNED = "disowned", _("否认申报")  # "this need is not mine"

    form_id = models.UUIDField(unique=True, editable=False, default=uuid4)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    code = models.ForeignKey(Code, models.PROTECT, null=True, blank=True, related_name="+")
    officer = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("涉及人员")
    )
    business = models.ForeignKey(
        Business, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经营主体")
    )
    district = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("区")
    )
    case_number = models.CharField(_("办件编号"), max_length=24, blank=True, db_index=True)
    text = models.CharField(_("内容"), max_length=1000)
    contact = models.CharField(_("联系方式"), max_length=60, blank=True)
    made_at = models.DateTimeField(_("提出时间"))
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("答复人")
    )
    answer = models.CharField(_("答复"), max_length=1000, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("举报与投诉")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False, answer__gt=""),
                name="owner_report_answered_at_by_and_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"

    @property
    def reference(self) -> str:
        """What is told on the telephone: JB-000012, TS-000013."""
        return f"{'JB' if self.kind == self.Kind.SUSPICIOUS else 'TS'}-{self.pk:06d}"
