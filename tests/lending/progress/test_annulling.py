"""登记错了: the visit that opened a case is taken back with it, while nothing has been done."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from accounts.errors import NotFound
from lending.credit_lookup.services import look_up
from lending.dashboard import facts
from lending.district_review.services import review
from lending.errors import NoConsent, TooLateToAnnul
from lending.progress.annulling import WITHIN, annul_origin
from lending.progress.withdrawing import withdraw_all_consents
from tests.factories import NOW
from tests.lending import story
from tests.lending.test_opening_race import wait_for_a_waiter
from visits.consent.queries import consents_for_lookup
from visits.field.services import record_visit
from visits.models import Consent, Visit

LATER = NOW + timedelta(hours=1)
ALONE = pytest.mark.django_db
TOGETHER = pytest.mark.django_db(transaction=True)


def annul(case, cast, *, by=None, now=LATER):
    annul_origin(case=story.fresh(case), by=by or cast.officer, now=now, reason="点错了")


@ALONE
@pytest.mark.parametrize("is_whole", [True, False])
def test_visit_case_and_consents_end_together_and_the_log_says_why(cast, is_whole):
    need = {} if is_whole else {"scopes": ("share_need",)}
    case = story.visited(cast, **need)
    annul(case, cast)
    case, visit = story.fresh(case), Visit.objects.get()
    last = case.events.order_by("seq").last()
    assert (case.stage, last.kind, last.by, last.detail["reason"]) == (
        "withdrawn", "visit_annulled", cast.officer, "点错了",
    )  # fmt: skip
    assert (visit.annulled_by, visit.annulled_reason) == (cast.officer, "点错了")
    assert set(Consent.objects.values_list("withdrawn_at", flat=True)) == {LATER}


@ALONE
def test_a_consent_that_the_owner_took_back_keeps_its_moment(cast):
    case = story.visited(cast)
    withdraw_all_consents(case=case, now=NOW)
    annul(case, cast)
    assert (set(Consent.objects.values_list("withdrawn_at", flat=True)), story.fresh(case).stage) == (
        {NOW},
        "withdrawn",
    )


def looked_up(cast):
    return story.looked_up(cast)


def joined(cast):
    case = story.visited(cast)
    record_visit(said=story.said(case.business), by=cast.officer2, now=NOW)
    return case


def returned(cast):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="缺租约")
    return case


def pushed(cast):
    return story.pushed(cast).case


@ALONE
@pytest.mark.parametrize("told", [looked_up, joined, returned, pushed])
def test_what_somebody_has_worked_on_is_the_teams(cast, web, told):
    case = told(cast)
    before = story.fresh(case).stage
    with pytest.raises(TooLateToAnnul):
        annul(case, cast)
    assert (story.fresh(case).stage, Visit.objects.filter(annulled_at__isnull=False).count()) == (before, 0)
    page = web(cast.officer).get(f"/m/cases/{case.number}/").content.decode()
    assert ("请联系区级工作专班,由专班终止办件" in page, "作废走访并撤销办件" in page) == (True, False)


@ALONE
def test_after_a_week_it_is_the_teams(cast):
    case = story.visited(cast)
    with pytest.raises(TooLateToAnnul):
        annul(case, cast, now=NOW + WITHIN + timedelta(seconds=1))
    annul(case, cast, now=NOW + WITHIN)


@ALONE
def test_nobody_takes_back_the_visit_of_somebody_else(cast):
    case = story.visited(cast)
    with pytest.raises(NotFound):
        annul(case, cast, by=cast.officer2)


@ALONE
def test_the_firm_may_be_visited_anew_and_gets_a_case_of_its_own(cast):
    first = story.visited(cast)
    annul(first, cast)
    second = story.visited(cast, of=first.business, now=LATER + timedelta(hours=1))
    assert (second.pk == first.pk, second.stage) == (False, "authorised")


@ALONE
def test_what_was_signed_at_an_older_visit_that_is_uploaded_later_holds(cast):
    """Nobody took anything back: the annulled visit was the officer's mistake."""
    first = story.visited(cast)
    told = story.said(first.business, banks=(cast.first_bank,), now=NOW - timedelta(hours=1))
    annul(first, cast)
    moment = LATER + timedelta(hours=1)
    late = record_visit(said=replace(told, channel="outbox"), by=cast.officer, now=moment)
    held = consents_for_lookup(first.business, now=moment)
    assert ({one.signing.visit_id for one in held}, late.visit.missing) == ({told.id}, [])


@ALONE
def test_the_officer_does_it_on_the_phone(cast, web):
    case = story.visited(cast, now=story.NOW)
    Visit.objects.update(recorded_at=story.make.just_now())
    client = web(cast.officer)
    visit = client.get(f"/m/visits/{case.origin_visit_id}/").content.decode()
    page = client.get(f"/m/cases/{case.number}/").content.decode()
    assert (f"/m/cases/{case.number}/#annul" in visit, f"/m/cases/{case.number}/annul/" in page) == (
        True,
        True,
    )
    assert client.post(f"/m/cases/{case.number}/annul/", {"reason": " "}).status_code == 422
    answer = client.post(f"/m/cases/{case.number}/annul/", {"reason": "点错了"}, follow=True)
    assert ("办件已撤销" in answer.content.decode(), story.fresh(case).stage) == (True, "withdrawn")
    assert "走访已作废,办件已撤销" in client.get(f"/m/cases/{case.number}/").content.decode()
    owner = web().get(f"/track/{case.track_token}/").content.decode()
    assert ("办件已撤销" in owner, "点错了" in owner) == (True, False)


@ALONE
@pytest.mark.parametrize("is_taken_back", [False, True])
def test_no_step_of_the_funnel_counts_it(cast, is_taken_back):
    """A consent that the owner took back first keeps that reason, and is one of an annulled visit all the same."""
    case = story.visited(cast)
    if is_taken_back:
        withdraw_all_consents(case=case, now=NOW)

    def counted() -> list[int]:
        with connection.cursor() as cursor:
            found = []
            for step in (facts.VISITS, facts.NEEDS, facts.CONSENTS):
                cursor.execute(f"SELECT count(*) FROM ({step}) f")  # noqa: S608  constants only
                found.append(cursor.fetchone()[0])
            return found

    before = counted()
    annul(case, cast)
    assert (before, counted()) == ([1, 1, 1], [0, 0, 0])


@TOGETHER
def test_a_lookup_of_the_same_moment_comes_first_or_not_at_all(cast):
    """The panel's lookup is being kept: the officer waits for it, and then it is too late."""
    case = story.visited(cast)
    story.credit_item(case.business)
    refused = []

    def officer():
        try:
            annul(case, cast)
        except TooLateToAnnul:
            refused.append(True)
        connections.close_all()

    thread = threading.Thread(target=officer)
    with transaction.atomic():
        look_up(case=case, by=cast.panel, now=NOW)
        thread.start()
        wait_for_a_waiter()
    thread.join(30)
    assert (refused, story.fresh(case).stage, Visit.objects.get().annulled_at) == (
        [True],
        "under_review",
        None,
    )


@TOGETHER
def test_a_lookup_that_waited_for_the_annulment_keeps_nothing(cast):
    case = story.visited(cast)
    story.credit_item(case.business)
    refused = []

    def panel():
        try:
            look_up(case=case, by=cast.panel, now=NOW)
        except NoConsent:
            refused.append(True)
        connections.close_all()

    thread = threading.Thread(target=panel)
    with transaction.atomic():
        annul(case, cast)
        thread.start()
        wait_for_a_waiter()
    thread.join(30)
    assert (refused, story.fresh(case).stage, case.lookups.count()) == ([True], "withdrawn", 0)
