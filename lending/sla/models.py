"""Calendar, policies, running clocks and the alert ledger."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from lending.case import FinancingCase
from lending.sla import kinds
from lending.sla.kinds import DeadlineKind


class CalendarYear(models.Model):
    """A year whose rest days are known, with the notice they come from; a year without a row is provisional."""

    year = models.PositiveSmallIntegerField(_("年份"), primary_key=True)
    version = models.PositiveSmallIntegerField(_("版次"), default=1)
    source = models.CharField(_("来源"), max_length=200)
    imported_at = models.DateTimeField(_("导入时间"))
    # who made the latest version and what for, as the receipts of the clocks it moves will say
    changed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("维护人")
    )
    change = models.CharField(_("变更"), max_length=200, blank=True)
    # open clocks have followed up to this version; behind `version`, the next tick has work to do
    recomputed_version = models.PositiveSmallIntegerField(_("已重算至版次"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("日历年度")
        ordering = ("-year",)

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that the year's notice names: a rest day, or a make-up working day at the weekend."""

    day = models.DateField(_("日期"), primary_key=True)
    is_workday = models.BooleanField(_("上班"))
    name = models.CharField(_("说明"), max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("节假日与调休")
        ordering = ("-day",)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class DeadlinePolicy(models.Model):
    """How long; effective-dated, by district and programme. The policy in force when a clock started keeps ruling it."""

    class Unit(models.TextChoices):
        DAYS = "days", _("日")
        MONTHS = "months", _("月")

    class Start(models.TextChoices):
        PUSH = "push", _("推送")
        RECEIPT = "receipt", _("接收")
        COMPLETE = (
            "complete",
            _("材料齐全"),
        )  # not offered by the admin: nothing says yet that papers are complete

    kind = models.CharField(_("时限"), max_length=20, choices=DeadlineKind)
    district = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, verbose_name=_("适用区")
    )
    programme = models.CharField(_("适用清单或专项"), max_length=40, blank=True)
    length = models.PositiveSmallIntegerField(
        _("长度"), validators=[MinValueValidator(1), MaxValueValidator(3660)]
    )
    unit = models.CharField(_("单位"), max_length=8, choices=Unit, default=Unit.DAYS)
    is_working_days = models.BooleanField(_("按工作日"), default=False)
    is_rolled_forward = models.BooleanField(_("遇休息日顺延"), default=False)
    starts_at = models.CharField(_("起算点"), max_length=10, choices=Start, default=Start.PUSH)
    effective_from = models.DateField(_("施行日期"))
    effective_until = models.DateField(_("施行至(含)"), null=True, blank=True, help_text=_("空白为长期有效"))
    source = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("办理时限规则")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "district", "programme", "effective_from"],
                nulls_distinct=False,
                name="policy_once_per_day",
            ),
            models.CheckConstraint(condition=Q(length__gt=0), name="policy_length_positive"),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gte=F("effective_from")),
                name="policy_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(unit="days") | Q(unit="months", is_working_days=False),
                name="policy_months_are_calendar",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.length}{self.get_unit_display()} · {self.effective_from}"


class Deadline(models.Model):
    """One clock: of a case, binding one organisation. Overdue when `now >= due_at` (`due_at` is exclusive)."""

    class State(models.TextChoices):
        RUNNING = "running", _("计时中")
        BREACHED = "breached", _("已超期")  # still open, and late
        MET = "met", _("按期办结")
        MET_LATE = "met_late", _("超期办结")
        CANCELLED = "cancelled", _("终止计时")

    OPEN = ("running", "breached")

    case = models.ForeignKey(FinancingCase, models.PROTECT, related_name="deadlines")
    kind = models.CharField(_("时限"), max_length=20, choices=DeadlineKind)
    bound = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("责任机构"))
    policy = models.ForeignKey(DeadlinePolicy, models.PROTECT, related_name="+", verbose_name=_("适用规则"))
    started_at = models.DateTimeField(_("起算时间"))
    due_at = models.DateTimeField(_("到期时间"))
    is_provisional = models.BooleanField(_("暂定"), default=False)
    receipt = models.JSONField(_("依据"), default=dict)  # how `due_at` came about, as `sla.receipts.receipt`
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.RUNNING)
    breached_at = models.DateTimeField(_("超期记录时间"), null=True)
    stopped_at = models.DateTimeField(_("停止时间"), null=True)
    # the next moment the sweep has something to do here; null when stopped
    next_look_at = models.DateTimeField(null=True)
    steps_done = models.PositiveSmallIntegerField(default=0)  # how far up the ladder

    class Meta:
        verbose_name = verbose_name_plural = _("办理时限")
        indexes = [
            models.Index(
                fields=["next_look_at"], condition=Q(next_look_at__isnull=False), name="deadline_next_look"
            ),
            models.Index(
                fields=["bound", "due_at"], condition=Q(stopped_at__isnull=True), name="deadline_open"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(due_at__gt=F("started_at")), name="deadline_due_after_start"),
            models.CheckConstraint(
                condition=Q(state__in=("running", "breached"), stopped_at__isnull=True)
                | Q(
                    state__in=("met", "met_late", "cancelled"),
                    stopped_at__isnull=False,
                    next_look_at__isnull=True,
                ),
                name="deadline_stopped_has_time",
            ),
            models.UniqueConstraint(
                fields=["case", "kind", "bound"],
                condition=Q(stopped_at__isnull=True),
                name="deadline_one_open_per_case_kind_bound",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case.number} {self.get_kind_display()}"

    def is_overdue(self, now: datetime) -> bool:
        return self.stopped_at is None and now >= self.due_at


class Alert(models.Model):
    """The ledger: one row per letter owed, written in the transaction that owes it, *before* anything is sent."""

    Step = kinds.Step

    class State(models.TextChoices):
        PENDING = "pending", _("待发")
        SENT = "sent", _("已发")
        GIVEN_UP = "given_up", _("放弃")
        DROPPED = "dropped", _("无需再发")  # the clock stopped or its due date moved before the letter left

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="alerts", verbose_name=_("时限"))
    due_at = models.DateTimeField(
        _("到期时间")
    )  # as it was when the alert was owed; a changed due date alerts again
    step = models.CharField(_("级别"), max_length=20, choices=Step)
    recipient = models.EmailField(_("收件人"))
    recipient_user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("机构"))
    why = models.CharField(_("发送理由"), max_length=200)
    channel = models.CharField(_("渠道"), max_length=10, default="email")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(_("生成时间"))
    send_after = models.DateTimeField(_("最早发送"))
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    last_error = models.CharField(_("最近一次失败"), max_length=300, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(_("发出时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("提醒台账")
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["send_after"], condition=Q(state="pending"), name="alert_pending"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["deadline", "due_at", "step", "recipient", "channel"],
                name="alert_once_per_step_and_due_date",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at__isnull=True),
                name="alert_sent_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} → {self.recipient}"


class Sweep(models.Model):
    """One pass, so that everybody can see when the clocks were last looked at."""

    at = models.DateTimeField(_("时间"), db_index=True)
    took_ms = models.PositiveIntegerField(_("用时(毫秒)"))
    warned = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    escalated = models.PositiveIntegerField(default=0)
    queued = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("时限巡检")
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC"
