"""Is the process up, can it work, and how is it doing: /healthz, /readyz, /metrics."""

import os
import time

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

STARTED_AT = time.time()


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing else."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 or 503 with {"database", "redis", "last_sweep_age_seconds", "sweep", "last_sweep"}: the last in words.

    Only a lost database makes it 503: without Redis, or with a late sweep, pages still work, and taking the process
    out of the balancer would not help.
    """
    pulse = _asked("pulse")
    body = {
        "database": "ok" if _database_answers() else "down",
        "redis": "ok" if _redis_answers() else "down",
        "last_sweep_age_seconds": pulse and pulse.age_seconds,
        "sweep": pulse.state if pulse else "unknown",
        "last_sweep": pulse and pulse.words,
    }
    return JsonResponse(
        body,
        status=200 if body["database"] == "ok" else 503,
        json_dumps_params={"ensure_ascii": False},
    )


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. Of this process alone where it says so; the scraper sees one worker at a time."""
    pulse, waiting = _asked("pulse"), _asked("waiting")
    figures = {
        "doorstep_process_start_time_seconds": STARTED_AT,
        "doorstep_process_pid": os.getpid(),
        "doorstep_database_up": int(_database_answers()),
        "doorstep_redis_up": int(_redis_answers()),
        "doorstep_last_sweep_age_seconds": -1 if not pulse or pulse.at is None else pulse.age_seconds,
    }
    if waiting:
        figures |= {
            "doorstep_letters_waiting": waiting["letters"],
            "doorstep_oldest_letter_waiting_seconds": waiting["late_seconds"],
            "doorstep_sweep_stalls_open": waiting["stalls"],
        }
    lines = [f"# TYPE {name} gauge\n{name} {value}\n" for name, value in figures.items()]
    return HttpResponse("".join(lines), content_type="text/plain; version=0.0.4; charset=utf-8")


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except (DatabaseError, OSError):
        return False


def _redis_answers() -> bool:
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _asked(what: str):
    """`pulse` or `waiting` of lending.sla.pulse; None where the database cannot say."""
    try:
        from lending.sla import pulse

        return getattr(pulse, what)(timezone.now())
    except (ImportError, DatabaseError, OSError):
        return None
