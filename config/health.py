"""Is the process up, can it work, and how is it doing: /healthz, /readyz, /metrics."""

import os
import time

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

STARTED_AT = time.time()
SWEEP_LATE_SECONDS = 300  # five ticks of the beat


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing else."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 or 503 with {"database", "redis", "last_sweep_age_seconds", "sweep"}.

    Only a lost database makes it 503: without Redis, or with a late sweep, pages still work, and taking the process
    out of the balancer would not help.
    """
    age = _last_sweep_age_seconds()
    body = {
        "database": "ok" if _database_answers() else "down",
        "redis": "ok" if _redis_answers() else "down",
        "last_sweep_age_seconds": age,
        "sweep": "never" if age is None else "late" if age > SWEEP_LATE_SECONDS else "ok",
    }
    return JsonResponse(body, status=200 if body["database"] == "ok" else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. Of this process alone where it says so; the scraper sees one worker at a time."""
    age = _last_sweep_age_seconds()
    figures = {
        "doorstep_process_start_time_seconds": STARTED_AT,
        "doorstep_process_pid": os.getpid(),
        "doorstep_database_up": int(_database_answers()),
        "doorstep_redis_up": int(_redis_answers()),
        "doorstep_last_sweep_age_seconds": -1 if age is None else age,
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


def _last_sweep_age_seconds() -> float | None:
    """None before the first sweep, or where the database cannot say."""
    try:
        from lending.sla.queries import last_sweep_at

        at = last_sweep_at()
    except (ImportError, DatabaseError, OSError):
        return None
    return None if at is None else round((timezone.now() - at).total_seconds(), 1)
