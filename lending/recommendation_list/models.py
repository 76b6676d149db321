"""推荐清单: issued, numbered and frozen; each item is pushed to one bank and starts that bank's clock."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from lending.case import FinancingCase
from lending.sla.models import Deadline


class RecommendationList(models.Model):
    """Frozen from the moment it exists: a database trigger refuses changes to it."""

    number = models.CharField(_("清单编号"), max_length=40, unique=True)
    district = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("区"))
    issued_at = models.DateTimeField(_("发布时间"))
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发布人"))
    items_count = models.PositiveIntegerField(_("户数"))
    digest = models.CharField(
        _("清单摘要"), max_length=64
    )  # SHA-256 over the frozen items, printed on the list

    class Meta:
        verbose_name = verbose_name_plural = _("推荐清单")
        ordering = ("-issued_at",)

    def __str__(self) -> str:
        return self.number


class Recommendation(models.Model):
    """One case recommended to one bank. 推荐不等于承诺放贷: the bank decides by itself."""

    class State(models.TextChoices):
        PUSHED = "pushed", _("待接收")
        RECEIVED = "received", _("待对接")
        CONTACTED = "contacted", _("待决定")
        CONFIRMING = "confirming", _("待专班确认")  # the bank says: no need, unreachable …; the clock goes on
        DECIDED = "decided", _("已决定")
        WITHDRAWN = "withdrawn", _("已撤回")

    OPEN = ("pushed", "received", "contacted", "confirming")

    list = models.ForeignKey(RecommendationList, models.PROTECT, related_name="items", verbose_name=_("清单"))
    case = models.ForeignKey(
        FinancingCase, models.PROTECT, related_name="recommendations", verbose_name=_("办件")
    )
    bank = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("银行"))
    branch = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("承办网点")
    )
    deadline = models.OneToOneField(
        Deadline, models.PROTECT, related_name="recommendation", verbose_name=_("时限")
    )
    # what the bank was told, as it stood when the list was issued: need, business facts, review findings, credit items
    snapshot = models.JSONField(_("推送内容"))
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PUSHED)
    pushed_at = models.DateTimeField(_("推送时间"))
    received_at = models.DateTimeField(_("接收时间"), null=True, blank=True)
    received_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    contacted_at = models.DateTimeField(_("对接时间"), null=True, blank=True)
    # the bank says that nothing is missing any more: where the policy counts from there, the clock does
    documents_complete_at = models.DateTimeField(_("材料齐全时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("推荐办理")
        ordering = ("pushed_at",)
        indexes = [
            models.Index(fields=["bank", "state", "pushed_at"]),
            # all that figures count by, so that a million pushes are counted without reading their snapshots
            models.Index(
                fields=["pushed_at"],
                include=["id", "case", "deadline", "list", "bank", "state"],
                name="recommendation_counted",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "bank"],
                condition=Q(state__in=("pushed", "received", "contacted", "confirming")),
                name="recommendation_one_open_per_case_and_bank",
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True, received_by__isnull=True)
                | Q(received_at__isnull=False, received_by__isnull=False, received_at__gte=F("pushed_at")),
                name="recommendation_received_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(contacted_at__isnull=True) | Q(contacted_at__gte=F("pushed_at")),
                name="recommendation_contact_after_push",
            ),
            models.CheckConstraint(
                condition=Q(documents_complete_at__isnull=True)
                | Q(documents_complete_at__gte=F("pushed_at")),
                name="recommendation_documents_after_push",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}"
