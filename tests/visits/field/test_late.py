"""Visits made without network: what changed between the door and the upload, and phones whose clock is wrong."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lending.models import FinancingCase
from lending.workflow import advance
from tests import factories as make
from tests.visits.field.test_record import plain
from visits.codes import rules, services
from visits.consent.services import withdraw_consent
from visits.models import Consent, RefusedScan, Visit
from visits.protection.models import VisitPolicy
from visits.protection.services import ask_do_not_disturb

pytestmark = pytest.mark.django_db
URL = "/api/v1/visits/"
HOUR = timedelta(hours=1)


def made(of, ago: timedelta, *, wrong_by=timedelta(), sent_wrong_by=None, **changes) -> dict:
    """A visit that ended so long `ago`, told by a phone whose clock was `wrong_by` then and `sent_wrong_by` at sending."""
    now = timezone.now()
    body = make.visit_body(of, ended_at=now - ago + wrong_by, channel="outbox", **changes)
    sent_at = now + (wrong_by if sent_wrong_by is None else sent_wrong_by)
    return body | {"sent_at": sent_at.isoformat()}


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_three_days_off_loses_no_visit_and_is_put_right(cast, api, days):
    answer = api(cast.officer).post(URL, made(make.business(), 2 * HOUR, wrong_by=timedelta(days=days)))
    visit = Visit.objects.get()
    assert (answer.status_code, answer.json()["status"]) == (201, "ok")
    assert abs(visit.ended_at - (timezone.now() - 2 * HOUR)) < timedelta(minutes=1)
    assert visit.ended_at - visit.started_at == timedelta(minutes=10)
    assert abs(visit.clock_skew_s + days * 86_400) < 60


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_was_set_right_before_sending_loses_no_visit(cast, api, days):
    body = made(make.business(), HOUR, wrong_by=timedelta(days=days), sent_wrong_by=timedelta())
    assert api(cast.officer).post(URL, body).status_code == 201
    visit = Visit.objects.get()
    told = timezone.now() - HOUR + timedelta(days=days)
    # three days behind looks like three days in the outbox; three days ahead has not been yet, so it ended as it came
    expected = told if days < 0 else timezone.now()
    assert abs(visit.ended_at - expected) < timedelta(minutes=1)
    assert visit.started_at <= visit.ended_at <= visit.recorded_at


def test_a_clock_a_few_minutes_off_is_left_alone_and_told(cast, api):
    body = made(make.business(), timedelta(minutes=20), wrong_by=timedelta(minutes=-9))
    assert api(cast.officer).post(URL, body).status_code == 201
    visit = Visit.objects.get()
    assert visit.ended_at == timezone.datetime.fromisoformat(body["ended_at"])
    assert 530 <= visit.clock_skew_s <= 550


@pytest.mark.parametrize("sent", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"])
def test_an_impossible_clock_is_answered_in_words(cast, api, sent):
    body = plain(make.business(), sent_at=sent, channel="outbox")
    answer = api(cast.officer).post(URL, body)
    assert answer.status_code in (201, 400)
    assert set(answer.json().get("fields", {})) <= {"started_at", "ended_at", "sent_at"}


def test_a_dead_battery_that_set_the_clock_to_1970_loses_nothing(cast, api):
    old = {"started_at": "1970-01-01T00:10:00Z", "ended_at": "1970-01-01T00:20:00Z"}
    body = plain(make.business(), channel="outbox", sent_at="1970-01-01T01:00:00Z") | old
    assert api(cast.officer).post(URL, body).status_code == 201
    assert abs(timezone.now() - timedelta(minutes=40) - Visit.objects.get().ended_at) < timedelta(minutes=1)


def test_the_same_visit_sent_again_at_another_time_by_another_way_is_the_same(cast, api):
    body = made(make.business(), HOUR)
    first = api(cast.officer).post(URL, body)
    later = (timezone.now() + timedelta(days=2)).isoformat()
    again = api(cast.officer).post(URL, body | {"sent_at": later, "channel": "form"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert Visit.objects.get().channel == "outbox"


@pytest.mark.parametrize(("revoked_ago", "status"), [(HOUR, 201), (3 * HOUR, 422)])
def test_a_code_revoked_after_the_visit_held_and_one_revoked_before_did_not(cast, api, revoked_ago, status):
    shop, now = make.business(), timezone.now()
    code = services.issue_code(subject=shop, by=cast.panel, now=now - timedelta(days=9))
    services.revoke(code=code, by=cast.panel, now=now - revoked_ago, reason="补发")
    body = made(shop, 2 * HOUR, code=rules.token_for(code.secret))
    answer = api(cast.officer).post(URL, body)
    assert (answer.status_code, answer.json()["reason"]) == (status, "" if status == 201 else "code_revoked")
    assert list(Visit.objects.values_list("code", flat=True)) == ([code.pk] if status == 201 else [])
    assert RefusedScan.objects.count() == (0 if status == 201 else 1)


@pytest.mark.parametrize(("expired_ago", "status"), [(HOUR, 201), (3 * HOUR, 422)])
def test_a_code_that_expired_after_the_visit_held(cast, api, expired_ago, status):
    shop, now = make.business(), timezone.now()
    code = services.issue_code(subject=shop, by=cast.panel, now=now - timedelta(days=365) - expired_ago)
    body = made(shop, 2 * HOUR, code=rules.token_for(code.secret))
    assert api(cast.officer).post(URL, body).status_code == status


def test_a_clock_behind_does_not_bring_a_revoked_code_back(cast, api):
    shop, now = make.business(), timezone.now()
    code = services.issue_code(subject=shop, by=cast.panel, now=now - timedelta(days=9))
    services.revoke(code=code, by=cast.panel, now=now - timedelta(days=1), reason="补发")
    body = made(shop, HOUR, wrong_by=timedelta(days=-3), code=rules.token_for(code.secret))
    assert (api(cast.officer).post(URL, body).json()["reason"], Visit.objects.count()) == ("code_revoked", 0)


def test_a_consent_withdrawn_since_is_kept_as_withdrawn_and_the_others_hold(cast, api):
    shop = make.business()
    api(cast.officer).post(URL, made(shop, 5 * HOUR, banks=(cast.first_bank, cast.other_bank)))
    taken_back = timezone.now() - HOUR
    withdraw_consent(consent=Consent.objects.get(recipient=cast.first_bank), now=taken_back)
    late = made(shop, 2 * HOUR, banks=(cast.first_bank, cast.other_bank))
    assert api(cast.officer).post(URL, late).status_code == 201
    stands = Consent.objects.filter(signing__visit_id=late["id"]).order_by("recipient__code")
    assert [(one.recipient, one.withdrawn_at) for one in stands] == [
        (cast.xuhui, None),
        (cast.first_bank, taken_back),
        (cast.other_bank, None),
    ]


def test_a_consent_signed_after_the_withdrawal_holds(cast, api):
    shop = make.business()
    api(cast.officer).post(URL, made(shop, 5 * HOUR, banks=(cast.first_bank,)))
    for consent in Consent.objects.all():
        withdraw_consent(consent=consent, now=timezone.now() - 3 * HOUR)
    late = made(shop, HOUR, banks=(cast.first_bank,))
    api(cast.officer).post(URL, late)
    stands = Consent.objects.filter(signing__visit_id=late["id"])
    assert [one.withdrawn_at for one in stands] == [None, None]


def test_where_every_consent_was_withdrawn_since_no_lookup_may_follow(cast, api):
    shop = make.business()
    api(cast.officer).post(URL, made(shop, 5 * HOUR, banks=(cast.first_bank,)))
    withdraw_consent(consent=Consent.objects.get(recipient=cast.xuhui), now=timezone.now() - HOUR)
    advance(FinancingCase.objects.get(), "withdrawn", by=None, now=timezone.now(), kind="withdrawn")
    answer = api(cast.officer).post(URL, made(shop, 2 * HOUR, banks=(cast.first_bank,))).json()
    assert (answer["status"], answer["missing"]) == ("incomplete", ["consent"])
    assert FinancingCase.objects.exclude(stage="withdrawn").get().stage == "intake"


def test_a_consent_counts_from_the_signing_and_not_from_the_upload(cast, api):
    body = made(make.business(), timedelta(days=4))
    api(cast.officer).post(URL, body)
    given = Consent.objects.get()
    assert given.given_at == given.signing.signed_at == Visit.objects.get().ended_at


def test_a_follow_up_that_arrives_before_the_first_visit_leads_to_the_same_case(cast, api):
    """The first told the amount without a consent, the second brought the consent and nothing else."""
    for order in ((0, 1), (1, 0)):
        shop = make.business()
        visits = (
            made(shop, 5 * HOUR, consent=None),
            made(shop, HOUR, need={"purpose": "orders"}, banks=(cast.first_bank,)),
        )
        for place in order:
            assert api(cast.officer).post(URL, visits[place]).status_code == 201
        case = FinancingCase.objects.get(business=shop)
        assert (case.stage, case.amount_yuan, str(case.need.visit_id)) == (
            "authorised", 500000, visits[0]["id"],
        ), order  # fmt: skip


def test_of_two_whole_needs_that_arrive_in_the_wrong_order_the_later_told_one_counts(cast, api):
    shop = make.business()
    newer, older = made(shop, HOUR, consent=None), made(shop, 5 * HOUR, banks=(cast.first_bank,))
    older["need"]["amount_yuan"] = "1000.00"
    for body in (newer, older):
        api(cast.officer).post(URL, body)
    case = FinancingCase.objects.get()
    assert (case.stage, case.amount_yuan) == ("authorised", 500000)


def test_a_visit_from_before_the_return_answers_nothing_that_was_asked_after_it(cast, api):
    shop = make.business()
    api(cast.officer).post(URL, made(shop, 5 * HOUR))
    FinancingCase.objects.update(stage="returned", stage_since=timezone.now())
    answer = api(cast.officer).post(URL, made(shop, HOUR)).json()
    assert (answer["reason"], FinancingCase.objects.get().stage) == ("case_already_open", "returned")


@pytest.fixture
def undisturbed(cast):
    shop = make.business()
    asked = timezone.now() - timedelta(days=1)
    ask_do_not_disturb(business=shop, until_on=timezone.localdate() + timedelta(days=30), now=asked)
    return shop


def policy(answer: str) -> None:
    VisitPolicy.objects.update(answer=answer)


def test_against_protection_a_reason_is_asked_and_kept(cast, api, undisturbed):
    policy("reason")
    body = plain(undisturbed)
    refused = api(cast.officer).post(URL, body)
    said = refused.json()
    assert (refused.status_code, said["code"], said["status"]) == (422, "visit_protected", "error")
    assert (said["marks"], list(said["fields"]), Visit.objects.count()) == (
        ["do_not_disturb"],
        ["protection_reason"],
        0,
    )
    assert api(cast.officer).post(URL, body | {"protection_reason": "业主来电要求"}).status_code == 201
    kept = Visit.objects.get()
    assert (kept.protection_marks, kept.protection_reason) == (["do_not_disturb"], "业主来电要求")


def test_a_policy_that_refuses_refuses_in_person_whatever_the_reason(cast, api, undisturbed):
    policy("refuse")
    answer = api(cast.officer).post(URL, plain(undisturbed, protection_reason="想去"))
    assert (answer.status_code, answer.json()["code"]) == (422, "visit_refused_by_protection")
    by_phone = plain(undisturbed, mode="phone", protection_reason="补材料")
    assert api(cast.officer).post(URL, by_phone).status_code == 201


def test_a_policy_that_marks_only_marks(cast, api, undisturbed):
    policy("mark")
    assert api(cast.officer).post(URL, plain(undisturbed)).status_code == 201
    assert Visit.objects.get().protection_marks == ["do_not_disturb"]


@pytest.mark.parametrize("answer", ["reason", "refuse"])
def test_a_visit_made_without_network_is_kept_and_marked_whatever_the_policy(cast, api, undisturbed, answer):
    policy(answer)
    body = made(undisturbed, 2 * HOUR, outcome="no_need", need=None, consent=None)
    assert api(cast.officer).post(URL, body).status_code == 201
    assert Visit.objects.get().protection_marks == ["do_not_disturb"]
    just_now = made(undisturbed, timedelta(minutes=1), outcome="no_need", need=None, consent=None)
    assert api(cast.officer).post(URL, just_now).status_code == 422


def test_an_unknown_channel_is_refused_and_file_is_not_for_the_api(cast, api):
    for channel in ("pigeon", "file", 5, None):
        answer = api(cast.officer).post(URL, plain(make.business(), channel=channel))
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["channel"])


def test_who_withdraws_while_the_form_is_open_and_signs_again_has_signed(cast, api):
    shop, now = make.business(), timezone.now()
    assert api(cast.officer).post(URL, make.visit_body(shop, banks=(cast.first_bank,))).status_code == 201
    withdraw_consent(consent=Consent.objects.get(recipient=cast.first_bank), now=now)
    form = make.visit_body(shop, banks=(cast.first_bank,), channel="form", ended_at=now)
    assert api(cast.officer).post(URL, form | {"ended_at": None}).status_code == 201
    assert Consent.objects.get(signing__visit_id=form["id"], recipient=cast.first_bank).withdrawn_at is None
