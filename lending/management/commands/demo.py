import tempfile
import time
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.queries import is_demo_loaded
from lending.demo import credit_items, people, register, story, visits
from visits.codes import bulk
from visits.codes import services as codes
from visits.models import Business


class Command(BaseCommand):
    help = "Load the demo: invented firms, banks and people, cases in every stage. A second call changes nothing."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--scale", type=int, default=1, help="1: a thousand companies, ten thousand sole traders"
        )

    def handle(self, *, scale: int, **options) -> None:
        if not 1 <= scale <= 100:
            raise CommandError("--scale is a whole number from 1 to 100.")
        if is_demo_loaded():
            self.stdout.write("the demo is there already")
            return
        if Business.objects.exists():
            raise CommandError(
                "There are real businesses in this database; the demo goes into an empty one only."
            )
        started = time.monotonic()
        with transaction.atomic():  # all of it or nothing, so a cut load can be repeated
            load(scale)
        self.stdout.write(f"demo loaded in {time.monotonic() - started:.0f} s")


def load(scale: int) -> None:
    now = timezone.localtime()
    call_command("load_reference", verbosity=0)
    people.make_organisations()
    people.make_people()
    with tempfile.TemporaryDirectory() as folder:
        firms, items = Path(folder) / "register.csv", Path(folder) / "items.csv"
        register.write_file(firms, scale)
        call_command("import_register", str(firms), verbosity=0, stdout=Silence())
        credit_items.write_file(items, now)
        call_command("import_credit_data", str(items), source="city-platform", verbosity=0, stdout=Silence())
    with (
        connection.cursor() as cursor
    ):  # the imports leave them immediate, and a visit is written after its need
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    register.make_grids()
    register.place_on_the_map()
    register.make_lists()
    register.make_assignments()
    main = Organisation.objects.get(code=people.MAIN_DISTRICT)
    printed = (
        Business.objects.filter(district=main).order_by("credit_code").values_list("pk", flat=True)[:200]
    )
    bulk.issue(kind="business", subjects=list(printed), by=User.objects.get(username="panel"), now=now)
    codes.issue_code(
        subject=User.objects.get(username="officer"), by=User.objects.get(username="panel"), now=now
    )
    story.tell(now)
    visits.make_visits(now, people.MAIN_DISTRICT)


class Silence:
    def write(self, text: str) -> None:
        """The commands end with a JSON line for scripts, which nobody reads here."""
