"""The nightly purge. `manage.py purge_expired` does the same by hand."""

from datetime import datetime, timedelta

from accounts.purging import delete_in_batches, purge_accounts
from lending.sla.models import DeliveryReport, Sweep
from visits.codes.batches.purging import purge_batches
from visits.presence.services import purge_photos

SWEEPS_KEPT = timedelta(days=90)  # one row a minute
REPORTS_KEPT = timedelta(days=180)  # what it told stays with its letter


def purge_expired(*, now: datetime) -> dict[str, int]:
    """{"answers", "sessions", "sign_ins", "sweeps", "reports"}: rows deleted; "photos": pictures emptied, their hashes stay;
    "code_files", "code_batches": PDFs of printed codes and the batches behind them, the codes stay.

    No other fact of a case is ever among them."""
    sweeps = delete_in_batches(Sweep.objects.filter(at__lt=now - SWEEPS_KEPT))
    reports = delete_in_batches(DeliveryReport.objects.filter(received_at__lt=now - REPORTS_KEPT))
    return {
        **purge_accounts(now=now),
        "sweeps": sweeps,
        "reports": reports,
        "photos": purge_photos(now=now),
        **purge_batches(now=now),
    }
