"""Typed readers of the environment. A missing or malformed variable stops start-up in one sentence that names it.

Values come from the process environment first, then from a `.env` file in the project root. django-environ does the
parsing of URLs; this layer refuses what django-environ lets through (an unknown engine, a URL without a scheme).
"""

import json
import os
import warnings
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import environ

ROOT = Path(__file__).resolve().parent.parent


class ConfigurationError(SystemExit):
    """Ends the program with exit status 1 and the sentence on stderr, without a traceback."""


def read_dotenv() -> None:
    """Fill in from `.env` whatever the environment does not say; DOORSTEP_DOTENV=0 leaves the file alone (tests do)."""
    path = ROOT / ".env"
    if os.environ.get("DOORSTEP_DOTENV") != "0" and path.is_file():
        environ.Env.read_env(path)


def text(name: str, default: str) -> str:
    """The value, or the default where the variable is absent or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name} is {value!r}; say 1 or 0.")


def number(name: str, default: int, *, low: int, high: int) -> int:
    value = text(name, str(default))
    if value.isascii() and value.isdigit() and low <= int(value[:18]) <= high:
        return int(value)
    raise ConfigurationError(f"{name} is {value!r}; it must be a whole number from {low} to {high}.")


def words(name: str, default: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a time zone such as Asia/Shanghai."
        ) from None
    return value


def web_address(name: str, default: str) -> str:
    """An http(s) address without a slash at the end."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        ok = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        ok = False
    if not ok:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be an address such as https://doorstep.example.cn"
        )
    return value


def database(name: str, default: str) -> dict:
    """DATABASE_URL as Django's settings dict. A socket directory may stand for the host, percent-encoded."""
    value = text(name, default)
    parsed = _parse(environ.Env.db_url_config, value)
    if not parsed or parsed.get("ENGINE") != "django.db.backends.postgresql" or not parsed.get("NAME"):
        # The value is not repeated: it holds a password.
        raise ConfigurationError(
            f"{name} must look like postgres://user:password@host:5432/name; PostgreSQL is the only database spoken."
        )
    # django-environ leaves %2Ftmp%2Fsockets as it is; libpq wants /tmp/sockets.
    return {**parsed, "HOST": unquote(parsed.get("HOST") or "")}


def redis(name: str, default: str) -> str:
    """REDIS_URL: redis://, rediss:// or unix://."""
    value = text(name, default)
    parts = _parse(urlsplit, value)
    if not parts or parts.scheme not in {"redis", "rediss", "unix"} or not (parts.hostname or parts.path):
        raise ConfigurationError(f"{name} must look like redis://host:6379/0 or unix:///run/redis.sock")
    return value


def email(name: str, default: str) -> dict:
    """EMAIL_URL as Django's EMAIL_* settings: smtp://, smtp+tls://, smtp+ssl://, filemail:///folder, consolemail://."""
    parsed = _parse(environ.Env.email_url_config, text(name, default))
    if not parsed:
        raise ConfigurationError(f"{name} must look like smtp+tls://user:password@host:587")
    settings = {key: value for key, value in parsed.items() if key.isupper() and value is not None}
    if settings.get("EMAIL_HOST") and not settings.get("EMAIL_PORT"):
        settings["EMAIL_PORT"] = {"smtps": 587, "smtp+tls": 587, "smtp+ssl": 465}.get(
            text(name, default).split(":")[0], 25
        )
    return settings


def mailbox(name: str) -> tuple[str, int, str, str, str, bool] | None:
    """imaps://user:password@host:993/INBOX as (host, port, user, password, folder, is_tls); None where it is absent."""
    value = text(name, "")
    if not value:
        return None
    parts = _parse(urlsplit, value)
    try:
        is_tls = {"imaps": True, "imap": False}[parts.scheme]
        port = parts.port or (993 if is_tls else 143)
        if not (parts.hostname and parts.username and parts.password):
            raise ValueError
    except (AttributeError, KeyError, ValueError):
        # The value is not repeated: it holds a password.
        raise ConfigurationError(
            f"{name} must look like imaps://user:password@mail.example.cn:993/INBOX"
        ) from None
    folder = unquote(parts.path.strip("/")) or "INBOX"
    return parts.hostname, port, unquote(parts.username), unquote(parts.password), folder, is_tls


def json_list(name: str, default: list, *, required: set[str]) -> list[dict]:
    """A JSON list of objects, each with at least the required keys."""
    raw = text(name, json.dumps(default))
    try:
        value = json.loads(raw)
    except ValueError:
        raise ConfigurationError(f"{name} is not valid JSON; see .env.example for its shape.") from None
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and required <= item.keys() for item in value
    ):
        keys = ", ".join(sorted(required))
        raise ConfigurationError(
            f"{name} must be a JSON list of objects, each with {keys}; see .env.example."
        )
    return value


def _parse(parser, value: str):
    """None for whatever the parser cannot read; django-environ warns, returns {} or raises, depending on the mistake."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return parser(value)
    except (ValueError, KeyError, UserWarning, environ.ImproperlyConfigured):
        return None
