"""The ground tests stand on: a PostgreSQL and a Redis of their own, and the reference data in the test database.

DOORSTEP_VAR says where the servers keep their data. By default the first of var/test, var/test-2 … that nobody is
testing in, so tests never meet a running `make run` nor each other.
"""

import fcntl
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = [
    "DATABASE_URL REDIS_URL SECRET_KEY ALLOWED_HOSTS PUBLIC_BASE_URL EMAIL_URL DEFAULT_FROM_EMAIL DEBUG TIME_ZONE",
    "CREDIT_SOURCES ALERT_FROM_HOUR ALERT_UNTIL_HOUR PORT HOST DEMO DOORSTEP_NO_SERVERS DOORSTEP_WEB",
    "EMAIL_TIMEOUT SWEEP_SECONDS REPORTS_URL SWEEP_LATE_SECONDS ALERT_LEASE_SECONDS",
]
for name in " ".join(NOT_OURS).split():
    os.environ.pop(name, None)  # what a shell or a .env says about a real site is not for tests
os.environ["DOORSTEP_DOTENV"] = "0"
os.environ["DOORSTEP_FSYNC"] = "off"


def free_var_dir() -> str:
    """The folder; its lock keeps it ours until the process ends."""
    for name in ["test", *(f"test-{number}" for number in range(2, 20))]:
        folder = ROOT / "var" / name
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        lock = os.open(folder / "tests.lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        return str(folder)
    raise SystemExit("Eighteen test runs at once are too many.")


VAR_IS_GIVEN = bool(os.environ.get("DOORSTEP_VAR"))
if not VAR_IS_GIVEN:
    os.environ["DOORSTEP_VAR"] = free_var_dir()
elif worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["DOORSTEP_VAR"] += f"-{worker}"
# Set here and not in pyproject.toml: from there, pytest-django reads the settings before this file has spoken.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402
import pytest  # noqa: E402
from pytest_django.plugin import blocking_manager_key  # noqa: E402

from config import catalogues, embedded  # noqa: E402

catalogues.compile_all()
django.setup()  # before any other conftest imports a model


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # a sign-in costs 0.1 s otherwise
    config.pluginmanager.import_plugin("tests.cast")  # here, because it needs the models
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """The workers of `make test` inherit this environment: each is to choose servers of its own, and pytest-django is
    not to read the settings before it has."""
    del os.environ["DJANGO_SETTINGS_MODULE"]
    if not VAR_IS_GIVEN:
        del os.environ["DOORSTEP_VAR"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if embedded.is_held():
        embedded.stop()


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    """PostgreSQL and Redis, up until the end of the session: {"DATABASE_URL", "REDIS_URL"}."""
    return embedded.ensure_started()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: dict[str, str]) -> None:
    """pytest-django asks for this before it makes the test database: the servers must be up by then."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    with django_db_blocker.unblock():
        load_reference()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None):
    """A test with real transactions empties every table when it is over; the next one, in whatever file, needs the
    reference data."""
    result = yield
    if nextitem is None:  # the database went with the last test
        return result
    marker = item.get_closest_marker("django_db")
    is_transactional = marker is not None and marker.kwargs.get("transaction", False)
    if is_transactional or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
        with item.config.stash[blocking_manager_key].unblock():
            load_reference()
    return result


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    """Throttles and cached figures of the test before would colour this one."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        from django.core.cache import cache

        request.getfixturevalue("servers")
        cache.clear()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. Without one the test is skipped, and with CI=true it fails."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    reason = "no Chromium on this machine (on Debian: apt install chromium fonts-noto-cjk)"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def load_reference() -> None:
    from django.core.management import call_command

    call_command("load_reference", verbosity=0)
