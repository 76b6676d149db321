"""What a bank is told of credit data: nothing that has expired, nothing its own consent does not cover."""

from datetime import timedelta

import pytest

from accounts.access import visible_to
from lending.credit_lookup.services import VALID_FOR, look_up
from lending.errors import LookupExpired
from lending.models import Event, RecommendationList
from lending.stages import Stage
from tests.factories import NOW
from tests.lending import story
from visits.models import Consent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("late", "is_told"), [(timedelta(seconds=-1), True), (timedelta(0), False)])
def test_a_lookup_is_pushed_to_its_last_second_and_not_after(cast, late, is_told):
    case = story.recommended(cast)
    now = NOW + VALID_FOR + late
    if is_told:
        (item,) = story.issued_list(cast, [(case, cast.first_bank)], now=now).items.all()
        assert len(item.snapshot["credit"]) == 1
        return
    with pytest.raises(LookupExpired) as refused:
        story.issued_list(cast, [(case, cast.first_bank)], now=now)
    assert list(refused.value.fields) == ["items.0.case"]
    assert (RecommendationList.objects.count(), story.fresh(case).stage) == (0, Stage.RECOMMENDED)


def test_after_a_new_lookup_the_push_goes_through_with_the_new_receipt(cast):
    case = story.recommended(cast)
    later = NOW + VALID_FOR + timedelta(days=1)
    (receipt,) = look_up(case=case, by=cast.panel, now=later)
    (item,) = story.issued_list(cast, [(case, cast.first_bank)], now=later).items.all()
    assert [row["lookup"] for row in item.snapshot["credit"]] == [receipt.pk]


def test_a_bank_whose_consent_covers_the_need_alone_gets_no_credit_items(cast):
    case = story.recommended(cast, banks=(cast.first_bank, cast.other_bank))
    Consent.objects.filter(recipient=cast.other_bank).update(scopes=["share_need"])
    made = story.issued_list(cast, [(case, cast.first_bank), (case, cast.other_bank)])
    told = {item.bank.code: len(item.snapshot["credit"]) for item in made.items.all()}
    assert told == {"DEMO-B1": 1, "DEMO-B2": 0}


def test_a_bank_reads_no_neutral_event_that_came_after_its_own_push(cast):
    item = story.pushed(cast)
    before = list(visible_to(cast.bank, Event).values_list("seq", flat=True))
    for later, kind in enumerate(("visit_added", "reopened", "repair_opened"), start=1):
        Event.objects.create(
            case=item.case, seq=90 + later, at=NOW + timedelta(days=later), kind=kind, to_stage="with_bank",
            previous_digest="x", digest="y",
        )  # fmt: skip
    assert list(visible_to(cast.bank, Event).values_list("seq", flat=True)) == before
    assert visible_to(cast.bank, Event).exclude(bank=None).exclude(bank=cast.first_bank).count() == 0
