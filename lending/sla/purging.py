"""The nightly purge. `manage.py purge_expired` does the same by hand."""

from datetime import datetime, timedelta

from accounts.purging import delete_in_batches, purge_accounts
from lending.sla.models import Sweep
from visits.codes.batches.purging import purge_batches
from visits.presence.services import purge_photos

SWEEPS_KEPT = timedelta(days=90)  # one row a minute


def purge_expired(*, now: datetime) -> dict[str, int]:
    """{"answers", "sessions", "sign_ins", "sweeps"}: rows deleted; "photos": pictures emptied, their hashes stay;
    "code_files", "code_batches": PDFs of printed codes and the batches behind them, the codes stay.

    No other fact of a case is ever among them."""
    sweeps = delete_in_batches(Sweep.objects.filter(at__lt=now - SWEEPS_KEPT))
    return {
        **purge_accounts(now=now),
        "sweeps": sweeps,
        "photos": purge_photos(now=now),
        **purge_batches(now=now),
    }
