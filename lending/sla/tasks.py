"""The ticks of config/schedule.py. `sweep_deadlines --send` does the same by hand."""

from celery import shared_task
from django.utils import timezone

from lending.sla import sending, sweep


@shared_task(name="lending.sweep_deadlines", ignore_result=True)
def sweep_deadlines() -> None:
    sweep.sweep(now=timezone.now())


@shared_task(name="lending.send_alerts", ignore_result=True)
def send_alerts() -> None:
    sending.send_pending(now=timezone.now())
