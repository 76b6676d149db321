"""The sweep over a million open clocks beside the same rows written in plain SQL, an idle sweep, and the digests."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bench import sla_rows
from bench.figures import Report, percentile

MANY = int(os.environ.get("BENCH_CLOCKS", "1000000"))
DUE = int(os.environ.get("BENCH_DUE", "100000"))
ROUNDS = int(os.environ.get("BENCH_SLA_ROUNDS", "3"))
RAW_BATCH = 5000
PORT = int(os.environ.get("BENCH_SMTP_PORT", "8941"))
ROOT = Path(__file__).resolve().parent.parent

# What the sweep came to, kept aside and then written again in plain SQL: the least that anybody could do.
KEEP = """
CREATE TEMPORARY TABLE kept_clock AS SELECT id, state, breached_at, steps_done, next_look_at,
    (row_number() OVER (ORDER BY id) - 1) / {batch} AS part FROM lending_deadline WHERE state = 'breached';
CREATE TEMPORARY TABLE kept_letter AS SELECT a.*, k.part FROM lending_alert a JOIN kept_clock k ON k.id = a.deadline_id;
CREATE INDEX ON kept_clock (part); CREATE INDEX ON kept_letter (part); ANALYZE kept_clock; ANALYZE kept_letter;
"""
UPDATE = """
UPDATE lending_deadline AS clock SET state = k.state, breached_at = k.breached_at, steps_done = k.steps_done,
    next_look_at = k.next_look_at FROM kept_clock AS k WHERE clock.id = k.id AND k.part = %s
"""
INSERT = "INSERT INTO lending_alert ({columns}) SELECT {columns} FROM kept_letter WHERE part = %s ORDER BY deadline_id"


def run(report: Report) -> None:
    report.note(
        f"{DUE:,} clocks of {MANY:,} have their time up, one letter each, to {sla_rows.BANKS * sla_rows.BRANCHES} reviewers; "
        f"the command in a process of its own, fsync on; sweep and yardstick in turn, {ROUNDS} of each, medians"
    )
    report.note(
        f"raw: one UPDATE and one INSERT … SELECT of the very rows that the sweep wrote, {RAW_BATCH:,} clocks a "
        "transaction, into the same tables with their indexes and keys"
    )
    sla_rows.people()
    sla_rows.cases(-(-MANY // sla_rows.BANKS))
    many = measure(MANY)
    few = measure(DUE)
    report.add("raw", many.raw, "s")
    report.add("sweep", many.sweep, "s", yardstick=many.raw, at_most=6)
    report.add("sweep_among_few", few.sweep, "s")
    report.add("many_vs_few", many.sweep, "s", yardstick=few.sweep, at_most=1.3)
    report.add("memory", max(many.memory, few.memory), "MB", at_most=200)
    report.note(
        "idle: the first pass after 100,000 clocks were moved, and the median and p95 of 50 passes after that"
    )
    report.add("idle_first", many.idle[0], "ms")
    report.add("idle", statistics.median(many.idle[1:]), "ms", at_most=20)
    report.add("idle_p95", percentile(many.idle[1:], 0.95), "ms", at_most=20)
    send(report)


class Measured:
    sweep = raw = memory = 0.0
    idle: list[float]


def measure(count: int) -> Measured:
    """Rounds of: all clocks made anew, the sweep; all made anew, the same rows in plain SQL."""
    found, sweeps, raws = Measured(), [], []
    for _round in range(ROUNDS):
        sla_rows.clocks(count=count, due=DUE)
        seconds, found.memory = sweep()
        sweeps.append(seconds)
        found.idle = [idle() for _pass in range(51)] if not raws else found.idle
        keep()
        sla_rows.clocks(count=count, due=DUE)
        raws.append(raw())
    found.sweep, found.raw = statistics.median(sweeps), statistics.median(raws)
    return found


def sweep() -> tuple[float, float]:
    """(seconds of the sweep itself as its row says, peak MB of the process)."""
    from lending.models import Alert, Sweep

    process = subprocess.Popen(
        [sys.executable, "manage.py", "sweep_deadlines"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    said = json.loads(process.stdout.read().strip().splitlines()[-1])
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if (process.returncode, said["breached"], said["queued"], Alert.objects.count()) != (0, DUE, DUE, DUE):
        raise RuntimeError(f"the sweep came to {said}, {Alert.objects.count()} letters")
    return Sweep.objects.latest("pk").took_ms / 1000, usage.ru_maxrss / 1024


def idle() -> float:
    """Milliseconds of one pass that has nothing to do."""
    from lending.sla.sweep import sweep as sweep_once

    began = time.perf_counter()
    tally = sweep_once(now=timezone.now())
    took = (time.perf_counter() - began) * 1000
    if tally.queued:
        raise RuntimeError("an idle sweep had something to do")
    return took


def keep() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kept_clock, kept_letter")
        cursor.execute(KEEP.format(batch=RAW_BATCH))


def raw() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
                       "WHERE attrelid = 'lending_alert'::regclass AND attnum > 0 AND NOT attisdropped")  # fmt: skip
        insert = INSERT.format(columns=cursor.fetchone()[0])
        cursor.execute("SELECT max(part) FROM kept_clock")
        parts = range(cursor.fetchone()[0] + 1)
        began = time.perf_counter()
        for part in parts:
            with transaction.atomic():
                cursor.execute(UPDATE, [part])
                cursor.execute(insert, [part])
        return time.perf_counter() - began


def send(report: Report) -> None:
    """What a sweep owes leaves as mail: one for each recipient."""
    from lending.models import Alert

    sla_rows.clocks(count=DUE, due=DUE)
    sweep()
    path = settings.VAR_DIR / "bench" / "mails.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    sink = subprocess.Popen([sys.executable, "-m", "bench.mail_sink", str(PORT), str(path)], cwd=ROOT)
    try:
        time.sleep(2)
        began = time.perf_counter()
        environment = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{PORT}"}
        process = subprocess.Popen([sys.executable, "-m", "bench.send_all"], cwd=ROOT, env=environment)
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
    finally:
        sink.terminate()
        sink.wait()
    mails = Counter(line.split()[0] for line in path.read_text().splitlines())
    left = Alert.objects.exclude(state="sent").count()
    report.note(
        f"digests: {DUE:,} letters in {sum(mails.values())} mails to {len(mails)} recipients, {left} not sent, "
        f"exit {process.returncode}; a real SMTP server on loopback, start of the process included"
    )
    report.add("mails_per_recipient", sum(mails.values()), "mails", yardstick=len(mails) or 1, at_most=1)
    report.add("letters_not_sent", left, "letters", at_most=0)
    report.add("digests", seconds, "s")
    report.add("digest", seconds * 1000 / max(len(mails), 1), "ms_per_mail")
    report.add("memory_sending", usage.ru_maxrss / 1024, "MB", at_most=200)
