"""The age of the last sweep, in words: /readyz, /metrics and both dashboards."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone, translation

from config import health
from lending.models import Alert, Stall, Sweep
from lending.sla.pulse import ago, pulse, waiting
from lending.sla.sweep import sweep
from tests import factories as make
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(("age", "words"), [
    (59 * SECOND, "刚刚"), (60 * SECOND, "1 分钟前"), (60 * MINUTE - SECOND, "59 分钟前"), (60 * MINUTE, "1 小时前"),
    (24 * 60 * MINUTE - SECOND, "23 小时前"), (24 * 60 * MINUTE, "1 天前"),
])  # fmt: skip
def test_the_age_is_told_in_the_largest_unit_that_is_full(age, words):
    assert ago(age) == words


@pytest.mark.parametrize(("age", "state"), [(300 * SECOND, "ok"), (301 * SECOND, "late")])
def test_late_begins_a_second_after_five_minutes(age, state):
    Sweep.objects.create(at=make.NOW, took_ms=1)
    assert pulse(make.NOW + age).state == state


def test_a_pass_in_the_future_does_not_hide_a_standstill():
    Sweep.objects.create(at=make.NOW - 7 * MINUTE, took_ms=1)
    Sweep.objects.create(at=make.NOW + SECOND, took_ms=1)
    assert pulse(make.NOW)[1:] == (420.0, "late", "7 分钟前")


def test_a_site_that_never_swept_says_so():
    assert pulse(make.NOW) == (None, None, "never", "尚未巡检")


def test_ready_tells_the_age_in_words(client):
    Sweep.objects.create(at=timezone.now() - 12 * MINUTE, took_ms=1)
    answer = client.get("/readyz")
    body = answer.json()
    assert (answer.status_code, body["sweep"], body["last_sweep"], 720 <= body["last_sweep_age_seconds"] < 780) == (
        200, "late", "12 分钟前", True,
    )  # fmt: skip


def test_ready_without_a_database_knows_nothing_of_the_sweep(client, monkeypatch):
    def gone(**_facts):
        raise OperationalError("gone")

    monkeypatch.setattr("lending.sla.pulse.last_sweep_at", gone)
    monkeypatch.setattr(health, "_database_answers", lambda: False)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["sweep"], answer.json()["last_sweep"]) == (503, "unknown", None)


def test_what_waits_is_counted_with_the_age_of_the_oldest(cast):
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    Stall.objects.create(since=make.NOW, noticed_at=make.NOW)
    Alert.objects.filter(pk=Alert.objects.first().pk).update(send_after=clock.due_at + 2 * MINUTE)
    assert waiting(clock.due_at + MINUTE) == {
        "letters": Alert.objects.count() - 1, "late_seconds": 60.0, "stalls": 1,
    }  # fmt: skip


def test_metrics_tell_what_waits(client):
    said = client.get("/metrics").content.decode()
    names = (
        "doorstep_letters_waiting 0",
        "doorstep_oldest_letter_waiting_seconds 0",
        "doorstep_sweep_stalls_open 0",
    )
    assert [f"\n{name}\n" in said for name in names] == [True] * 3


@pytest.mark.parametrize(("path", "who"), [("/city/", "city"), ("/district/", "panel")])
@pytest.mark.parametrize(
    ("minutes", "words", "is_warned"), [(2, "时限巡检 2 分钟前", False), (7, "时限巡检 7 分钟前", True)]
)
def test_dashboards_tell_when_the_clocks_were_last_looked_at(cast, web, path, who, minutes, words, is_warned):
    Sweep.objects.create(at=timezone.now() - minutes * MINUTE, took_ms=1)
    with translation.override("zh-hans"):
        page = web(getattr(cast, who)).get(path).content.decode()
    assert (words in page, "巡检已停止" in page) == (True, is_warned)
