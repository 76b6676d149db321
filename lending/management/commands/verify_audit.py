from django.core.management.base import BaseCommand, CommandError

from lending.audit import broken_links
from lending.models import Event, FinancingCase


class Command(BaseCommand):
    help = "Check the chain of events of every case. Exit status 1 and the first broken link where one does not hold."

    def handle(self, **options) -> None:
        broken = next(broken_links(), None)
        if broken:
            number, seq, wrong = broken
            raise CommandError(f"broken: case {number}, event {seq}: {wrong}")
        self.stdout.write(f"holds: {FinancingCase.objects.count()} cases, {Event.objects.count()} events")
