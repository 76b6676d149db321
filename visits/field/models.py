"""A visit, and the need that was met there."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organisation, User
from visits.codes.models import Code
from visits.register.models import Business


class Visit(models.Model):
    """走访. The phone makes the id, so a repeat of the same visit is recognised and answered as the first time."""

    class Mode(models.TextChoices):
        ON_SITE = "on_site", _("实地")
        PHONE = "phone", _("电话")
        ONLINE = "online", _("线上")

    class Outcome(models.TextChoices):
        NEED = "need", _("有融资需求")
        NO_NEED = "no_need", _("暂无需求")
        DEFERRED = "deferred", _("暂缓")
        UNREACHABLE = "unreachable", _("联系不上")
        WRONG_ADDRESS = "wrong_address", _("地址不符")
        CLOSED_DOWN = "closed_down", _("已歇业")
        REFUSED = "refused", _("拒绝走访")
        ALREADY_SERVED = "already_served", _("已有授信")

    class Channel(models.TextChoices):
        """How it reached us; a visit made without network arrives later than it was made."""

        FORM = "form", _("走访表单")
        API = "api", _("接口")
        OUTBOX = "outbox", _("离线补传")
        FILE = "file", _("文件导入")

    id = models.UUIDField(primary_key=True)
    business = models.ForeignKey(Business, models.PROTECT, related_name="visits", verbose_name=_("经营主体"))
    officer = models.ForeignKey(User, models.PROTECT, related_name="visits", verbose_name=_("走访人员"))
    # as they were at the visit: figures count by the organisation and district of the day, not of today
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("走访单位")
    )
    district = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("区")
    )
    code = models.ForeignKey(Code, models.PROTECT, null=True, blank=True, related_name="visits")
    is_code_typed = models.BooleanField(default=False)  # by hand, as anyone could from a photo; not scanned
    mode = models.CharField(_("方式"), max_length=8, choices=Mode)
    outcome = models.CharField(_("结果"), max_length=16, choices=Outcome)
    started_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"), null=True, blank=True)
    # the server's clock. The two above are the phone's, put right by `clock_skew_s` where that is more than minutes.
    recorded_at = models.DateTimeField(_("登记时间"))
    channel = models.CharField(_("来源"), max_length=8, choices=Channel, default=Channel.FORM)
    clock_skew_s = models.IntegerField(
        null=True
    )  # how far the phone's clock was behind ours when it sent; None: not told
    imported_by = models.ForeignKey(  # who brought the phone's file to a desk
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("导入人"),
    )
    lat = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)  # rounded to about 10 m
    lon = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    accuracy_m = models.PositiveIntegerField(null=True, blank=True)
    note = models.CharField(_("备注"), max_length=500, blank=True)
    # which protections of the owner this visit went against (`visits.protection.rules.Mark`), and why it was made
    protection_marks = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    protection_reason = models.CharField(_("仍要走访的理由"), max_length=200, blank=True)
    # what lending answered, kept so that a repeat gets the first answer
    case_number = models.CharField(_("办件编号"), max_length=24, blank=True, db_index=True)
    missing = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    reason = models.CharField(_("说明代码"), max_length=40, blank=True)
    content_digest = models.CharField(max_length=64)
    annulled_at = models.DateTimeField(pgettext_lazy("visit", "作废时间"), null=True, blank=True)
    annulled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    annulled_reason = models.CharField(pgettext_lazy("visit", "作废原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("走访记录")
        ordering = ("-recorded_at",)
        indexes = [
            models.Index(fields=["business", "-started_at"]),
            models.Index(fields=["officer", "-started_at"]),
            models.Index(fields=["district", "recorded_at"]),
            # firms are counted from this index alone, in its order: a million visits without a sort or a look at the table
            models.Index(
                fields=["business", "district", "recorded_at"],
                include=["outcome", "organisation"],
                condition=Q(annulled_at__isnull=True),
                name="visit_counted",
            ),
            models.Index(  # on how many days somebody was there in vain
                fields=["business", "started_at"],
                condition=Q(annulled_at__isnull=True, outcome="unreachable"),
                name="visit_in_vain",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="visit_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(annulled_at__isnull=True, annulled_by__isnull=True)
                | Q(annulled_at__isnull=False, annulled_by__isnull=False, annulled_reason__gt=""),
                name="visit_annulled_at_by_and_why",
            ),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lon__isnull=True) | Q(lat__isnull=False, lon__isnull=False),
                name="visit_location_whole_or_absent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business} {self.get_outcome_display()}"


class FinancingNeed(models.Model):
    """融资需求 as the owner told it; `amount_yuan` may still be open, then the case waits for it."""

    class Purpose(models.TextChoices):
        WORKING_CAPITAL = "working_capital", _("流动资金周转")
        PURCHASE = "purchase", _("采购原材料或货物")
        EQUIPMENT = "equipment", _("购置设备")
        RENOVATION = "renovation", _("装修改造")
        EXPANSION = "expansion", _("扩大经营")
        ORDERS = "orders", _("订单备货")
        WAGES = "wages", _("支付工资")
        RENEWAL = "renewal", _("续贷")
        RESEARCH = "research", _("研发投入")
        OTHER = "other", _("其他经营用途")

    class Guarantee(models.TextChoices):
        CREDIT = "credit", _("信用")
        GUARANTEE = "guarantee", _("保证")
        POLICY_GUARANTEE = "policy_guarantee", _("政策性担保")
        MORTGAGE = "mortgage", _("抵押")
        PLEDGE = "pledge", _("质押")
        IP_PLEDGE = "ip_pledge", _("知识产权质押")
        COMBINED = "combined", _("组合")
        UNDECIDED = "undecided", _("未定")

    class Urgency(models.TextChoices):
        WEEK = "week", _("一周内")
        MONTH = "month", _("一个月内")
        QUARTER = "quarter", _("三个月内")
        PLANNING = "planning", _("提前了解")

    # null: the owner declared it alone, behind the door code
    visit = models.OneToOneField(Visit, models.PROTECT, null=True, blank=True, related_name="need")
    business = models.ForeignKey(Business, models.PROTECT, related_name="needs")
    amount_yuan = models.DecimalField(
        _("需求金额(元)"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    purpose = models.CharField(_("用途"), max_length=20, choices=Purpose, blank=True)
    purpose_text = models.CharField(_("用途说明"), max_length=300, blank=True)
    term_months = models.PositiveSmallIntegerField(_("期限(月)"), null=True, blank=True)
    guarantee = models.CharField(_("担保方式"), max_length=20, choices=Guarantee, default=Guarantee.UNDECIDED)
    urgency = models.CharField(_("急迫程度"), max_length=10, choices=Urgency, default=Urgency.MONTH)
    preferred_banks = ArrayField(  # codes, the owner's first choice first
        models.CharField(max_length=32), default=list, blank=True, verbose_name=_("意向银行")
    )
    # whom the bank calls, as the notice says; the register of businesses has no telephone numbers
    contact_name = models.CharField(_("联系人"), max_length=60, blank=True)
    contact_phone = models.CharField(_("联系电话"), max_length=32, blank=True)
    declared_at = models.DateTimeField(_("提出时间"))
    # the owner said on their own phone that this need is theirs
    confirmed_at = models.DateTimeField(_("企业主确认时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("融资需求")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_yuan__isnull=True) | Q(amount_yuan__gt=0), name="need_amount_positive"
            )
        ]

    def __str__(self) -> str:
        return f"{self.business} {self.get_purpose_display()}".strip()
