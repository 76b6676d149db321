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
        COMPLETE = "complete", _("材料齐全")

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
    max_suspension_days = models.PositiveSmallIntegerField(
        _("补件暂停上限(天)"), default=0, help_text=_("一笔办件累计最多可暂停的自然日;0为不可暂停")
    )
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


class PolicyStep(models.Model):
    """One letter of a policy's own ladder; a policy without any goes by `ladder.LADDERS` of its kind.

    `days` counts from the due time, the midnight after the last day: −6 is the beginning of the day that says 剩 5 天,
    −1 of the last day, 0 the due time. Of `Step.NAG` it is the period in days after the last other step.
    """

    policy = models.ForeignKey(
        DeadlinePolicy, models.CASCADE, related_name="steps", verbose_name=_("办理时限规则")
    )
    step = models.CharField(_("级别"), max_length=20, choices=kinds.Step)
    days = models.SmallIntegerField(_("距到期时刻(天)"))
    to = models.CharField(_("收件人"), max_length=16, choices=kinds.Audience)

    class Meta:
        verbose_name = verbose_name_plural = _("提醒级别")
        ordering = ("days", "pk")
        constraints = [
            models.UniqueConstraint(fields=["policy", "step", "to"], name="policy_step_once_per_audience"),
            models.CheckConstraint(condition=~Q(step="nag") | Q(days__gt=0), name="policy_nag_has_period"),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} → {self.get_to_display()}"


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
    # which branch of the bank has the case; null is head office. Follows `Recommendation.branch` (`services.hand_over`)
    branch = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    policy = models.ForeignKey(DeadlinePolicy, models.PROTECT, related_name="+", verbose_name=_("适用规则"))
    started_at = models.DateTimeField(_("起算时间"))
    due_at = models.DateTimeField(_("到期时间"))
    is_provisional = models.BooleanField(_("暂定"), default=False)
    receipt = models.JSONField(_("依据"), default=dict)  # how `due_at` came about, as `sla.receipts.receipt`
    # the running suspension ends by itself at this moment; nothing is owed before. Null: not suspended, or never
    suspended_until = models.DateTimeField(_("暂停至"), null=True, blank=True)
    suspended_days = models.PositiveSmallIntegerField(
        _("暂停天数"), default=0
    )  # of all suspensions, in `due_at` already
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
            # all that figures count by, so that a million clocks are counted without reading their receipts
            models.Index(
                fields=["id"],
                include=["due_at", "stopped_at", "state", "is_provisional", "suspended_until"],
                condition=Q(kind="bank_decision"),
                name="deadline_counted",
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


class Suspension(models.Model):
    """补件: days that do not count, asked for by the bank with a reason, granted or refused by the panel.

    Granted on day A for n days, the days A+1 … A+n do not count (the day of the consent does, as the day of a push
    does not), and the clock goes on by itself; papers that are complete earlier, or a decision, end it that day. Only
    an open request or a running suspension can stand in the way of another.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("待专班同意")
        REFUSED = "refused", _("未同意")
        # until `until_on`, or until it is ended; afterwards the row says ENDED
        GRANTED = "granted", _("暂停中")
        ENDED = "ended", _("已恢复")
        # by the bank, or because the clock stopped before anybody answered
        CANCELLED = "cancelled", _("已撤回")

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="suspensions", verbose_name=_("时限"))
    papers = models.CharField(_("要补的材料"), max_length=300)
    reason = models.CharField(_("理由"), max_length=300)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ASKED)
    asked_days = models.PositiveSmallIntegerField(_("申请天数"))
    asked_at = models.DateTimeField(_("申请时间"))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    decided_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("答复人")
    )
    decided_note = models.CharField(_("答复说明"), max_length=300, blank=True)
    # the days that do not count: after `from_on`, up to and including `until_on`; shortened when it ends earlier
    from_on = models.DateField(_("暂停自(不含)"), null=True, blank=True)
    until_on = models.DateField(_("暂停至(含)"), null=True, blank=True)
    ended_at = models.DateTimeField(_("恢复时间"), null=True, blank=True)
    ended_why = models.CharField(_("恢复原因"), max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("补件暂停")
        ordering = ("asked_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["deadline"], condition=Q(state__in=("asked", "granted")), name="suspension_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("asked", "cancelled"), from_on__isnull=True)
                | Q(state="refused", from_on__isnull=True, decided_at__isnull=False, decided_by__isnull=False)
                | Q(
                    state__in=("granted", "ended"),
                    from_on__isnull=False,
                    until_on__isnull=False,
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    until_on__gte=F("from_on"),
                ),
                name="suspension_state_has_its_facts",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False)
                | ~Q(state="ended") & Q(ended_at__isnull=True),
                name="suspension_ended_has_time",
            ),
            models.CheckConstraint(condition=Q(asked_days__gt=0), name="suspension_asks_for_days"),
        ]

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.get_state_display()}"


class Alert(models.Model):
    """The ledger: one row per letter owed, written in the transaction that owes it, *before* anything is sent."""

    Step = kinds.Step

    class State(models.TextChoices):
        PENDING = "pending", _("待发")
        SENT = "sent", _("已发")  # the server accepted it
        DELIVERED = "delivered", _("已送达")  # a report says that it lies in the mailbox
        BOUNCED = "bounced", _("退信")  # a report says that it does not
        GIVEN_UP = "given_up", _("放弃")
        DROPPED = "dropped", _("无需再发")  # the clock stopped or its due date moved before the letter left

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="alerts", verbose_name=_("时限"))
    due_at = models.DateTimeField(
        _("到期时间")
    )  # as it was when the alert was owed; a changed due date alerts again
    step = models.CharField(_("级别"), max_length=20, choices=Step)
    round = models.PositiveSmallIntegerField(default=0)  # of `Step.NAG`, the how manieth; else 0
    recipient = models.EmailField(_("收件人"))
    recipient_user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("机构"))
    # who is away and has named this recipient to stand in
    instead_of = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("代收")
    )
    why = models.CharField(_("发送理由"), max_length=200)  # in Chinese; `why_code` says it again in English
    why_code = models.CharField(max_length=20, blank=True)
    channel = models.CharField(_("渠道"), max_length=10, default="email")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(_("生成时间"))
    send_after = models.DateTimeField(_("最早发送"))
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    last_error = models.CharField(_("最近一次失败"), max_length=300, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(_("发出时间"), null=True)
    reported_at = models.DateTimeField(_("回执时间"), null=True, blank=True)  # of the last delivery report
    report = models.CharField(_("送达回执"), max_length=300, blank=True)
    # one entry for each time it was sent again by hand: {"at", "by", "reason", "state", "sent_at", "message_id", "error"}
    history = models.JSONField(_("重发记录"), default=list, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("提醒台账")
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["send_after"], condition=Q(state="pending"), name="alert_pending"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="alert_message_id"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["deadline", "due_at", "step", "recipient", "channel", "round"],
                name="alert_once_per_step_and_due_date",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("sent", "delivered", "bounced"), sent_at__isnull=False)
                | Q(state__in=("pending", "given_up", "dropped"), sent_at__isnull=True),
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


class DeliveryReport(models.Model):
    """What a mail system told about one of our mails (RFC 3464). Kept as it came; taking it twice changes nothing."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the report, so that a repeat is known
    message_id = models.CharField(_("邮件标识"), max_length=120, blank=True, db_index=True)
    recipient = models.CharField(_("收件人"), max_length=254, blank=True)
    action = models.CharField(
        _("结果"), max_length=12
    )  # as RFC 3464, 2.3.3: failed delayed delivered relayed expanded
    status = models.CharField(_("状态码"), max_length=20, blank=True)  # RFC 3463: 5.1.1
    diagnostic = models.CharField(_("说明"), max_length=300, blank=True)
    received_at = models.DateTimeField(_("收到时间"))
    alerts_count = models.PositiveIntegerField(_("涉及提醒"), default=0)  # 0: not one of our letters

    class Meta:
        verbose_name = verbose_name_plural = _("邮件回执")
        ordering = ("-received_at",)

    def __str__(self) -> str:
        return f"{self.recipient} {self.action} {self.status}"


class Stall(models.Model):
    """The sweep stood still: noticed and told by the web process, by a path that needs neither Redis nor a worker."""

    # the last pass before; unique, so that of several web processes one writes the letter. The epoch: none ever
    since = models.DateTimeField(_("最后一次巡检"), unique=True)
    noticed_at = models.DateTimeField(_("发现时间"))
    told = models.JSONField(_("已通知"), default=list)  # addresses whose mail the server accepted
    last_error = models.CharField(_("最近一次失败"), max_length=300, blank=True)
    ended_at = models.DateTimeField(_("恢复时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("巡检中断")
        ordering = ("-since",)

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M:%S} UTC"
