from django.core.management.base import BaseCommand
from django.utils import timezone

from visits.register.services import uploading


class Command(BaseCommand):
    help = (
        "Give the longest waiting upload to a worker again, as Celery beat does every minute; prints its id."
    )

    def handle(self, **options) -> None:
        self.stdout.write(str(uploading.hand_out(now=timezone.now()) or "-"))
