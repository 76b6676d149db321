"""Two at once, workers killed, Redis emptied: every door one live code, every sheet whole."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from tests.visits.codes.batches.reading import texts
from tests.visits.codes.batches.stacks import content, shops, start
from visits.codes import bulk, rules
from visits.codes import services as codes
from visits.codes.batches import services, working
from visits.models import Code, CodeBatch, CodeBatchItem, CodeBatchPart

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def _quiet(request, monkeypatch) -> None:
    """Messages are sent only where a worker is there to hear them."""
    if "faults" in request.keywords:
        return
    monkeypatch.setattr(services.current_app, "send_task", lambda *_, **__: None)


def at_once(*deeds) -> list:
    """Each in a thread and on a connection of its own, all let go together; what they answer or raise."""
    gate, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(n: int, deed) -> None:
        gate.wait()
        try:
            answers[n] = deed()
        except Exception as error:
            answers[n] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def doors_with_one_live_code() -> int:
    live = Code.objects.filter(revoked_at=None, business__isnull=False)
    assert live.count() == live.values("business").distinct().count()
    return live.count()


def tokens(batch: CodeBatch) -> list[str]:
    """As printed on the sheets, in order."""
    batch.refresh_from_db()
    secrets = batch.items.order_by("position").values_list("code__secret", flat=True)
    short = [rules.short_code(rules.token_for(secret)) for secret in secrets]
    text = "".join(texts(content(batch)))
    assert [one for one in short if one not in text] == []
    return short


def test_two_people_printing_the_same_street_at_once_hold_the_same_codes(cast, monkeypatch):
    monkeypatch.setattr(working, "CHUNK", 20)
    shops(100, cast.xuhui)
    both = [start(person) for person in (cast.panel, cast.panel2)]
    done = at_once(*(lambda pk=batch.pk: working.work_off(batch_id=pk, clock=timezone.now) for batch in both))
    first, second = map(tokens, both)
    both[0].refresh_from_db(), both[1].refresh_from_db()
    assert (done, first == second, doors_with_one_live_code(), Code.objects.count()) == (
        [True, True],
        True,
        100,
        100,
    )
    assert both[0].made + both[1].made == 100


def test_two_people_renewing_the_same_street_at_once_hold_the_same_codes(cast, monkeypatch):
    monkeypatch.setattr(working, "CHUNK", 20)
    rows, now = shops(60, cast.xuhui), timezone.now()
    bulk.issue(
        kind="business",
        subjects=[row.pk for row in rows],
        by=cast.panel,
        now=now - timezone.timedelta(days=350),
    )
    soon = now + timezone.timedelta(days=30)
    both = [start(person, renew_before=soon) for person in (cast.panel, cast.panel2)]
    at_once(*(lambda pk=batch.pk: working.work_off(batch_id=pk, clock=timezone.now) for batch in both))
    first, second = map(tokens, both)
    assert (first == second, doors_with_one_live_code(), Code.objects.count()) == (True, 60, 120)


def test_a_renewal_asked_for_twice_at_once_is_one_batch(cast):
    rows, now = shops(3, cast.xuhui), timezone.now()
    bulk.issue(
        kind="business",
        subjects=[row.pk for row in rows],
        by=cast.panel,
        now=now - timezone.timedelta(days=350),
    )
    soon = now + timezone.timedelta(days=30)
    asked = at_once(*[lambda: start(cast.panel, renew_before=soon)] * 2)
    assert [batch.pk for batch in asked] == [CodeBatch.objects.get().pk] * 2


def test_a_renewal_revokes_nothing_that_another_printed_since_it_was_asked_for(cast):
    """With a year ahead even a code of today would be due: two colleagues would revoke each other's sheets."""
    rows, now = shops(3, cast.xuhui), timezone.now()
    bulk.issue(
        kind="business",
        subjects=[row.pk for row in rows],
        by=cast.panel,
        now=now - timezone.timedelta(days=350),
    )
    both = [start(one, renew_before=now + timezone.timedelta(days=366)) for one in (cast.panel, cast.panel2)]
    first, second = (working.work_off(batch_id=one.pk, clock=timezone.now) and tokens(one) for one in both)
    assert (first == second, doors_with_one_live_code(), Code.objects.count()) == (True, 3, 6)


def test_a_batch_beside_single_renewals_and_revocations_leaves_one_code_a_door(cast):
    rows, now = shops(30, cast.xuhui), timezone.now()
    bulk.issue(
        kind="business",
        subjects=[row.pk for row in rows],
        by=cast.panel,
        now=now - timezone.timedelta(days=350),
    )
    batch = start(cast.panel, renew_before=now + timezone.timedelta(days=30))
    old = list(Code.objects.order_by("-pk"))

    def one_by_one() -> None:
        for code in old:
            try:
                codes.reissue(code=code, by=cast.panel2, now=timezone.now(), reason="污损")
            except codes.CodeNotLive:
                pass

    answers = at_once(lambda: working.work_off(batch_id=batch.pk, clock=timezone.now), one_by_one)
    assert (answers, doors_with_one_live_code()) == ([True, None], 30)


def test_one_batch_given_to_two_workers_is_made_by_one(cast):
    shops(30, cast.xuhui)
    batch = start(cast.panel)
    done = at_once(*[lambda: working.work_off(batch_id=batch.pk, clock=timezone.now)] * 2)
    batch.refresh_from_db()
    assert (sorted(done), batch.made, batch.printed, doors_with_one_live_code()) == (
        [False, True],
        30,
        30,
        30,
    )


def test_cancelling_while_it_runs_ends_in_one_of_the_two_whole_ways(cast, monkeypatch):
    monkeypatch.setattr(working, "CHUNK", 5)
    shops(60, cast.xuhui)
    batch = start(cast.panel)

    def stop() -> None:
        while not Code.objects.exists():
            time.sleep(0.005)
        services.cancel(batch=batch, by=cast.panel2, now=timezone.now())

    done, error = at_once(lambda: working.work_off(batch_id=batch.pk, clock=timezone.now), stop)
    batch.refresh_from_db()
    assert (done, error, batch.state, CodeBatchPart.objects.count()) == (False, None, "cancelled", 0)
    assert Code.objects.count() == CodeBatchItem.objects.filter(is_settled=True).count() == batch.settled


# --- real processes ---------------------------------------------------------------------------------------------------


def start_worker(redis: str) -> subprocess.Popen:
    """A Celery worker on the test database, in a process group of its own."""
    at = connection.settings_dict
    variables = {
        **os.environ,
        "DATABASE_URL": f"postgres://{at['USER']}@{at['HOST'].replace('/', '%2F')}/{at['NAME']}",
        "REDIS_URL": redis,
        "SECRET_KEY": settings.SECRET_KEY,
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "--without-mingle"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=variables,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(worker: subprocess.Popen) -> None:
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)


def wait_until(is_so, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


STEPS = {
    # inserting a code asks for a share of its business, which somebody else holds
    "issuing": (
        "SELECT 1 FROM visits_business WHERE id = (SELECT max(id) FROM visits_business) FOR UPDATE",
        {"settled": 1000},
    ),
    "storing the file": (
        "LOCK TABLE visits_codebatchpart IN EXCLUSIVE MODE",
        {"settled": 2000, "printed__gt": 0},
    ),
}


@pytest.mark.faults
@pytest.mark.parametrize("step", STEPS)
def test_a_killed_worker_and_an_emptied_redis_delay_a_batch_and_double_nothing(cast, servers, step):
    shops(2000, cast.xuhui)
    statement, reached = STEPS[step]
    holder = connection.copy()
    holder.set_autocommit(False)
    worker = start_worker(servers["REDIS_URL"])
    try:
        with holder.cursor() as cursor:
            cursor.execute(statement)
        batch = start(cast.panel)  # committed: its message is on the way
        wait_until(lambda: CodeBatch.objects.filter(pk=batch.pk, **reached).exists())
        time.sleep(0.5)
        kill(worker)
    finally:
        holder.rollback()
        holder.close()
        if worker.poll() is None:
            kill(worker)
    redis.Redis.from_url(servers["REDIS_URL"]).flushall()
    batch.refresh_from_db()
    assert (batch.state, services.hand_out(now=timezone.now())) == ("running", [])  # its claim still holds
    worker = start_worker(servers["REDIS_URL"])
    try:
        CodeBatch.objects.update(claimed_until=timezone.now())  # a minute and a half later
        assert services.hand_out(now=timezone.now()) == [batch.pk]
        wait_until(lambda: CodeBatch.objects.filter(pk=batch.pk, state="done").exists())
    finally:
        kill(worker)
    assert len(set(tokens(batch))) == 2000
    batch.refresh_from_db()
    assert (batch.made, batch.printed, batch.pages, Code.objects.count(), doors_with_one_live_code()) == (2000, 2000, 167, 2000, 2000)  # fmt: skip
    assert sum(len(part.content) for part in CodeBatchPart.objects.all()) == batch.file_bytes
