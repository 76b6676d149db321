"""Bring the database and the static files up to date before the processes start: `python -m config.prepare`.

Everything here may be repeated. A lock in the database lets one caller at a time through, so two that start on one
database do not migrate at once.
"""

import io
import os
import sys

import django
from django.core.management import CommandError, call_command, get_commands
from django.db import OperationalError, connection

from config import catalogues, embedded, env

LOCK = 0x444F4F52  # "DOOR"; any number that nobody else takes


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.use_if_needed()
    _compile_catalogues()  # before Django reads them
    django.setup()
    try:
        prepare()
    except OperationalError as error:
        raise env.ConfigurationError(f"doorstep: the database cannot be used: {error}") from None
    except CommandError as error:
        raise env.ConfigurationError(f"doorstep: {error}") from None


def prepare() -> None:
    # An address or a model that cannot be loaded stops here, not in three processes at once.
    call_command("check", stdout=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _say("migrating the database")
        call_command("migrate", interactive=False, verbosity=0)
        _call_if_there("load_reference", "loading organisations, lists, calendar and policies")
        if wants_demo():
            _call_if_there("demo", "loading the demo")
    connection.close()  # gives the lock back
    _say("collecting static files")
    call_command("collectstatic", interactive=False, verbosity=0)


def _compile_catalogues() -> None:
    try:
        catalogues.compile_all()
    except OSError as error:
        raise env.ConfigurationError(
            f"doorstep: the translations cannot be compiled ({error}); run python -m config.catalogues once as somebody"
            " who may write there, for example while the image is built"
        ) from None


def wants_demo() -> bool:
    """DEMO=1 or 0. Unsaid: only where the address is not https, because the demo's password is public."""
    return env.flag("DEMO", default=not env.text("PUBLIC_BASE_URL", "").startswith("https://"))


def _call_if_there(command: str, sentence: str) -> None:
    if command in get_commands():
        _say(sentence)
        call_command(command, verbosity=0)


def _say(sentence: str) -> None:
    print(f"doorstep: {sentence}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
