"""What a recorded visit does to cases: opens one, joins the open one, or leaves them alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lending.district_review.services import review
from lending.models import FinancingCase
from lending.opening import missing_for
from lending.stages import Stage
from lending.workflow import advance
from tests import factories as make
from tests.factories import NOW, SHANGHAI
from tests.lending import story
from visits.field.rules import NeedSaid
from visits.field.services import record_visit
from visits.models import Assignment, Business, BusinessList, Consent, ListMembership, Visit

pytestmark = pytest.mark.django_db
WHOLE = {"amount_yuan": Decimal("500000.00"), "purpose": "working_capital"}


def visit(cast, of: Business, now=NOW, by=None, **changes) -> Visit:
    banks = changes.pop("banks", (cast.first_bank,))
    return record_visit(
        said=story.said(of, banks=banks, now=now, **changes), by=by or cast.officer, now=now
    ).visit


def test_a_need_with_consent_opens_a_case_that_may_be_looked_up(cast):
    recorded = visit(cast, make.business())
    case = FinancingCase.objects.get()
    assert (recorded.case_number, recorded.missing) == (case.number, [])
    assert (case.stage, case.district, case.amount_yuan, case.origin_visit) == (
        "authorised",
        cast.xuhui,
        Decimal("500000.00"),
        recorded,
    )
    assert list(case.events.order_by("seq").values_list("kind", "to_stage")) == [
        ("opened", "intake"),
        ("authorised", "authorised"),
    ]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"consent": False}, ["consent"]),
        ({"scopes": ("share_need",)}, ["consent"]),
        ({"need": NeedSaid(**(WHOLE | {"amount_yuan": None}))}, ["need.amount_yuan"]),
        ({"need": NeedSaid(**(WHOLE | {"purpose": ""}))}, ["need.purpose"]),
        ({"need": NeedSaid(), "consent": False}, ["need.amount_yuan", "need.purpose", "consent"]),
    ],
)
def test_what_is_missing_keeps_the_case_in_intake(cast, changes, missing):
    recorded = visit(cast, make.business(), **changes)
    case = FinancingCase.objects.get()
    assert (case.stage, recorded.missing, missing_for(case.need, NOW)) == ("intake", missing, missing)


def test_a_further_visit_completes_a_case_in_intake(cast):
    firm = make.business()
    visit(cast, firm, consent=False)
    again = visit(cast, firm, now=NOW + timedelta(hours=1))
    case = FinancingCase.objects.get()
    assert (case.stage, case.need.visit, again.case_number) == ("authorised", again, case.number)
    assert [event.kind for event in case.events.order_by("seq")] == ["opened", "visit_added", "supplemented"]


def test_a_further_visit_brings_a_returned_case_back(cast):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="金额有误")
    visit(cast, case.business, need=NeedSaid(**(WHOLE | {"amount_yuan": Decimal("300000.00")})))
    assert (story.fresh(case).stage, story.fresh(case).amount_yuan) == ("authorised", Decimal("300000.00"))


@pytest.mark.parametrize(
    "stage", ["authorised", "under_review", "recommended", "with_bank", "approved", "declined", "in_repair"]
)
def test_a_visit_to_a_firm_whose_case_is_under_way_is_noted_and_changes_nothing(cast, stage):
    case = story.visited(cast)
    FinancingCase.objects.update(stage=stage)
    again = visit(cast, case.business, need=NeedSaid(**(WHOLE | {"amount_yuan": Decimal("9.00")})))
    assert (again.case_number, story.fresh(case).stage, story.fresh(case).amount_yuan) == (
        case.number,
        stage,
        Decimal("500000.00"),
    )
    assert (FinancingCase.objects.count(), case.events.last().kind) == (1, "visit_added")


@pytest.mark.parametrize("stage", [Stage.WITHDRAWN])
def test_after_a_closed_case_a_new_one_is_opened(cast, stage):
    first = story.visited(cast)
    advance(first, stage, by=None, now=NOW, kind="withdrawn")
    visit(cast, first.business)
    assert list(FinancingCase.objects.order_by("pk").values_list("stage", flat=True)) == [
        "withdrawn",
        "authorised",
    ]


def test_an_earlier_consent_that_still_holds_serves_a_later_need(cast):
    first = story.visited(cast)
    advance(first, Stage.WITHDRAWN, by=None, now=NOW, kind="withdrawn")
    assert visit(cast, first.business, consent=False).missing == []
    Consent.objects.update(withdrawn_at=NOW)
    advance(
        FinancingCase.objects.get(stage="authorised"), Stage.WITHDRAWN, by=None, now=NOW, kind="withdrawn"
    )
    assert visit(cast, first.business, consent=False).missing == ["consent"]


def test_a_firm_without_a_district_falls_to_the_officers(cast):
    firm = make.business(district=None, district_source="none", address="", grid=make.grid(cast.xuhui))
    walked = BusinessList.objects.first()
    ListMembership.objects.create(business=firm, list=walked)
    Assignment.objects.create(
        list=walked, grid=firm.grid, bank=cast.first_bank, officer=cast.officer, starts_on=NOW.date()
    )
    visit(cast, firm)
    assert FinancingCase.objects.get().district == cast.xuhui


def test_the_number_carries_district_and_the_year_of_shanghai(cast):
    new_year = datetime(2027, 1, 1, 0, 30, tzinfo=SHANGHAI).astimezone(UTC)
    visit(cast, make.business(), now=new_year)
    assert FinancingCase.objects.get().number.startswith("310104-2027-")


def test_the_tracking_token_cannot_be_guessed(cast):
    tokens = {story.visited(cast).track_token for _ in range(3)}
    assert (len(tokens), {len(token) for token in tokens}) == (3, {22})
