import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict
from django.utils import timezone

from accounts.errors import Refusal
from accounts.models import User
from accounts.roles import Role
from visits.codes import sheet
from visits.codes.batches import queries, services, working
from visits.codes.batches.models import CodeBatch

PICKS = ("list", "grid", "search", "batch")
SWITCHES = ("officers", "grids", "all")


class Command(BaseCommand):
    help = (
        "Issue and print codes into a PDF, as the codes pages do, for up to 10,000 at a time. An interrupted run is a "
        "batch like any other: a worker finishes it, or --batch prints it again."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--list", default="", help="code of a list")
        parser.add_argument("--grid", default="", help="code of a grid")
        parser.add_argument("--search", default="", help="words in the name, or a credit code")
        parser.add_argument("--batch", default="", help="number of an earlier batch")
        parser.add_argument("--officers", action="store_true", help="work codes of the field officers")
        parser.add_argument("--grids", action="store_true", help="codes of the grids")
        parser.add_argument("--all", action="store_true", help="all businesses")
        parser.add_argument("--by", default="", help="who answers for it; default: the city's oldest account")
        parser.add_argument("--out", type=Path, required=True, help="the PDF to write")

    def handle(self, *, by: str, out: Path, **options) -> None:
        asked = QueryDict(mutable=True)
        asked.update({name: options[name] for name in PICKS})
        asked.update({name: "1" for name in SWITCHES if options[name]})
        person = self._person(by)
        try:
            picked = sheet.read_selection(asked, person)
            batch = services.start(picked=picked, by=person, now=timezone.now())
            self._wait(batch)
            with out.open("wb") as target:
                target.writelines(queries.content_of(batch))
        except Refusal as refusal:
            raise CommandError(
                "; ".join([str(refusal.sentence), *map(str, refusal.fields.values())])
            ) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}") from None
        self._report(batch, out)

    def _person(self, name: str) -> User:
        people = User.objects.filter(is_active=True)
        found = people.filter(username=name) if name else people.filter(role=Role.CITY).order_by("pk")
        if not found:
            raise CommandError(
                f"There is no active account {name!r}; name one that may print codes with --by."
            )
        return found[0]

    def _wait(self, batch: CodeBatch) -> None:
        """Work it off here, or watch the worker that was faster."""
        while batch.state in CodeBatch.OPEN:
            if not working.work_off(batch_id=batch.pk, clock=timezone.now):
                time.sleep(0.5)
            batch.refresh_from_db()
        if batch.state != CodeBatch.State.DONE:
            raise CommandError(f"batch {batch.pk}: {batch.get_state_display()} {batch.problem}")

    def _report(self, batch: CodeBatch, out: Path) -> None:
        for note in batch.notes:
            self.stderr.write(note)
        seconds = (batch.finished_at - batch.started_at).total_seconds()
        self.stdout.write(
            f"{out}: {batch.printed} codes on {batch.pages} pages, {batch.made} of them new, "
            f"{batch.file_bytes / 1e6:.1f} MB in {seconds:.1f} s"
        )
