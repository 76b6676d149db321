"""Giving and withdrawing consent, and the notice to be read."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests import factories as make
from visits.consent import queries, rules, services
from visits.consent.models import Consent, ConsentNotice, Scope
from visits.errors import ConsentAlreadyWithdrawn

pytestmark = pytest.mark.django_db
NOW = make.NOW
BOTH = ["share_need", "credit_lookup"]


def give(cast, shop, *recipients, scopes=BOTH, now=NOW, by=None) -> list[Consent]:
    notice = queries.current_notice(now.date())
    return services.give_consent(
        business=shop,
        notice=notice,
        scopes=scopes,
        recipients=recipients,
        signed_name="测试业主",
        by=by,
        now=now,
    )


def test_a_consent_holds_from_the_moment_it_is_given_to_the_second_it_ends(cast):
    shop = make.business()
    (consent,) = give(cast, shop, cast.first_bank)
    ends = NOW + timedelta(days=365)
    moments = (NOW - timedelta(microseconds=1), NOW, ends - timedelta(microseconds=1), ends)
    assert [queries.live_consents(shop, now=now).count() for now in moments] == [0, 1, 1, 0]
    assert consent.expires_at == ends


def test_a_consent_is_asked_by_scope_and_recipient(cast):
    shop = make.business()
    give(cast, shop, cast.first_bank, scopes=["share_need"])
    asked = [
        queries.live_consents(shop, now=NOW, scope=Scope.SHARE_NEED, recipient=cast.first_bank).count(),
        queries.live_consents(shop, now=NOW, scope=Scope.CREDIT_LOOKUP).count(),
        queries.live_consents(shop, now=NOW, recipient=cast.other_bank).count(),
        queries.live_consents(make.business(), now=NOW).count(),
    ]
    assert asked == [1, 0, 0, 0]


def test_naming_a_recipient_twice_gives_one_consent(cast):
    assert len(give(cast, make.business(), cast.first_bank, cast.first_bank, cast.other_bank)) == 2


def test_one_banks_consent_ends_and_the_others_stay(cast):
    shop = make.business()
    first, other = give(cast, shop, cast.first_bank, cast.other_bank)
    later = NOW + timedelta(days=3)
    services.withdraw_consent(consent=first, now=later, reason="企业主来电")
    assert list(queries.live_consents(shop, now=later)) == [other]
    first.refresh_from_db()
    assert (first.withdrawn_at, first.withdrawn_reason) == (later, "企业主来电")


def test_a_withdrawn_consent_no_longer_holds(cast):
    (consent,) = give(cast, make.business(), cast.first_bank)
    services.withdraw_consent(consent=consent, now=NOW)
    assert queries.live_consents(consent.business, now=NOW).count() == 0


def test_a_consent_is_withdrawn_once(cast):
    (consent,) = give(cast, make.business(), cast.first_bank)
    services.withdraw_consent(consent=consent, now=NOW)
    with pytest.raises(ConsentAlreadyWithdrawn):
        services.withdraw_consent(consent=consent, now=NOW + timedelta(days=1))
    consent.refresh_from_db()
    assert consent.withdrawn_at == NOW


def test_the_current_notice_is_the_latest_in_force(cast, api):
    today = timezone.localdate()
    facts = {"title": "授权告知书", "scopes": list(Scope)}
    ConsentNotice.objects.create(version="T-now", text="今天起", effective_from=today, **facts)
    ConsentNotice.objects.create(
        version="T-next", text="明天起", effective_from=today + timedelta(days=1), **facts
    )
    said = api(cast.officer).get("/api/v1/consent-notices/current/").json()
    assert (said["version"], said["text"], said["scopes"]) == (
        "T-now",
        "今天起",
        ["credit_lookup", "share_need"],
    )


def test_without_a_notice_there_is_none(cast, api):
    ConsentNotice.objects.all().delete()
    assert api(cast.officer).get("/api/v1/consent-notices/current/").status_code == 404


def test_an_earlier_notice_may_still_be_signed_and_a_coming_one_not():
    assert queries.notice_in_force("2026-01", date(2024, 10, 15)).version == "2026-01"
    assert queries.notice_in_force("2026-01", date(2024, 10, 14)) is None


@pytest.mark.parametrize("image", [b"", b"\x89PNG", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"<svg/>" * 20])
def test_what_is_no_png_is_no_signature(image):
    assert rules.signature_problem(image) == "签名须为 PNG 图片。"
