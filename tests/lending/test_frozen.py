"""What was said, decided and paid cannot be rewritten: the database refuses."""

import pytest
from django.db import IntegrityError, connection, transaction

from lending.bank_decision import services
from lending.models import DistrictReview, Finding, OutcomeConfirmation
from tests.factories import NOW
from tests.lending import story
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
DEEDS = ["UPDATE {table} SET id = id", "DELETE FROM {table}"]


def refused(table: str, deed: str) -> None:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(deed.format(table=table))


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("table", ["lending_districtreview", "lending_finding"])
def test_a_review_and_its_findings(cast, table, deed):
    story.recommended(cast)
    assert (DistrictReview.objects.count(), Finding.objects.count()) == (1, 5)
    with pytest.raises(IntegrityError, match="append-only"):
        refused(table, deed)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_contact(cast, deed):
    pushed = stage.push(cast)
    services.record_contact(
        recommendation=pushed, at=NOW, mode="phone", is_reached=True, by=cast.bank, now=NOW
    )
    with pytest.raises(IntegrityError, match="append-only"):
        refused("lending_contactattempt", deed)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("table", ["lending_outcomeconfirmation", "lending_disbursement"])
def test_the_panels_word_and_the_money(cast, table, deed):
    pushed = stage.push(cast)
    decision = services.decide(recommendation=pushed, answer=stage.granted(), by=cast.bank, now=NOW)
    OutcomeConfirmation.objects.create(decision=decision, is_confirmed=True, by=cast.panel, at=NOW)
    decision.disbursements.create(
        amount_yuan=1000,
        annual_rate_pct="3.85",
        disbursed_on=NOW.date(),
        recorded_at=NOW,
        recorded_by=cast.bank,
    )
    with pytest.raises(IntegrityError, match="append-only"):
        refused(table, deed)
