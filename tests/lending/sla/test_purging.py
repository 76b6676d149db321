"""The nightly purge: what has expired goes, to the second, and nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery.schedules import crontab
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from accounts import purging
from accounts.idempotency_record import IdempotencyRecord
from lending.models import DeliveryReport, Sweep
from lending.sla.purging import purge_expired
from lending.sla.sweep import sweep
from lending.sla.tasks import purge_expired as tick
from tests.factories import NOW

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def answer(expires_at):
    key = str(IdempotencyRecord.objects.count())
    return IdempotencyRecord.objects.create(
        caller="user:1", key=key, body_digest="x", created_at=NOW, expires_at=expires_at
    )


def session(expires_at):
    return Session.objects.create(
        session_key=f"s{Session.objects.count()}", session_data="", expire_date=expires_at
    )


def sign_in(model, at):
    facts = {"failures_since_start": 1} if model is AccessAttempt else {}
    row = model.objects.create(
        username="x", user_agent=str(model.objects.count()), ip_address="10.0.0.1", **facts
    )
    model.objects.filter(pk=row.pk).update(attempt_time=at)
    return row


def swept(at):
    return Sweep.objects.create(at=at, took_ms=1)


def reported(at):
    return DeliveryReport.objects.create(digest=str(DeliveryReport.objects.count()), received_at=at)


@pytest.mark.parametrize(("made", "name", "kept", "gone"), [
    (answer, "answers", NOW + SECOND, NOW),
    (session, "sessions", NOW, NOW - SECOND),
    (lambda at: sign_in(AccessAttempt, at), "sign_ins", NOW - timedelta(days=400), NOW - timedelta(days=400) - SECOND),
    (lambda at: sign_in(AccessLog, at), "sign_ins", NOW - timedelta(days=400), NOW - timedelta(days=400) - SECOND),
    (lambda at: sign_in(AccessFailureLog, at), "sign_ins", NOW - timedelta(days=400),
     NOW - timedelta(days=400) - SECOND),
    (swept, "sweeps", NOW - timedelta(days=90), NOW - timedelta(days=90) - SECOND),
    (reported, "reports", NOW - timedelta(days=180), NOW - timedelta(days=180) - SECOND),
])  # fmt: skip
def test_what_has_expired_goes_and_the_rest_stays(made, name, kept, gone):
    stays, goes = made(kept), made(gone)
    counted = purge_expired(now=NOW)
    left = list(type(stays).objects.filter(pk__in=[stays.pk, goes.pk]))
    assert (counted, left) == ({**dict.fromkeys(counted, 0), name: 1}, [stays])


def test_many_rows_go_in_batches(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(purging, "BATCH", 2)
    Sweep.objects.bulk_create(Sweep(at=NOW, took_ms=number) for number in range(5))
    with django_assert_num_queries(7):  # three pairs of reading and deleting, and the look that finds nothing
        gone = purging.delete_in_batches(Sweep.objects.all())
    assert (gone, Sweep.objects.count()) == (5, 0)


def test_the_sweep_itself_deletes_nothing():
    old = swept(datetime(2020, 1, 1, tzinfo=UTC))
    sweep(now=NOW)
    assert Sweep.objects.filter(pk=old.pk).count() == 1


def test_the_command_and_the_tick_do_the_same(capsys):
    counts = []
    for deed in (lambda: call_command("purge_expired"), tick.run):
        swept(timezone.now() - timedelta(days=91))
        deed()
        counts.append(Sweep.objects.count())
    assert json.loads(capsys.readouterr().out) == {
        "answers": 0, "sessions": 0, "sign_ins": 0, "sweeps": 1, "reports": 0, "photos": 0, "code_files": 0,
        "code_batches": 0,
    }  # fmt: skip
    assert counts == [0, 0]


def test_the_tick_comes_at_night_by_the_clock_and_not_a_day_after_beat_was_started():
    entry = settings.CELERY_BEAT_SCHEDULE["purge-expired"]
    assert (entry["task"], entry["schedule"]) == ("lending.purge_expired", crontab(hour=3, minute=40))
