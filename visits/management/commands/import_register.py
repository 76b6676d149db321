import json
import signal
import sys
import threading
import time
from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.clock import day_of
from accounts.errors import Refusal
from visits.register.services import importing


def day(text: str) -> date:
    """YYYY-MM-DD, today or before: a list is not of a day that has not come."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(_("“%(text)s”不是日期，请写作 YYYY-MM-DD。") % {"text": text}) from None
    if found > day_of(timezone.now()):
        raise ArgumentTypeError(_("名单日期 %(text)s 还没有到。") % {"text": text})
    return found


class Command(BaseCommand):
    help = (
        "Import a register of businesses: CSV (UTF-8 with or without BOM, GB18030) or XLSX. The last line on stdout is "
        "JSON; read = created + updated + unchanged + rejected + headers. An interrupted import leaves nothing behind "
        "and may be run again, as may a finished one."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--list", default="", help="code of the list the businesses of the file stand on")
        parser.add_argument("--as-of", type=day, help="date of that list, YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="read, check and count; store no business")
        parser.add_argument(
            "--errors", type=Path, help="where to write rejected rows: line, field, code, sentence (CSV)"
        )

    def handle(
        self, *, file: Path, list: str, as_of: date | None, dry_run: bool, errors: Path | None, **options
    ) -> None:
        began = time.monotonic()
        if threading.current_thread() is threading.main_thread():
            signal.signal(
                signal.SIGTERM, lambda *_: sys.exit(143)
            )  # so that the run is marked as interrupted
        now = timezone.now()
        try:
            run = importing.begin(
                path=file.absolute(), list_code=list, as_of=as_of, is_dry_run=dry_run, by=None, now=now
            )
            show = self._show if self.stderr.isatty() else None
            counts = importing.carry_out(run=run, errors=errors, now=now, show=show)
        except Refusal as refusal:
            raise CommandError(str(refusal.sentence)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}") from None
        if show:
            self.stderr.write("", style_func=str)
        self.stdout.write(json.dumps({**asdict(counts), "seconds": round(time.monotonic() - began, 1)}))

    def _show(self, share: float, words: str) -> None:
        bar = "█" * int(share * 30)
        self.stderr.write(f"\r{bar:<30} {share:4.0%} {words}    ", style_func=str, ending="")
        self.stderr.flush()
