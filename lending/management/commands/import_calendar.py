import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.errors import Refusal
from lending.sla.calendar_file import read
from lending.sla.calendars import import_calendar


class Command(BaseCommand):
    help = (
        "Replace whole years of the calendar by a CSV: date, is_workday (1 or 0; or kind: work, rest), name. "
        "One bad row and nothing is loaded. Open deadlines that depend on the years are recomputed, with a receipt. "
        'The last line is JSON: {"years": {year: version}, "days", "recomputed", "changed"}.'
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--source", default="", help="the notice, e.g. 国办发明电〔2026〕7号; otherwise the file's name"
        )

    def handle(self, *, file: Path, source: str, **options) -> None:
        try:
            done = import_calendar(read=read(file), source=source or file.name, by=None, now=timezone.now())
        except Refusal as refusal:
            raise CommandError(str(refusal.sentence)) from None
        self.stdout.write(json.dumps(done))
