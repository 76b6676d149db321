#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL the local PostgreSQL and Redis are up while a command runs."""

import os
import sys

# Commands that never ask the database, so they need not wait for it.
WITHOUT_DATABASE = {
    "help",
    "check",
    "collectstatic",
    "makemessages",
    "compilemessages",
    "makemigrations",
    "spectacular",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded

    wanted = sys.argv[1:2]
    if wanted and wanted[0] not in WITHOUT_DATABASE and not {"-h", "--help", "--version"} & set(sys.argv[1:]):
        embedded.use_if_needed()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
