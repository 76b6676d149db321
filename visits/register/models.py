"""The register of businesses, the lists they stand on, and who is to visit them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from visits.register.fields import SearchGramsField, SearchNameField


class Grid(models.Model):
    """A 网格: the smallest area of a district that one officer walks."""

    code = models.CharField(_("网格编号"), max_length=32, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    district = models.ForeignKey(Organisation, models.PROTECT, related_name="grids", verbose_name=_("区"))
    subdistrict = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("街道(镇)")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("网格")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class BusinessList(models.Model):
    """One of the eight work lists (8类清单); data, because policy renames and adds them."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)
    as_of = models.DateField(_("名单日期"), null=True, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("清单")
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name


class ImportRun(models.Model):
    """One run of `import_register`, whoever started it; visible in the admin while it runs."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        RUNNING = "running", _("导入中")
        DONE = "done", _("完成")
        REFUSED = "refused", _("文件不可用")
        INTERRUPTED = "interrupted", _("中断")

    file_name = models.CharField(_("文件"), max_length=255)
    path = models.CharField(max_length=500, blank=True)
    list = models.ForeignKey(BusinessList, models.PROTECT, null=True, blank=True, verbose_name=_("清单"))
    as_of = models.DateField(_("名单日期"), null=True, blank=True)
    is_dry_run = models.BooleanField(_("仅检查"), default=False)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.WAITING)
    progress_pct = models.PositiveSmallIntegerField(_("进度 %"), default=0)
    # read = created + updated + unchanged + rejected + headers
    read = models.PositiveIntegerField(_("读入"), default=0)
    created = models.PositiveIntegerField(_("新增"), default=0)
    updated = models.PositiveIntegerField(_("更新"), default=0)
    unchanged = models.PositiveIntegerField(_("未变"), default=0)
    rejected = models.PositiveIntegerField(_("拒收"), default=0)
    headers = models.PositiveIntegerField(_("表头行"), default=0)
    duplicates = models.PositiveIntegerField(_("重复行"), default=0)
    conflicts = models.PositiveIntegerField(_("所属区有冲突"), default=0)
    listed = models.PositiveIntegerField(_("清单成员新增"), default=0)
    problem = models.CharField(_("问题"), max_length=500, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, verbose_name=_("发起人"))
    started_at = models.DateTimeField(_("开始"), null=True)
    finished_at = models.DateTimeField(_("结束"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("名录导入")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.file_name


class ImportRejection(models.Model):
    """A row that was not taken in, with its reason."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rejections")
    line = models.PositiveIntegerField(_("行号"))
    field = models.CharField(_("字段"), max_length=40, blank=True)
    code = models.CharField(_("原因代码"), max_length=40)
    sentence = models.CharField(_("原因"), max_length=300)
    excerpt = models.CharField(_("原文摘录"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("拒收行")
        ordering = ("line", "id")
        indexes = [models.Index(fields=["run", "line"])]

    def __str__(self) -> str:
        return _("第 %(line)d 行") % {"line": self.line}


class Business(models.Model):
    """经营主体: one row per unified social credit code (GB 32100-2015), whatever the name is today."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("企业")
        SOLE_TRADER = "sole_trader", _("个体工商户")
        COOPERATIVE = "cooperative", _("农民专业合作社")
        FAMILY_FARM = "family_farm", _("家庭农场")
        OTHER = "other", _("其他")

    class Status(models.TextChoices):
        ACTIVE = "active", _("存续")
        CLOSED = "closed", _("注销或吊销")
        UNKNOWN = "unknown", _("未知")

    class DistrictSource(models.TextChoices):
        """What the operating district was read from; `hand` is a transfer between districts."""

        COLUMN = "column", _("地区栏")
        ADDRESS = "address", _("地址")
        AUTHORITY = "authority", _("登记机关")
        HAND = "hand", _("人工认定")
        NONE = "none", _("未能认定")

    # Unique by a constraint and not by unique=True: with collation C one index serves equality and prefixes, and
    # Django makes no second one for LIKE.
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, db_collation="C")
    is_legacy_code = models.BooleanField(_("旧注册号"), default=False, help_text=_("15位工商注册号"))
    name = models.CharField(_("名称"), max_length=200, help_text=_("按来源原样保存"))
    name_search = SearchNameField(editable=False)
    search_grams = SearchGramsField(models.IntegerField(), default=list, editable=False)
    kind = models.CharField(_("类型"), max_length=16, choices=Kind)
    status = models.CharField(_("登记状态"), max_length=8, choices=Status, default=Status.UNKNOWN)
    registered_type = models.CharField(_("登记类型"), max_length=80, blank=True)
    registered_on = models.DateField(_("注册日期"), null=True, blank=True)
    representative = models.CharField(_("法定代表人(经营者)"), max_length=80, blank=True)
    capital_text = models.CharField(_("注册资金(原文)"), max_length=80, blank=True)
    capital_amount = models.DecimalField(
        _("注册资金"), max_digits=20, decimal_places=2, null=True, blank=True
    )
    capital_currency = models.CharField(_("币种"), max_length=3, blank=True)
    scope_text = models.TextField(_("经营范围"), blank=True)
    province_text = models.CharField(_("省份(原文)"), max_length=40, blank=True)
    district_text = models.CharField(_("地区(原文)"), max_length=40, blank=True)
    address = models.CharField(_("地址"), max_length=300, blank=True)
    district = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, verbose_name=_("经营所在区")
    )
    district_source = models.CharField(
        _("所在区依据"), max_length=10, choices=DistrictSource, default=DistrictSource.NONE
    )
    district_conflict = models.CharField(_("所在区冲突"), max_length=120, blank=True)
    grid = models.ForeignKey(Grid, models.SET_NULL, null=True, blank=True, verbose_name=_("网格"))
    phone = models.CharField(_("联系电话"), max_length=40, blank=True)
    lat = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    lon = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    # of the register row as given, the import rules and the gazetteer: an equal digest needs no second reading
    source_digest = models.BigIntegerField(null=True, editable=False)
    # No constraint in the database: it would ask once per row, a million times for one run.
    imported_by = models.ForeignKey(
        ImportRun, models.SET_NULL, null=True, blank=True, db_index=False, db_constraint=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("经营主体")
        indexes = [GinIndex(fields=["search_grams"], name="business_search_grams")]
        constraints = [
            models.UniqueConstraint(fields=["credit_code"], name="business_credit_code"),
            models.CheckConstraint(
                condition=Q(capital_amount__isnull=True, capital_currency="")
                | Q(capital_amount__isnull=False, capital_currency__gt=""),
                name="business_capital_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(district__isnull=True, district_source="none")
                | Q(district__isnull=False) & ~Q(district_source="none"),
                name="business_district_has_source",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, update_fields=None, **kwargs) -> None:
        if update_fields is not None and {"name", "credit_code"} & set(update_fields):
            update_fields = {*update_fields, "name_search", "search_grams"}
        super().save(*args, update_fields=update_fields, **kwargs)


class ListMembership(models.Model):
    """A business on one of the lists."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="memberships")
    list = models.ForeignKey(BusinessList, models.PROTECT, related_name="memberships", verbose_name=_("清单"))
    as_of = models.DateField(_("名单日期"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("清单成员")
        constraints = [models.UniqueConstraint(fields=["business", "list"], name="business_once_per_list")]

    def __str__(self) -> str:
        return f"{self.business} · {self.list}"


class Assignment(models.Model):
    """Who visits list × grid (网格化+清单式): a bank, and of it a branch and an officer once they are known."""

    list = models.ForeignKey(BusinessList, models.PROTECT, related_name="assignments", verbose_name=_("清单"))
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="assignments", verbose_name=_("网格"))
    bank = models.ForeignKey(Organisation, models.PROTECT, related_name="assignments", verbose_name=_("银行"))
    officer = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="assignments", verbose_name=_("走访人员")
    )
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("走访分配")
        constraints = [
            models.UniqueConstraint(
                fields=["list", "grid"], condition=Q(ends_on__isnull=True), name="assignment_one_lead_bank"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="assignment_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list} · {self.grid} · {self.bank}"
