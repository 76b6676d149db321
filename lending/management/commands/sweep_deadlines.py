import json
from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from lending.sla import recompute, sending
from lending.sla.calendar import SHANGHAI
from lending.sla.kinds import DeadlineKind
from lending.sla.sweep import Tally, preview_by_kind, sweep


class Command(BaseCommand):
    help = (
        "One pass of the deadline sweep, as Celery beat does it every minute, after recomputing clocks that have not "
        "followed a changed calendar yet. "
        "A rehearsal (--dry-run) says first what would happen to each kind of clock. "
        'The last line is JSON: {"warned", "breached", "escalated", "queued", "failed"}.'
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--at", help="as if it were then (ISO 8601); only with --dry-run, except in DEBUG"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; write nothing")
        parser.add_argument("--send", action="store_true", help="then send the pending letters at once")

    def handle(self, *, at: str | None, dry_run: bool, send: bool, **options) -> None:
        if at and not dry_run and not settings.DEBUG:
            raise CommandError("--at needs --dry-run: on a real site nobody may move the clock.")
        if send and dry_run:
            raise CommandError("--send and --dry-run exclude each other.")
        now = _moment(at) if at else timezone.now()
        if not dry_run:
            recompute.recompute_open(now=now)  # a changed calendar first, so that nobody is told a wrong date
        result = asdict(self._rehearsed(now) if dry_run else sweep(now=now))
        if send:
            result |= asdict(sending.send_pending(now=now))
        self.stdout.write(json.dumps(result))

    def _rehearsed(self, now: datetime) -> Tally:
        """What would happen, a line for each kind of clock that has something due."""
        self.stdout.write(
            f"as if it were {now.astimezone(SHANGHAI).isoformat(timespec='seconds')}; nothing is written"
        )
        by_kind, total = preview_by_kind(now=now), Tally()
        for kind in (kind for kind in DeadlineKind if kind in by_kind):
            counts = asdict(by_kind[kind])
            self.stdout.write(
                " ".join([f"{kind:<14}", *(f"{name} {count}" for name, count in counts.items())])
            )
            total += by_kind[kind]
        return total


def _moment(said: str) -> datetime:
    """A time without a zone is Shanghai's; a day alone is its first moment."""
    try:
        moment = parse_datetime(said) or datetime.fromisoformat(said)
    except ValueError:
        raise CommandError(
            f"--at is {said!r}; it must be a time such as 2026-12-06T00:00:00+08:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
