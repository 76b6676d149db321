"""A database of its own for measurements, on the very server the product uses, with its durability."""

import os
from urllib.parse import urlsplit, urlunsplit

import psycopg

NAME = "doorstep_bench"


def prepare() -> None:
    """Start the embedded servers where none are given, make an empty database and point this process at it.

    Child processes inherit DATABASE_URL, REDIS_URL and SECRET_KEY and so work on the same database.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded

    embedded.use_if_needed()
    url = os.environ.get("DATABASE_URL") or embedded.database_url()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))
    os.environ.setdefault("REDIS_URL", embedded.redis_url())
    os.environ.setdefault("SECRET_KEY", "only-for-measurements")
    os.environ["DOORSTEP_DOTENV"] = "0"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)


def drop() -> None:
    from django.db import connections

    url = urlsplit(os.environ["DATABASE_URL"])
    connections.close_all()
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
