"""A review proposes banks among those the owner named, by the API as on the page."""

from datetime import timedelta

import pytest

from lending.district_review.services import review
from lending.errors import BankNotNamed
from lending.models import DistrictReview
from tests.factories import NOW
from tests.lending import story
from visits.consent.models import Consent

pytestmark = pytest.mark.django_db


def judge(cast, case, banks, now=NOW):
    return review(case=case, by=cast.panel, now=now, outcome="recommend", criteria=story.five(), banks=banks)


def test_a_bank_that_the_owner_did_not_name_is_refused_with_its_field(cast, api, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    case = story.looked_up(cast, banks=(cast.first_bank,))
    said = {"outcome": "recommend", "criteria": story.five(), "banks": ["DEMO-B1", "DEMO-B2"]}
    answer = api(cast.panel).post(f"/api/v1/cases/{case.number}/district-review/", said)
    told = answer.json()
    assert (answer.status_code, told["code"], list(told["fields"])) == (422, "bank_not_in_consent", ["banks"])
    assert (cast.other_bank.name in told["fields"]["banks"], cast.first_bank.name in told["fields"]["banks"]) == (
        True, False,
    )  # fmt: skip
    assert DistrictReview.objects.count() == 0


@pytest.mark.parametrize("change", ["withdrawn", "expired", "lookup only"])
def test_a_bank_named_no_longer_is_refused(cast, change):
    case = story.looked_up(cast)
    changes = {
        "withdrawn": {"withdrawn_at": NOW}, "expired": {"expires_at": NOW + timedelta(minutes=5)},
        "lookup only": {"scopes": ["credit_lookup"]},
    }  # fmt: skip
    Consent.objects.filter(recipient=cast.first_bank).update(**changes[change])
    with pytest.raises(BankNotNamed):
        judge(cast, case, [cast.first_bank], now=NOW + timedelta(minutes=5))


def test_no_bank_need_be_proposed(cast):
    case = story.looked_up(cast)
    Consent.objects.filter(recipient=cast.first_bank).update(withdrawn_at=NOW)
    assert list(judge(cast, case, []).banks.all()) == []
