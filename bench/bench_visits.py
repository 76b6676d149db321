"""`POST visits/` with need and consent, beside a bare Django view in the same process; and at a million rows."""

import json
import os
import random
import re
import secrets
import statistics
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connection

from bench import bare, visit_rows
from bench.figures import Report
from bench.load import Load, drive, post

CLIENTS = 16
FEW = int(os.environ.get("BENCH_FEW", "10000"))
MANY = int(os.environ.get("BENCH_MANY", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
POSTS = int(os.environ.get("BENCH_POSTS", "500"))
WARM_UP = 200
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*):")
SMALL = "doorstep_bench_small"
PORT = int(os.environ.get("BENCH_PORT", "8931"))
WEB_ENVIRONMENT = {"ALLOWED_HOSTS": "localhost", "PUBLIC_BASE_URL": "http://localhost", "DEBUG": "0"}


def run(report: Report) -> None:
    report.note(f"{CLIENTS} clients on open connections, 2 web workers as `make run` starts them, fsync on; rounds of {POSTS} "
                f"posts: bare, product and again, {ROUNDS} of each, medians; each visit opens a case")  # fmt: skip
    report.note(
        "bare: one INSERT and one UPDATE in a transaction through the ORM in the same web process, no middleware"
    )
    signed_in = prepare()
    numbers = random.Random(20261121).sample(range(1, FEW + 1), ROUNDS * POSTS + WARM_UP + 20)
    try:
        with web(SMALL, PORT) as small, web(None, PORT + 1) as large:
            measure(report, Place(small, signed_in, numbers), Place(large, signed_in, spread(numbers)))
            count_statements(report, small, signed_in, numbers[-20:])
    finally:
        drop_small()


def spread(numbers: list[int]) -> list[int]:
    """Other businesses, from all over the large register."""
    return random.Random(20261122).sample(range(1, MANY + 1), len(numbers))


def prepare() -> list[dict[str, str]]:
    """Rows, signed-in officers (their headers), and a copy of the database while it is still small."""
    people = visit_rows.officers()
    with connection.cursor() as cursor:
        cursor.execute(bare.TABLE)
    visit_rows.grow(FEW)
    signed_in = [sign_in(person) for person in people]
    connection.close()
    with psycopg.connect(_server("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {SMALL} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {SMALL} TEMPLATE {connection.settings_dict['NAME']}")
    began = time.perf_counter()
    visit_rows.grow(MANY)
    print(f"# {MANY:,} businesses and visits made in {time.perf_counter() - began:.0f} s", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    return signed_in


def sign_in(person) -> dict[str, str]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.utils.module_loading import import_string

    session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session.save()
    token = secrets.token_hex(16)
    return {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; csrftoken={token}",
        "X-CSRFToken": token,
        "Origin": "http://localhost",
    }


@contextmanager
def web(database: str | None, port: int) -> Iterator[int]:
    """The web processes of `make run` with the yardstick beside them, until the end of the block."""
    from config import supervise

    child = supervise.web("127.0.0.1", port)
    child.command[-1] = "bench.wsgi:application"
    environment = os.environ | WEB_ENVIRONMENT | {"PORT": str(port)}
    if database:
        environment["DATABASE_URL"] = _server(database)
    process = subprocess.Popen(child.command, env=environment, cwd=supervise.env.ROOT, start_new_session=True)
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the web processes did not start")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(20)


class Place:
    """One server with its database: rounds of bare posts and of visits."""

    def __init__(self, port: int, signed_in: list[dict[str, str]], numbers: list[int]) -> None:
        self.port, self.signed_in = port, signed_in
        self.businesses = iter(visit_rows.credit_codes(numbers))
        self.bare: list[Load] = []
        self.product: list[Load] = []
        for _ in range(2):  # both workers, both views
            self._bare(WARM_UP // 2), self._visits(WARM_UP // 2)

    def one_round(self) -> None:
        self.bare.append(self._bare(POSTS))
        self.product.append(self._visits(POSTS))

    def _bare(self, count: int) -> Load:
        body = visit_body("0" * 18)
        return drive(self.port, [post(bare.ADDRESS, body, {})] * count, clients=CLIENTS)

    def _visits(self, count: int) -> Load:
        requests = [visit_post(self.signed_in, *next(self.businesses)) for _ in range(count)]
        load = drive(self.port, requests, clients=CLIENTS)
        if load.statuses != {201: count}:
            raise RuntimeError(f"not every visit was recorded: {dict(load.statuses)} {load.odd[:1]}")
        return load


def visit_post(signed_in: list[dict[str, str]], officer: int, credit_code: str) -> bytes:
    return post("/api/v1/visits/", visit_body(credit_code), signed_in[officer])


def visit_body(credit_code: str) -> bytes:
    """As the phone sends it: a need, and a consent to the district team and to one bank."""
    now = datetime.now(UTC)
    body = {
        "id": str(uuid.uuid4()), "credit_code": credit_code, "mode": "on_site", "outcome": "need",
        "started_at": (now - timedelta(minutes=3)).isoformat(), "ended_at": now.isoformat(),
        "location": {"lat": 31.1883, "lon": 121.4365, "accuracy_m": 15}, "note": "门店正常营业,老板在店",
        "need": {
            "amount_yuan": "500000.00", "purpose": "working_capital", "purpose_text": "节前备货", "term_months": 12,
            "guarantee": "credit", "urgency": "month", "preferred_banks": [visit_rows.BANK], "contact_phone": "13800000001",
        },
        "consent": {
            "notice_version": "2026-01", "scope": ["credit_lookup", "share_need"], "recipients": [visit_rows.BANK],
            "signed_name": "测试业主",
        },
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False).encode()


def measure(report: Report, small: Place, large: Place) -> None:
    for _ in range(ROUNDS):  # interleaved, so that a neighbour's load hits both alike
        small.one_round()
        large.one_round()
    bare_rate, rate = _median(small.bare, "per_second"), _median(small.product, "per_second")
    report.add("bare", bare_rate, "/s")
    report.add("product", rate, "/s", yardstick=bare_rate, at_least=0.30)
    report.add("bare_p95", _median(small.bare, "p95_ms"), "ms")
    report.add(
        "product_p95",
        _median(small.product, "p95_ms"),
        "ms",
        yardstick=_median(small.bare, "p95_ms"),
        at_most=4,
    )
    report.note(
        f"at_a_million: {MANY:,} businesses and visits beside {FEW:,}, each in a database of its own, rounds interleaved"
    )
    many = _median(large.product, "per_second")
    report.add("at_a_million", many, "/s", yardstick=rate, at_least=0.90)
    report.add("at_a_million_vs_bare", many, "/s", yardstick=_median(large.bare, "per_second"), at_least=0.30)


def count_statements(report: Report, port: int, signed_in: list[dict[str, str]], numbers: list[int]) -> None:
    """As PostgreSQL itself logs them, for visits one at a time."""
    log = settings.VAR_DIR / "log" / "postgres.log"
    if not settings.IS_EMBEDDED and not log.exists():
        report.note("statements: not counted, the log of this PostgreSQL is out of reach")
        return
    report.note("statements: every line PostgreSQL logs for one visit under log_statement = all: BEGIN, COMMIT and the "
                "connection pool's empty query are counted")  # fmt: skip
    counted = []
    with logged_statements():
        for officer, credit_code in visit_rows.credit_codes(numbers):
            start = log.stat().st_size
            drive(port, [visit_post(signed_in, officer, credit_code)], clients=1)
            time.sleep(0.1)
            with log.open("rb") as lines:
                lines.seek(start)
                told = lines.read().decode()
            counted.append(len(STATEMENT.findall(told)))
    (settings.VAR_DIR / "bench").mkdir(exist_ok=True)
    (settings.VAR_DIR / "bench" / "visit-statements.txt").write_text(told)
    report.add("statements", statistics.median(counted), "per_visit", at_most=10)


@contextmanager
def logged_statements() -> Iterator[None]:
    """For every session of the server, the pools' open ones too."""
    with psycopg.connect(_server("postgres"), autocommit=True) as server:
        for change in ("SET log_statement = 'all'", "RESET log_statement"):
            server.execute(f"ALTER SYSTEM {change}")
            server.execute("SELECT pg_reload_conf()")
            time.sleep(0.5)
            if change.startswith("SET"):
                yield


def _median(loads: list[Load], what: str) -> float:
    return statistics.median(getattr(load, what) for load in loads)


def _server(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _answers(port: int) -> bool:
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": "localhost"})
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310  our own server
            return answer.status == 200
    except OSError:
        return False


def drop_small() -> None:
    with psycopg.connect(_server("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {SMALL} WITH (FORCE)")
