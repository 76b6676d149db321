"""The same payment posted twice: by key, by what was seen, or by being the same in everything."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lending.models import Disbursement
from tests.lending.bank_decision import stage
from tests.lending.bank_decision.test_api import LOAN, TERMS, URL

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(cast, api):
    pushed = stage.push(cast, at=timezone.now() - timedelta(hours=1))
    api(cast.bank).post(f"{URL}{pushed.pk}/decision/", TERMS)
    return f"{URL}{pushed.pk}/disbursements/"


def paid() -> int:
    return Disbursement.objects.count()


@pytest.mark.parametrize("last4", ["0001", ""])
def test_without_a_key_the_same_payment_again_is_refused(cast, api, path, last4):
    client, loan = api(cast.bank), LOAN | {"loan_last4": last4}
    first, again = client.post(path, loan), client.post(path, loan)
    assert (first.status_code, again.status_code, again.json()["code"], paid()) == (
        201,
        409,
        "already_paid",
        1,
    )


@pytest.mark.parametrize(
    "changes", [{"loan_last4": "0002"}, {"amount_yuan": "100000.01"}, {"seen_disbursed_yuan": "100000.00"}]
)
def test_another_payment_is_taken(cast, api, path, changes):
    client = api(cast.bank)
    statuses = [client.post(path, LOAN).status_code, client.post(path, LOAN | changes).status_code]
    assert (statuses, paid()) == ([201, 201], 2)


def test_a_key_of_its_own_makes_a_payment_of_its_own(cast, api, path):
    client = api(cast.bank)
    for key in ("k1", "k1", "k2"):
        assert client.post(path, LOAN, headers={"X-Idempotency-Key": key}).status_code == 201
    assert paid() == 2


def test_a_payment_made_on_an_old_sum_is_refused(cast, api, path):
    client, seen = api(cast.bank), {"seen_disbursed_yuan": "0.00"}
    answers = [client.post(path, LOAN | seen | {"loan_last4": last4}) for last4 in ("0001", "0002")]
    assert ([one.status_code for one in answers], answers[1].json()["code"]) == ([201, 409], "already_paid")


@pytest.mark.parametrize("seen", ["x", "-1", "NaN", [], {}, "9" * 30])
def test_a_sum_that_is_none_is_refused(cast, api, path, seen):
    assert api(cast.bank).post(path, LOAN | {"seen_disbursed_yuan": seen}).status_code == 400
