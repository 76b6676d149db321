"""Imports uploaded in the admin run here, where a page need not wait for them."""

from celery import shared_task
from django.utils import timezone

from visits.register.services import uploading


@shared_task(
    name="visits.import_register", ignore_result=True, time_limit=1700
)  # below the visibility timeout of the broker
def import_register(run_id: int) -> None:
    uploading.work_off(run_id=run_id, now=timezone.now())


@shared_task(name="visits.hand_out_imports", ignore_result=True)
def hand_out_imports() -> None:
    uploading.hand_out(now=timezone.now())
