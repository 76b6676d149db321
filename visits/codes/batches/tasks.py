"""Batches of codes are worked off here; the row is the queue, the message only makes it fast."""

from celery import shared_task
from django.utils import timezone

from visits.codes.batches import services, working


@shared_task(
    name=services.TASK, ignore_result=True, time_limit=1700
)  # below the visibility timeout of the broker
def work_off_codes(batch_id: int) -> None:
    working.work_off(batch_id=batch_id, clock=timezone.now)


@shared_task(name="visits.hand_out_codes", ignore_result=True)
def hand_out_codes() -> None:
    services.hand_out(now=timezone.now())
