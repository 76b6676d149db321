"""Deleting what has expired: answers kept for repeats, sessions, and the log of sign-ins once it may go."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from accounts.idempotency_record import IdempotencyRecord

BATCH = 1000
LOG_KEPT = timedelta(
    days=400
)  # a log of network access is kept for six months at least, an audit asks for a year


def purge_accounts(*, now: datetime) -> dict[str, int]:
    """{"answers", "sessions", "sign_ins"}: rows deleted. In batches, each for itself; may be repeated at any time."""
    logged = (AccessAttempt, AccessFailureLog, AccessLog)
    return {
        "answers": delete_in_batches(IdempotencyRecord.objects.filter(expires_at__lte=now)),
        "sessions": delete_in_batches(Session.objects.filter(expire_date__lt=now)),
        "sign_ins": sum(
            delete_in_batches(model.objects.filter(attempt_time__lt=now - LOG_KEPT)) for model in logged
        ),
    }


def delete_in_batches(rows: QuerySet) -> int:
    """Short transactions, so that nobody waits for the deletion of a million rows. Returns how many rows went."""
    gone = 0
    while pks := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
        rows.model.objects.filter(pk__in=pks).delete()
        gone += len(pks)
    return gone
