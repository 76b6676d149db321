"""Deleting files nobody has fetched for long, and what old batches printed."""

from datetime import datetime, timedelta

from accounts.purging import delete_in_batches
from visits.codes.batches.models import CodeBatch, CodeBatchItem, CodeBatchPart

BATCHES_KEPT = timedelta(
    days=400
)  # longer than any code lives: until then all of a stolen pile can be revoked


def purge_batches(*, now: datetime) -> dict[str, int]:
    """{"code_files", "code_batches"}: how many went. The codes themselves stay."""
    stale = CodeBatch.objects.filter(file_until__lte=now)
    pks = list(stale.values_list("pk", flat=True))
    delete_in_batches(CodeBatchPart.objects.filter(batch__in=pks))
    stale.filter(pk__in=pks).update(file_bytes=0, file_until=None)
    old = CodeBatch.objects.filter(finished_at__lt=now - BATCHES_KEPT)
    delete_in_batches(CodeBatchItem.objects.filter(batch__in=old))
    gone = old.count()
    old.delete()
    return {"code_files": len(pks), "code_batches": gone}
