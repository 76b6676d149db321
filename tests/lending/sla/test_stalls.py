"""A sweep that stands still: when it counts as one, who is told, once, and when it is over."""

from datetime import timedelta

import pytest

from lending.models import Stall, Sweep
from lending.sla import stalls
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW, LATE, SECOND, MINUTE = make.NOW, timedelta(minutes=5), timedelta(seconds=1), timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=9)


@pytest.fixture
def swept(cast):
    return Sweep.objects.create(at=NOW, took_ms=1)


def look(now, watching_since=LONG_AGO):
    return stalls.look(now=now, late=LATE, watching_since=watching_since)


def told(smtp) -> list[str]:
    return sorted(letter["To"] for letter in smtp.letters)


def test_five_minutes_are_borne_and_a_second_more_is_a_standstill(swept, smtp):
    assert (look(NOW + LATE), told(smtp)) == (None, [])
    stall = look(NOW + LATE + SECOND)
    assert (stall.since, stall.noticed_at, told(smtp)) == (
        NOW, NOW + LATE + SECOND, ["city@test.invalid", "sysadmin@test.invalid"],
    )  # fmt: skip


def test_it_is_told_once(swept, smtp):
    for minutes in (6, 7, 8):
        look(NOW + minutes * MINUTE)
    assert (len(smtp.letters), Stall.objects.count(), Stall.objects.get().told) == (
        2, 1, ["city@test.invalid", "sysadmin@test.invalid"],
    )  # fmt: skip


def test_after_a_night_switched_off_the_sweep_has_five_minutes_to_begin(swept, smtp):
    morning = NOW + timedelta(hours=12)
    quiet = [look(morning + at, watching_since=morning) for at in (timedelta(0), LATE)]
    assert (quiet, look(morning + LATE + SECOND, watching_since=morning).since) == ([None, None], NOW)


def test_a_site_that_has_never_swept_is_told_of_too(cast, smtp):
    assert (look(NOW).since, len(smtp.letters), "从未运行过" in smtp.letters[0].get_content()) == (
        stalls.NEVER, 2, True,
    )  # fmt: skip


def test_a_sweep_ends_it_and_the_next_standstill_is_another(swept, smtp):
    look(NOW + 6 * MINUTE)
    later = NOW + timedelta(hours=3)
    Sweep.objects.create(at=later, took_ms=1)
    look(later + SECOND)
    ended = Stall.objects.get().ended_at
    look(later + 6 * MINUTE)
    assert (ended, Stall.objects.count(), len(smtp.letters)) == (later, 2, 4)


def test_a_sweep_that_comes_and_goes_is_told_of_once_an_hour(swept, smtp):
    look(NOW + 6 * MINUTE)
    Sweep.objects.create(at=NOW + 10 * MINUTE, took_ms=1)
    within = [look(NOW + minutes * MINUTE) and len(smtp.letters) for minutes in (16, 60, 66)]
    look(NOW + 66 * MINUTE + SECOND)
    assert (within, len(smtp.letters)) == ([2, 2, 4], 4)


def test_a_refused_letter_is_tried_again_at_the_next_look_and_the_others_are_told_meanwhile(swept, smtp):
    smtp.refused["city@test.invalid"] = "451 greylisted"
    look(NOW + 6 * MINUTE)
    stall = Stall.objects.get()
    first = (stall.told, stall.last_error)
    smtp.refused.clear()
    look(NOW + 7 * MINUTE)
    assert (first, told(smtp)) == (
        (["sysadmin@test.invalid"], ""), ["city@test.invalid", "sysadmin@test.invalid"],
    )  # fmt: skip


def test_a_dead_mail_server_is_noted_and_tried_again(swept, smtp, settings):
    port, settings.EMAIL_PORT = smtp.port, 1
    look(NOW + 6 * MINUTE)
    error = Stall.objects.get().last_error.partition(":")[0]
    settings.EMAIL_PORT = port
    look(NOW + 7 * MINUTE)
    assert (error, len(smtp.letters)) == ("ConnectionRefusedError", 2)


def test_the_city_s_own_mailbox_is_told_once_and_who_has_left_is_not(swept, smtp, cast):
    cast.city.organisation.email = "City@test.invalid"
    cast.city.organisation.save()
    cast.sysadmin.is_active = False
    cast.sysadmin.save()
    look(NOW + 6 * MINUTE)
    assert told(smtp) == ["city@test.invalid"]


@pytest.mark.parametrize(
    ("language", "words"), [("", "巡检自 2026年11月20日 10:00 起"), ("zh-hans", "至今 6 分钟")]
)
def test_the_letter_says_since_when_and_what_to_do(swept, smtp, cast, settings, language, words):
    cast.sysadmin.letters_language = language
    cast.sysadmin.save()
    look(NOW + 6 * MINUTE)
    text = next(mail for mail in smtp.letters if mail["To"] == "sysadmin@test.invalid").get_content()
    wanted = (words, "sweep_deadlines --send", "https://doorstep.example.cn/readyz")
    assert [one in text for one in wanted] == [True, True, True]


def test_nobody_to_tell_is_a_matter_for_the_log(swept, caplog):
    from accounts.models import User

    User.objects.update(email="")
    look(NOW + 6 * MINUTE)
    assert ("nobody can be told" in caplog.text, Stall.objects.get().told) == (True, [])
