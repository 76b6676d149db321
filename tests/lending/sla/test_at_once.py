"""Several sweepers and senders at the same time, with real connections."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from lending.models import Alert, Deadline
from lending.sla import services as sla
from lending.sla.kinds import DeadlineKind
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from tests.lending.sla import making

pytestmark = pytest.mark.django_db(transaction=True)
CLOCKS, AT_ONCE = 12, 4


def together(deed):
    """Run the deed in several threads that start as one; the results."""
    barrier = Barrier(AT_ONCE)

    def one(_number):
        try:
            barrier.wait()
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_sweepers_at_once_owe_each_letter_once_and_count_each_clock_once(cast):
    clocks = [making.clock(cast) for _ in range(CLOCKS)]
    tallies = together(lambda: sweep(now=clocks[0].due_at, batch=2))
    assert (sum(t.breached for t in tallies), sum(t.queued for t in tallies), sum(t.failed for t in tallies)) == (
        CLOCKS, CLOCKS * 3, 0,
    )  # fmt: skip
    assert Alert.objects.count() == CLOCKS * 3


def test_senders_at_once_send_each_letter_once(cast, smtp):
    clocks = [making.clock(cast) for _ in range(CLOCKS)]
    sweep(now=clocks[0].due_at)
    runs = together(lambda: send_pending(now=clocks[0].due_at))
    assert (len(smtp.letters), sum(run.sent for run in runs), Alert.objects.filter(state="sent").count()) == (
        3, CLOCKS * 3, CLOCKS * 3,
    )  # fmt: skip


def test_a_clock_someone_is_just_stopping_is_passed_over_and_not_waited_for(cast):
    held, free = making.clock(cast), making.clock(cast)

    def sweep_meanwhile():
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(_sweep_and_close, free.due_at).result(timeout=20)

    with transaction.atomic():
        sla.stop_clocks(
            case=held.case, kinds=(DeadlineKind.BANK_DECISION,), now=held.due_at - timedelta(seconds=1)
        )
        tally = sweep_meanwhile()
    states = list(Deadline.objects.order_by("pk").values_list("state", flat=True))
    assert (tally.breached, states) == (1, ["met", "breached"])


def _sweep_and_close(now):
    try:
        return sweep(now=now)
    finally:
        connection.close()
