"""The ticks of config/schedule.py. `sweep_deadlines --send` does the same by hand.

`recompute_deadlines` is also asked for when somebody has changed the calendar; the tick is for what got lost then.
"""

from celery import shared_task
from django.utils import timezone

from lending.sla import purging, recompute, sending, sweep
from lending.sla.calendars import RECOMPUTE


@shared_task(name="lending.sweep_deadlines", ignore_result=True)
def sweep_deadlines() -> None:
    sweep.sweep(now=timezone.now())


@shared_task(name="lending.send_alerts", ignore_result=True)
def send_alerts() -> None:
    sending.send_pending(now=timezone.now())


@shared_task(name=RECOMPUTE, ignore_result=True)
def recompute_deadlines() -> None:
    recompute.recompute_open(now=timezone.now())


@shared_task(name="lending.purge_expired", ignore_result=True)
def purge_expired() -> None:
    purging.purge_expired(now=timezone.now())
