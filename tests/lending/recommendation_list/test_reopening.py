"""After a refusal another bank is asked: 改推其他银行."""

from datetime import date

import pytest

from accounts.errors import Invalid, NotAllowed, NotFound
from lending.bank_decision.repairing import finish_repair, open_repair
from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide
from lending.errors import BankHasDeclined, NoBankLeft, ReasonMissing, WrongStage
from lending.models import Recommendation
from lending.recommendation_list.services import reopen_for_another_bank
from tests.factories import NOW
from tests.lending import story
from visits.field.services import record_visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def declined(cast):
    item = story.pushed(cast)
    answer = Answer(outcome="declined", decided_on=date(2026, 11, 20), reason_code="R18")
    decide(recommendation=item, answer=answer, by=cast.bank, now=NOW)
    return story.fresh(item.case)


def reopen(case, by, reason="沪江银行不做本行业"):
    reopen_for_another_bank(case=case, by=by, now=NOW, reason=reason)


def authorise_another(cast, case):
    record_visit(said=story.said(case.business, banks=(cast.other_bank,)), by=cast.officer, now=NOW)


def test_the_case_waits_for_another_push_and_goes_to_the_next_bank(cast, declined):
    authorise_another(cast, declined)
    reopen(declined, cast.panel)
    assert (story.fresh(declined).stage, declined.events.last().kind) == ("recommended", "reopened")
    story.issued_list(cast, [(story.fresh(declined), cast.other_bank)])
    assert list(Recommendation.objects.order_by("pk").values_list("bank__code", "state")) == [
        ("DEMO-B1", "decided"),
        ("DEMO-B2", "pushed"),
    ]


def test_the_case_stays_where_no_other_bank_is_authorised(cast, declined):
    with pytest.raises(NoBankLeft):
        reopen(declined, cast.panel)
    assert story.fresh(declined).stage == "declined"


def test_the_bank_that_declined_is_not_asked_again(cast, declined):
    authorise_another(cast, declined)
    reopen(declined, cast.panel)
    with pytest.raises(BankHasDeclined) as refused:
        story.issued_list(cast, [(story.fresh(declined), cast.first_bank)])
    assert (list(refused.value.fields), Recommendation.objects.count()) == (["items.0.bank"], 1)


def test_the_bank_that_declined_may_be_asked_again_once_a_repair_is_finished(cast, declined):
    open_repair(case=declined, plan="补社保", by=cast.panel, now=NOW)
    finish_repair(case=story.fresh(declined), is_mended=True, result="已补缴", by=cast.panel, now=NOW)
    made = story.issued_list(cast, [(story.fresh(declined), cast.first_bank)])
    assert made.items.get().deadline.started_at == NOW


@pytest.mark.parametrize(
    ("reason", "error"), [("", ReasonMissing), (" \n", ReasonMissing), ("长" * 501, Invalid)]
)
def test_it_takes_a_reason(cast, declined, reason, error):
    with pytest.raises(error):
        reopen(declined, cast.panel, reason)
    assert story.fresh(declined).stage == "declined"


def test_only_after_a_refusal(cast):
    with pytest.raises(WrongStage):
        reopen(story.pushed(cast).case, cast.panel)


@pytest.mark.parametrize(
    ("who", "error"),
    [("officer", NotAllowed), ("bank", NotAllowed), ("city", NotAllowed), ("panel_other", NotFound)],
)
def test_only_the_team_of_the_district(cast, declined, who, error):
    with pytest.raises(error):
        reopen(declined, getattr(cast, who))
