import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.errors import Refusal
from accounts.models import User
from visits.outbox import rules, services


class Command(BaseCommand):
    help = (
        "Import a file that an officer's phone handed out. Refused visits go to stderr, one line each; the last line on "
        "stdout is JSON {officer, recorded, there, refused, photos}. May be repeated; exit 1 where the file is refused."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--by",
            required=True,
            help="username of whoever brings it: the officer, panel or bank coordinator",
        )

    def handle(self, *, file: Path, by: str, **options) -> None:
        person = User.objects.filter(username=by, is_active=True).first()
        if person is None:
            raise CommandError(f"no such person: {by}")
        try:
            with file.open("rb") as opened:
                raw = opened.read(rules.MAX_BYTES + 1)
            done = services.import_file(raw=raw, by=person, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except Refusal as refusal:
            raise CommandError(str(refusal.sentence)) from None
        for result in done.results:
            for sentence in (result.sentence, *result.photo_sentences):
                if sentence:
                    self.stderr.write(f"{result.id} {result.name} {sentence}")
        photos = sum(result.photos for result in done.results)
        self.stdout.write(json.dumps({"officer": done.officer.username, **done.counts(), "photos": photos}))
