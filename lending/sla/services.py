"""Start and stop clocks. Called inside the transaction of the deed that starts or stops them."""

from datetime import datetime

from accounts.models import Organisation
from lending.case import FinancingCase
from lending.sla.models import Deadline, DeadlineKind


def start_clock(*, case: FinancingCase, kind: DeadlineKind, bound: Organisation, now: datetime) -> Deadline:
    """Start one clock by the policy in force at `now`; the policy stays with the clock."""
    raise NotImplementedError


def stop_clocks(
    *,
    case: FinancingCase,
    kinds: tuple[DeadlineKind, ...],
    now: datetime,
    bound: Organisation | None = None,
    is_cancelled: bool = False,
) -> int:
    """Stop the open clocks of a case: met, met late, or cancelled. Returns how many were stopped."""
    raise NotImplementedError
