"""The remembered answer to a POST that carried `X-Idempotency-Key`."""

from django.db import models
from django.db.models import Q


class IdempotencyRecord(models.Model):
    """One key of one caller. `status` is null while the first request is still running."""

    caller = models.CharField(max_length=64)  # "user:<pk>" or "anonymous:<hash>"
    key = models.CharField(max_length=128)
    body_digest = models.CharField(
        max_length=64
    )  # method, path and body: the same key with another is refused
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=80, blank=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once_per_caller"),
            models.CheckConstraint(
                condition=Q(status__isnull=True, body__isnull=True)
                | Q(status__isnull=False, body__isnull=False),
                name="idempotency_answer_whole_or_absent",
            ),
        ]
