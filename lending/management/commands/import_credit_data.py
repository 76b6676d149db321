import json
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import Refusal
from lending.credit_lookup.dataset.services import import_data_set


class Command(BaseCommand):
    help = (
        "Import a data set of credit items for a source of CREDIT_SOURCES: CSV (UTF-8 with or without BOM, GB18030) or "
        "XLSX with credit_code, category, item, value, department, as_of, is_adverse or their Chinese names. The last "
        "line on stdout is JSON; read = created + updated + unchanged + rejected + headers. All of it or nothing."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="code of a source in CREDIT_SOURCES")
        parser.add_argument(
            "--errors", type=Path, help="where to write rejected rows: line, field, code, sentence (CSV)"
        )
        parser.add_argument("--dry-run", action="store_true", help="read, check and count; store nothing")

    def handle(self, *, file: Path, source: str, errors: Path | None, dry_run: bool, **options) -> None:
        began = time.monotonic()
        path = Path(file)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an orderly end: the transaction is undone
        try:
            counts = import_data_set(path=path, source=source, errors=errors, is_dry_run=dry_run)
        except Refusal as refusal:
            raise CommandError(str(refusal.sentence)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}") from None
        self.stdout.write(json.dumps({**asdict(counts), "seconds": round(time.monotonic() - began, 1)}))
