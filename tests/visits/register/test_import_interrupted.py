"""Nothing half-loaded: faults, kills and two imports at once, with real transactions."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Organisation
from tests.visits.register.files import code, row, write
from visits.register import merging, staging
from visits.register.models import Business, ImportRun
from visits.register.scan import UnusableFile
from visits.register.services import importing

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "register.csv", *[row(number) for number in range(1, 501)])


def pudong() -> Organisation:
    return Organisation.objects.get(code="310115")


def begin(path) -> ImportRun:
    return importing.begin(path=path, by=None, now=timezone.now())


@pytest.fixture(params=["upsert", "bulk"])
def way(request, monkeypatch):
    """Both ways from the stage to the register."""
    monkeypatch.setattr(merging, "BULK_ROWS", 1 if request.param == "bulk" else 10**9)
    return request.param


@pytest.mark.parametrize("step", ["take_repeats", "merge", "clear"])
def test_a_fault_at_any_step_leaves_nothing_and_the_rerun_is_whole(path, way, monkeypatch, step):
    run = begin(path)
    with monkeypatch.context() as broken:
        calls = iter([None, "boom"] if step == "clear" else ["boom"])
        where = merging if step == "merge" else staging
        real = getattr(where, step)

        def fail(*args, **kwargs):
            if next(calls) == "boom":
                raise RuntimeError("boom")
            return real(*args, **kwargs)

        broken.setattr(where, step, fail)
        with pytest.raises(RuntimeError):
            importing.carry_out(run=run, now=timezone.now())
    run.refresh_from_db()
    assert (Business.objects.count(), run.state, "RuntimeError" in run.problem) == (0, "interrupted", True)
    assert importing.carry_out(run=run, now=timezone.now()).created == 500
    run.refresh_from_db()
    assert (Business.objects.count(), run.state, run.created, run.progress_pct) == (500, "done", 500, 100)


def test_both_ways_write_the_same_rows(path, way):
    """Of 500 rows 100 are there already, ten of them with other facts and one moved by hand."""
    start = write(
        path.parent / "start.csv",
        *[row(n, 注册资金="9万人民币" if n <= 10 else "50(万元人民币)") for n in range(1, 101)],
    )
    importing.carry_out(run=begin(start), now=timezone.now())
    Business.objects.filter(credit_code=code(5)).update(district=None, district_source="none")
    Business.objects.filter(credit_code=code(6)).update(district=pudong(), district_source="hand")
    counts = importing.carry_out(run=begin(path), now=timezone.now())
    assert (counts.created, counts.updated, counts.unchanged) == (400, 10, 90)
    moved = Business.objects.get(credit_code=code(6))
    assert (moved.district_id, moved.district_source, moved.capital_text) == (
        pudong().pk,
        "hand",
        "50(万元人民币)",
    )
    assert (
        Business.objects.filter(
            capital_text="50(万元人民币)", imported_by=ImportRun.objects.latest("pk")
        ).count()
        == 410
    )


def test_the_indexes_and_keys_are_all_there_after_a_bulk_load(path, monkeypatch):
    monkeypatch.setattr(merging, "BULK_ROWS", 1)
    asked = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'visits_business' UNION ALL SELECT conname, "
        "pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'visits_business'::regclass ORDER BY 1, 2"
    )
    before = staging.rows(asked)
    importing.carry_out(run=begin(path), now=timezone.now())
    assert staging.rows(asked) == before


def test_a_run_that_is_done_is_not_carried_out_again(path):
    run = begin(path)
    importing.carry_out(run=run, now=timezone.now())
    with pytest.raises(Conflict):
        importing.carry_out(run=run, now=timezone.now())
    assert ImportRun.objects.get().state == "done"


def start_process(path) -> subprocess.Popen:
    """The real command on the test database, held up before the merge by a lock on the register."""
    settings = connection.settings_dict
    url = f"postgres://{settings['USER']}@{settings['HOST'].replace('/', '%2F')}/{settings['NAME']}"
    variables = {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": "test",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    command = [sys.executable, "manage.py", "import_register", str(path)]
    return subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_until(is_so, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


@pytest.mark.faults
@pytest.mark.parametrize(("how", "state"), [(signal.SIGKILL, "running"), (signal.SIGTERM, "interrupted")])
def test_a_killed_import_leaves_nothing_and_the_next_one_buries_it(path, how, state):
    holder = connection.copy()
    holder.set_autocommit(False)
    try:
        with holder.cursor() as cursor:
            cursor.execute("LOCK TABLE visits_business IN SHARE MODE")
        process = start_process(path)
        wait_until(lambda: ImportRun.objects.filter(progress_pct=75).exists())
        process.send_signal(how)
        if how == signal.SIGTERM:
            holder.rollback()  # Python answers the signal when the statement it waits for is over
        process.communicate(timeout=30)
    finally:
        holder.rollback()
        holder.close()
    wait_until(lambda: not staging.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"))
    assert (Business.objects.count(), ImportRun.objects.get().state) == (0, state)
    out = StringIO()
    call_command("import_register", str(path), stdout=out)
    assert json.loads(out.getvalue())["created"] == 500
    assert list(ImportRun.objects.order_by("pk").values_list("state", flat=True)) == ["interrupted", "done"]


def test_two_imports_at_once_take_turns(path):
    results = []

    def work() -> None:
        try:
            results.append(importing.carry_out(run=begin(path), now=timezone.now()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((counts.created, counts.unchanged) for counts in results) == [(0, 500), (500, 0)]
    assert Business.objects.count() == 500


def test_progress_is_seen_by_others_while_the_rows_are_not(path, monkeypatch):
    seen = []
    real = merging.merge

    def look(*args, **kwargs):
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT state, progress_pct FROM visits_importrun")
            seen.append(cursor.fetchone())
            cursor.execute("SELECT count(*) FROM visits_business")
            seen.append(cursor.fetchone())
        other.close()
        return real(*args, **kwargs)

    monkeypatch.setattr(merging, "merge", look)
    importing.carry_out(run=begin(path), now=timezone.now())
    assert seen == [("running", 75), (0,)]


@pytest.mark.parametrize(
    ("content", "errors", "state", "words"),
    [
        (b"%PDF-1.7", None, "refused", "PDF"),
        (None, "/nowhere/errors.csv", "interrupted", "FileNotFoundError"),
    ],
)
def test_what_cannot_begin_stands_on_the_run(path, content, errors, state, words):
    if content:
        path.write_bytes(content)
    with pytest.raises((UnusableFile, OSError)):
        importing.carry_out(run=begin(path), now=timezone.now(), errors=errors and Path(errors))
    run = ImportRun.objects.get()
    assert (run.state, words in run.problem) == (state, True)
