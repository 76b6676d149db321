"""When letters leave for an organisation, and who stands in for somebody, as the system administrator enters it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.clock import day_of
from accounts.models import Organisation, User

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def hours(cast, web, first: str, last: str) -> tuple[int, list, tuple]:
    place = cast.first_bank
    body = {
        "name": place.name, "aliases": "", "is_active": "on", "letters_from_hour": first, "letters_until_hour": last,
    }  # fmt: skip
    answer = web(cast.sysadmin).post(f"/admin/accounts/organisation/{place.pk}/change/", body)
    errors = list(answer.context["adminform"].form.errors) if answer.status_code == 200 else []
    kept = Organisation.objects.get(pk=place.pk)
    return answer.status_code, errors, (
        kept.letters_from_hour, kept.letters_until_hour, kept.is_written_to_on_rest_days,
    )  # fmt: skip


@pytest.mark.parametrize(("first", "last", "found"), [
    ("9", "18", (302, [], (9, 18, False))), ("0", "24", (302, [], (0, 24, False))),
    ("23", "24", (302, [], (23, 24, False))), ("", "", (302, [], (None, None, False))),
])  # fmt: skip
def test_hours_of_an_organisation_are_kept(cast, web, first, last, found):
    assert hours(cast, web, first, last) == found


@pytest.mark.parametrize(("first", "last"), [("9", ""), ("", "18"), ("18", "18"), ("18", "9"), ("9", "25")])
def test_hours_that_cannot_be_are_said_at_their_field(cast, web, first, last):
    assert hours(cast, web, first, last) == (200, ["letters_until_hour"], (None, None, True))


def absence(cast, web, person: User, **said) -> tuple[int, list]:
    body = {
        "username": person.username, "name": person.name, "email": person.email, "role": person.role,
        "organisation": person.organisation_id, "is_active": "on",
    } | said  # fmt: skip
    answer = web(cast.sysadmin).post(f"/admin/accounts/user/{person.pk}/change/", body)
    return answer.status_code, list(
        answer.context["adminform"].form.errors
    ) if answer.status_code == 200 else []


def test_somebody_who_fell_ill_is_stood_in_for_by_a_colleague(cast, web):
    today = day_of(timezone.now())
    said = {
        "away_from": today.isoformat(),
        "away_until": (today + DAY).isoformat(),
        "substitute": cast.bank2.pk,
    }
    assert absence(cast, web, cast.bank, **said) == (302, [])
    kept = User.objects.get(pk=cast.bank.pk)
    assert (kept.away_from, kept.away_until, kept.substitute) == (today, today + DAY, cast.bank2)


def test_an_absence_needs_days_and_a_colleague_of_the_same_work(cast, web):
    today = day_of(timezone.now()).isoformat()
    days = {"away_from": today, "away_until": today}
    found = [
        absence(cast, web, cast.bank, **days), absence(cast, web, cast.bank, **days, substitute=cast.bankhead.pk),
        absence(cast, web, cast.bank, away_from=today, substitute=cast.bank2.pk),
    ]  # fmt: skip
    assert found == [(200, ["substitute"]), (200, ["substitute"]), (200, ["away_until"])]


def test_an_absence_that_is_over_is_in_nobodys_way(cast, web):
    User.objects.filter(pk=cast.bank.pk).update(
        away_from=date(2026, 1, 1), away_until=date(2026, 1, 2), substitute=cast.bank2
    )
    said = {
        "away_from": "2026-01-01",
        "away_until": "2026-01-02",
        "substitute": cast.bank2.pk,
        "name": "钱新名",
    }
    assert absence(cast, web, cast.bank, **said) == (302, [])
    assert User.objects.get(pk=cast.bank.pk).name == "钱新名"
