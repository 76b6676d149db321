"""A batch of codes: issued and drawn by a worker, for thousands of doors at once."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from visits.codes.models import Code


class CodeBatch(models.Model):
    """What somebody asked to be printed. The row is the queue: a worker claims it until `claimed_until`, and a claim
    that ran out is free again, so a killed worker delays and loses nothing."""

    class State(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("制作中")
        DONE = "done", _("已完成")
        CANCELLED = "cancelled", _("已取消")
        FAILED = "failed", _("未完成")

    OPEN = (State.WAITING, State.RUNNING)

    kind = models.CharField(_("类别"), max_length=10, choices=Code.Kind)
    title = models.CharField(_("范围"), max_length=200)
    selection = models.TextField(blank=True, editable=False)  # the query string it was asked by
    district = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("区")
    )
    # live codes that expire until then are replaced, not only printed again
    renew_before = models.DateTimeField(_("换发此前到期的"), null=True, blank=True)
    reason = models.CharField(_("换发原因"), max_length=200, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    progress_pct = models.PositiveSmallIntegerField(_("进度 %"), default=0)
    total = models.PositiveIntegerField(_("总数"))
    settled = models.PositiveIntegerField(_("已核对"), default=0)
    made = models.PositiveIntegerField(_("新制"), default=0)
    printed = models.PositiveIntegerField(_("印出"), default=0)
    pages = models.PositiveIntegerField(_("页数"), default=0)
    file_bytes = models.PositiveIntegerField(_("文件大小"), default=0)
    notes = models.JSONField(_("说明"), default=list, blank=True)  # sentences
    problem = models.CharField(_("问题"), max_length=500, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发起人"))
    started_at = models.DateTimeField(_("发起时间"))
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    file_until = models.DateTimeField(_("文件保留至"), null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    claims = models.PositiveSmallIntegerField(default=0, editable=False)  # since it last got on

    class Meta:
        verbose_name = verbose_name_plural = _("批量制发")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "cancelled", "failed"], finished_at__isnull=False),
                name="code_batch_finished_or_open",
            ),
            models.CheckConstraint(
                condition=Q(file_bytes=0, file_until__isnull=True)
                | Q(file_bytes__gt=0, file_until__isnull=False, state="done"),
                name="code_batch_file_belongs_to_done",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CodeBatchItem(models.Model):
    """One door, officer or grid of a batch, in the order of printing; fixed when the batch was asked for."""

    batch = models.ForeignKey(CodeBatch, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    subject_id = models.BigIntegerField()  # of the batch's kind; no constraint: one that has gone is skipped
    code = models.ForeignKey(Code, models.SET_NULL, null=True, related_name="batch_items")
    is_settled = models.BooleanField(default=False)  # without a code: skipped

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="code_batch_item_position"),
            models.CheckConstraint(
                condition=Q(code__isnull=True) | Q(is_settled=True), name="code_batch_item_code_is_settled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"


class CodeBatchPart(models.Model):
    """A slice of the PDF, so that a download never holds the whole of it."""

    batch = models.ForeignKey(CodeBatch, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="code_batch_part_number")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"
