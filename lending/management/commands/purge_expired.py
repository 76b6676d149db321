import json

from django.core.management.base import BaseCommand
from django.utils import timezone

from lending.sla.purging import purge_expired


class Command(BaseCommand):
    help = (
        "Delete what has expired, as Celery beat does it every night: answers kept for repeats, sessions, sign-ins older "
        "than 400 days, sweeps older than 90, photos of visits past the days their policy keeps them. The last line is "
        'JSON: {"answers", "sessions", "sign_ins", "sweeps", "photos"}.'
    )

    def handle(self, **options) -> None:
        self.stdout.write(json.dumps(purge_expired(now=timezone.now())))
