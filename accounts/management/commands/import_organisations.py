from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import Refusal
from accounts.organisations import import_organisations


class Command(BaseCommand):
    help = "Create or update organisations from a CSV: code,name,kind,parent,district,aliases."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options) -> None:
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                self.stdout.write(f"{import_organisations(lines)} organisations")
        except (OSError, UnicodeDecodeError, Refusal) as problem:
            raise CommandError(str(problem)) from None
