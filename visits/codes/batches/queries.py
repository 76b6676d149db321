"""Reads about batches. Never writes."""

from collections.abc import Iterator

from accounts.access import visible_to
from accounts.models import User
from visits.codes.batches.models import CodeBatch, CodeBatchPart
from visits.errors import BatchFileGone

RECENT = 5


def recent(user: User) -> dict:
    """{"batches": the newest this person sees, "is_open": whether one of them is still being made}."""
    found = list(visible_to(user, CodeBatch).select_related("started_by")[:RECENT])
    return {"batches": found, "is_open": any(batch.state in CodeBatch.OPEN for batch in found)}


def content_of(batch: CodeBatch) -> Iterator[bytes]:
    """The PDF in slices, read one by one; refused at once where there is none."""
    if not batch.file_bytes:
        raise BatchFileGone()
    numbers = CodeBatchPart.objects.filter(batch=batch).order_by("number").values_list("number", flat=True)
    return (bytes(CodeBatchPart.objects.get(batch=batch, number=number).content) for number in list(numbers))
