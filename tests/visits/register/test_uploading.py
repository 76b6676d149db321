"""Uploads that lost their message or their transaction."""

import os
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from accounts.errors import NotFound
from tests.visits.register.files import HEADER, row
from visits.models import BusinessList
from visits.register import tasks
from visits.register.models import ImportRun
from visits.register.services import uploading

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def sent(monkeypatch, tmp_path, settings) -> list[int]:
    """The runs whose message would go to a worker."""
    found = []
    monkeypatch.setattr(uploading.current_app, "send_task", lambda name, args, **_: found.append(args[0]))
    settings.VAR_DIR = tmp_path
    return found


def waiting(cast, *, since=MINUTE, **facts) -> ImportRun:
    upload = SimpleUploadedFile("名录.csv", "\n".join([HEADER, row(1)]).encode())
    return uploading.receive(upload=upload, by=cast.city, now=NOW - since, **facts)


def stored() -> list[str]:
    return [path.name for path in uploading.uploads_dir().iterdir()]


def test_a_run_whose_message_got_lost_is_handed_out_after_a_minute(cast, sent):
    run = waiting(cast)
    assert (uploading.hand_out(now=NOW - timedelta(microseconds=1)), sent) == (None, [])
    assert (uploading.hand_out(now=NOW), sent) == (run.pk, [run.pk])
    assert (uploading.hand_out(now=NOW), sent) == (None, [run.pk])
    tasks.import_register(run.pk)
    assert (uploading.hand_out(now=NOW + 9 * MINUTE), sent) == (None, [run.pk])


def test_the_longest_waiting_goes_first_and_the_next_one_a_tick_later(cast, sent):
    second, first = waiting(cast, since=2 * MINUTE), waiting(cast, since=3 * MINUTE)
    assert [uploading.hand_out(now=NOW) for _ in range(3)] == [first.pk, second.pk, None]


@pytest.mark.parametrize(("since", "handed"), [(timedelta(minutes=29), False), (timedelta(minutes=30), True)])
def test_nothing_is_handed_out_beside_an_import_that_may_still_run(cast, since, handed):
    run = waiting(cast)
    ImportRun.objects.create(file_name="甲.csv", state="running", started_at=NOW - since)
    assert uploading.hand_out(now=NOW) == (run.pk if handed else None)


def test_a_run_of_the_command_line_is_its_own_business(sent):
    ImportRun.objects.create(
        file_name="甲.csv", path="/data/甲.csv", state="waiting", started_at=NOW - MINUTE
    )
    assert (uploading.hand_out(now=NOW), sent) == (None, [])


def test_the_tick_and_the_command_do_the_same(cast, sent):
    first, second = waiting(cast, since=3 * MINUTE), waiting(cast, since=2 * MINUTE)
    tasks.hand_out_imports()
    out = StringIO()
    call_command("hand_out_imports", stdout=out)
    assert (sent, out.getvalue()) == ([first.pk, second.pk], f"{second.pk}\n")


def test_an_upload_that_is_refused_leaves_no_file(cast):
    with pytest.raises(NotFound):
        waiting(cast, list=BusinessList(code="no-such-list"))
    assert (stored(), ImportRun.objects.count()) == ([], 0)


def test_the_file_of_a_rolled_back_upload_is_forgotten_after_a_day(cast):
    kept = waiting(cast)
    lost = waiting(cast)
    ImportRun.objects.filter(pk=lost.pk).delete()
    for run in (kept, lost):
        os.utime(run.path, (NOW.timestamp(), NOW.timestamp()))
    counts = []
    for later in (uploading.ORPHANED_AFTER, uploading.ORPHANED_AFTER + timedelta(seconds=1)):
        uploading.hand_out(now=NOW + later)
        counts.append(len(stored()))
    assert counts == [2, 1]
