"""The ticks of config/schedule.py. `sweep_deadlines --send` does the same by hand.

`recompute_deadlines` is also asked for when somebody has changed the calendar; the tick is for what got lost then.
"""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from lending.sla import purging, recompute, sending, sweep
from lending.sla.calendars import RECOMPUTE
from lending.sla.mailbox import TROUBLE, read_mailbox

logger = logging.getLogger(__name__)


@shared_task(name="lending.sweep_deadlines", ignore_result=True)
def sweep_deadlines() -> None:
    sweep.sweep(now=timezone.now())


@shared_task(name="lending.send_alerts", ignore_result=True)
def send_alerts() -> None:
    sending.send_pending(now=timezone.now())


@shared_task(name="lending.read_delivery_reports", ignore_result=True)
def read_delivery_reports() -> None:
    """Nothing to do where the site reads no mailbox."""
    if settings.REPORTS is None:
        return
    try:
        read_mailbox(address=settings.REPORTS, now=timezone.now(), timeout=settings.EMAIL_TIMEOUT)
    except TROUBLE as error:
        logger.warning("the mailbox of reports cannot be read, trying again: %s", type(error).__name__)


@shared_task(name=RECOMPUTE, ignore_result=True)
def recompute_deadlines() -> None:
    recompute.recompute_open(now=timezone.now())


@shared_task(name="lending.purge_expired", ignore_result=True)
def purge_expired() -> None:
    purging.purge_expired(now=timezone.now())
