"""The same visit sent again: one row, the first answer."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from lending.models import Event, FinancingCase
from tests import factories as make
from tests.visits.field.test_record import body_now, plain
from visits.codes import rules, services
from visits.models import Consent, FinancingNeed, Visit

URL = "/api/v1/visits/"


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_changes_nothing(cast, api):
    body = body_now(make.business(), banks=(cast.first_bank,))
    first = api(cast.officer).post(URL, body)
    events = Event.objects.count()
    again = api(cast.officer).post(URL, body)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert (Visit.objects.count(), Consent.objects.count(), Event.objects.count()) == (1, 2, events)


@pytest.mark.django_db
def test_a_repeat_of_an_incomplete_visit_answers_as_the_first_time_though_the_case_moved_on(cast, api):
    shop = make.business()
    body = body_now(shop, consent=None)
    first = api(cast.officer).post(URL, body).json()
    api(cast.officer).post(URL, body_now(shop))
    assert api(cast.officer).post(URL, body).json() == first


@pytest.mark.django_db
def test_the_second_visit_keeps_the_reason_it_was_given(cast, api):
    shop = make.business()
    api(cast.officer).post(URL, body_now(shop))
    body = body_now(shop)
    first = api(cast.officer).post(URL, body).json()
    assert (first["reason"], api(cast.officer).post(URL, body).json()) == ("case_already_open", first)


@pytest.mark.django_db
def test_the_same_content_in_another_spelling_is_the_same_visit(cast, api):
    shop = make.business()
    body = body_now(shop)
    first = api(cast.officer).post(URL, body).json()
    moment = timezone.datetime.fromisoformat(body["started_at"])
    body["started_at"] = moment.astimezone(make.SHANGHAI).isoformat()
    body["need"]["amount_yuan"] = 500000
    body["credit_code"] = f" {shop.credit_code.lower()} "
    assert (api(cast.officer).post(URL, body).json()) == first


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"note": "换了说法"}, {"outcome": "refused"}, {"mode": "phone"}, {"location": None}, {"ended_at": None}],
)
def test_the_same_id_with_other_content_is_refused(cast, api, change):
    body = plain(make.business())
    api(cast.officer).post(URL, body)
    answer = api(cast.officer).post(URL, body | change)
    assert (answer.status_code, answer.json()["code"], Visit.objects.get().note) == (
        409,
        "visit_id_reused",
        "",
    )


@pytest.mark.django_db
def test_somebody_elses_id_is_refused_without_saying_whose(cast, api):
    body = plain(make.business())
    api(cast.officer).post(URL, body)
    mine = api(cast.officer2).post(URL, body)
    own_reuse = api(cast.officer).post(URL, body | {"note": "x"})
    assert (mine.status_code, mine.json()) == (409, own_reuse.json())


@pytest.mark.django_db
def test_a_repeat_is_answered_though_the_code_was_revoked_meanwhile(cast, api):
    shop, now = make.business(), timezone.now()
    code = services.issue_code(subject=shop, by=cast.panel, now=now)
    body = plain(shop, code=rules.token_for(code.secret))
    first = api(cast.officer).post(URL, body).json()
    services.revoke(code=code, by=cast.panel, now=now, reason="补发")
    answer = api(cast.officer).post(URL, body)
    assert (answer.status_code, answer.json()) == (200, first)


@pytest.mark.django_db
def test_a_repeat_is_answered_though_the_time_for_it_is_over(cast, api):
    body = plain(make.business())
    first = api(cast.officer).post(URL, body).json()
    long_ago = timezone.now() - timedelta(days=40)
    visit = Visit.objects.get()
    late = body | {"started_at": long_ago.isoformat(), "ended_at": long_ago.isoformat()}
    assert (api(cast.officer).post(URL, body).json(), visit.pk == uuid.UUID(body["id"])) == (first, True)
    assert api(cast.officer).post(URL, late | {"id": str(uuid.uuid4())}).status_code == 400


def at_once(*jobs):
    """Run the jobs in threads that start together; their results in order."""
    gate, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place, job):
        gate.wait(timeout=10)
        try:
            results[place] = job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
def test_eight_posts_of_one_visit_at_once_make_one_row_and_one_answer(cast, api):
    body = body_now(make.business(), banks=(cast.first_bank,))
    clients = [api(cast.officer) for _ in range(8)]
    answers = at_once(*[lambda client=client: client.post(URL, body) for client in clients])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.content for answer in answers}) == 1
    counts = (
        Visit.objects.count(),
        FinancingNeed.objects.count(),
        Consent.objects.count(),
        FinancingCase.objects.count(),
    )
    assert counts == (1, 1, 2, 1)  # the bank and the team


@pytest.mark.django_db(transaction=True)
def test_one_id_with_two_contents_at_once_keeps_one_and_refuses_the_other(cast, api):
    body = plain(make.business())
    first, second = api(cast.officer), api(cast.officer)
    answers = at_once(lambda: first.post(URL, body), lambda: second.post(URL, body | {"note": "另一份"}))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Visit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_visits_to_one_firm_at_once_share_one_case(cast, api):
    shop = make.business()
    first, second = api(cast.officer), api(cast.officer2)
    answers = at_once(lambda: first.post(URL, body_now(shop)), lambda: second.post(URL, body_now(shop)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (FinancingCase.objects.count(), len({answer.json()["case"] for answer in answers})) == (1, 1)
