"""The district's word: what it takes to recommend, return or not recommend, and what it leaves behind."""

from datetime import timedelta

import pytest

from accounts.errors import Invalid, NotAllowed, NotFound
from lending.district_review.services import resume, review
from lending.errors import (
    AlreadyMoved,
    CriteriaIncomplete,
    LookupExpired,
    ReasonMissing,
    ReviewerIsVisitor,
    WrongStage,
)
from lending.models import CreditLookup, Deadline, DistrictReview, FinancingCase, Finding
from lending.stages import Stage
from tests.factories import NOW
from tests.lending import story
from tests.lending.story import FIVE, five
from visits.models import Visit

pytestmark = pytest.mark.django_db


def judge(cast, case, outcome="recommend", **said):
    said = {"criteria": five(), "by": cast.panel, "now": NOW} | said
    return review(case=case, outcome=outcome, **said)


def test_recommending_pins_the_receipts_and_moves_the_case(cast):
    case = story.looked_up(cast)
    made = judge(cast, case, banks=[cast.first_bank])
    assert list(made.lookups.all()) == list(CreditLookup.objects.all())
    assert list(made.banks.all()) == [cast.first_bank]
    assert list(Finding.objects.order_by("pk").values_list("criterion", "is_met")) == [
        (name, True) for name in FIVE
    ]
    assert (story.fresh(case).stage, made.reviewer, made.reviewed_at) == ("recommended", cast.panel, NOW)
    assert list(Deadline.objects.filter(case=case).values_list("kind", "state")) == [("panel_review", "met")]
    event = case.events.last()
    assert (event.kind, event.from_stage, event.to_stage) == ("recommended", "under_review", "recommended")


@pytest.mark.parametrize("name", FIVE)
def test_recommending_takes_all_five(cast, name):
    case = story.looked_up(cast)
    for criteria in (
        five(**{name: False}),
        {key: finding for key, finding in five().items() if key != name},
        five() | {name: {"met": True, "evidence": "  "}},
        five() | {name: {"met": None, "evidence": "核实"}},
    ):
        with pytest.raises(CriteriaIncomplete) as refusal:
            judge(cast, case, criteria=criteria)
        assert list(refusal.value.fields) == [f"criteria.{name}"]
    assert (DistrictReview.objects.count(), story.fresh(case).stage) == (0, "under_review")


def test_an_invented_criterion_is_refused(cast):
    with pytest.raises(CriteriaIncomplete) as refusal:
        judge(
            cast, story.looked_up(cast), criteria=five() | {"nice_owner": {"met": True, "evidence": "很好"}}
        )
    assert list(refusal.value.fields) == ["criteria.nice_owner"]


def test_not_recommending_takes_five_verdicts_and_a_reason(cast):
    case = story.looked_up(cast)
    with pytest.raises(CriteriaIncomplete):
        judge(cast, case, "not_recommended", criteria={}, reason="不符合")
    for reason in ("", "   "):
        with pytest.raises(ReasonMissing):
            judge(cast, case, "not_recommended", criteria=five(lawful_purpose=False), reason=reason)
    judge(cast, case, "not_recommended", criteria=five("", lawful_purpose=False), reason="用途为转贷")
    assert (story.fresh(case).stage, story.fresh(case).closed_at) == ("not_recommended", NOW)
    assert case.events.last().detail["unmet"] == ["lawful_purpose"]


def test_returning_takes_a_reason_and_may_leave_criteria_open(cast):
    case = story.looked_up(cast)
    with pytest.raises(ReasonMissing):
        judge(cast, case, "return", criteria={})
    judge(cast, case, "return", criteria={"fixed_premises": {"met": False}}, reason="缺租约")
    assert story.fresh(case).stage == "returned"
    assert list(Finding.objects.values_list("criterion", "is_met", "evidence")) == [
        ("fixed_premises", False, "")
    ]
    assert list(Deadline.objects.filter(case=case).order_by("pk").values_list("kind", "state")) == [
        ("panel_review", "met"),
        ("supplement", "running"),
    ]


@pytest.mark.parametrize(("length", "is_fine"), [(500, True), (501, False)])
def test_texts_end_at_five_hundred_characters(cast, length, is_fine):
    case = story.looked_up(cast)
    said = [{"criteria": five("长" * length)}, {"outcome": "return", "reason": "长" * length}]
    if is_fine:
        assert judge(cast, case, **said[1]).reason == "长" * 500
        return
    for changes in said:
        with pytest.raises(Invalid):
            judge(cast, case, **changes)


def test_a_visitor_of_the_case_does_not_review_it(cast):
    case = story.looked_up(cast)
    Visit.objects.update(officer=cast.panel)
    with pytest.raises(ReviewerIsVisitor):
        judge(cast, case)
    assert judge(cast, case, by=cast.panel2).reviewer == cast.panel2


def test_the_visitor_of_any_visit_of_the_case_counts(cast):
    case = story.looked_up(cast)
    first = Visit.objects.get()
    later = Visit.objects.create(
        id="00000000-0000-4000-8000-000000000001", business=first.business, officer=cast.panel, organisation=cast.xuhui,
        mode="phone", outcome="need", started_at=NOW, recorded_at=NOW, case_number=case.number, content_digest="x",
        annulled_at=NOW, annulled_by=cast.panel, annulled_reason="填错",
    )  # fmt: skip
    with pytest.raises(ReviewerIsVisitor):
        judge(cast, case)
    later.delete()
    assert judge(cast, case).reviewer == cast.panel


@pytest.mark.parametrize(
    ("after", "is_valid"), [(timedelta(days=30) - timedelta(seconds=1), True), (timedelta(days=30), False)]
)
def test_a_receipt_supports_a_recommendation_for_thirty_days(cast, after, is_valid):
    case = story.looked_up(cast)
    if is_valid:
        assert judge(cast, case, now=NOW + after).lookups.count() == 1
    else:
        with pytest.raises(LookupExpired):
            judge(cast, case, now=NOW + after)
        judge(cast, case, "return", criteria={}, reason="查询过期,待重查", now=NOW + after)


def test_the_latest_answer_of_each_source_is_pinned(cast, settings):
    from lending.credit_lookup.services import look_up

    settings.CREDIT_SOURCES = [{"code": code, "adapter": "dataset"} for code in ("a", "b", "empty")]
    case = story.visited(cast)
    story.credit_item(case.business, source="a")
    story.credit_item(case.business, source="b")
    for days in (0, 1):
        look_up(case=story.fresh(case), by=cast.panel, now=NOW + timedelta(days=days))
    made = judge(cast, case, now=NOW + timedelta(days=1))
    pinned = list(made.lookups.order_by("source").values_list("source", "requested_at"))
    assert pinned == [("a", NOW + timedelta(days=1)), ("b", NOW + timedelta(days=1))]


def test_a_later_silence_does_not_undo_an_earlier_answer(cast):
    case = story.looked_up(cast)
    found = CreditLookup.objects.get()
    CreditLookup.objects.create(
        case=case, consent=found.consent, purpose="x", source=found.source, adapter="dataset", answer="not_fetched",
        requested_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    assert list(judge(cast, case).lookups.all()) == [found]


def test_only_active_banks_may_be_proposed(cast):
    case = story.looked_up(cast)
    for place in (cast.branch, cast.xuhui):
        with pytest.raises(Invalid) as refusal:
            judge(cast, case, banks=[place])
        assert list(refusal.value.fields) == ["banks"]
    cast.first_bank.is_active = False
    with pytest.raises(Invalid):
        judge(cast, case, banks=[cast.first_bank])


ALLOWED = {
    "recommend": {"under_review"},
    "return": {"authorised", "under_review", "recommended"},
    "not_recommended": {"authorised", "under_review", "returned"},
}


@pytest.mark.parametrize("outcome", ALLOWED)
@pytest.mark.parametrize("stage", Stage.values)
def test_each_outcome_belongs_to_its_stages(cast, outcome, stage):
    case = story.looked_up(cast)
    closed = stage in ("not_recommended", "disbursed", "closed_unfunded", "withdrawn")
    Deadline.objects.all().delete()
    FinancingCase.objects.update(stage=stage, closed_at=NOW if closed else None)
    if stage in ALLOWED[outcome]:
        assert judge(cast, case, outcome, reason="说明").outcome == outcome
    else:
        with pytest.raises(WrongStage):
            judge(cast, case, outcome, reason="说明")
        assert DistrictReview.objects.count() == 0


def test_a_form_older_than_the_case_is_refused(cast):
    case = story.looked_up(cast)
    seen = case.events_count
    with pytest.raises(AlreadyMoved):
        judge(cast, case, seen=seen - 1)
    assert judge(cast, case, seen=seen).outcome == "recommend"


def test_a_returned_case_comes_back_by_a_visit_and_a_fresh_lookup(cast):
    from lending.credit_lookup.services import look_up
    from visits.field.services import record_visit

    case = story.looked_up(cast)
    judge(cast, case, "return", criteria={}, reason="缺租约")
    record_visit(said=story.said(case.business, banks=(cast.first_bank,)), by=cast.officer, now=NOW)
    assert story.fresh(case).stage == "authorised"
    look_up(case=story.fresh(case), by=cast.panel, now=NOW)
    assert judge(cast, story.fresh(case)).lookups.count() == 1
    assert list(case.reviews.order_by("pk").values_list("outcome", flat=True)) == ["return", "recommend"]


def test_a_returned_case_is_taken_up_again_with_a_reason(cast):
    case = story.looked_up(cast)
    judge(cast, case, "return", criteria={}, reason="缺租约")
    with pytest.raises(ReasonMissing):
        resume(case=case, by=cast.panel, now=NOW, reason=" ")
    resume(case=case, by=cast.panel2, now=NOW, reason="租约已当面核对")
    assert (story.fresh(case).stage, case.events.last().kind) == ("under_review", "resumed")
    with pytest.raises(WrongStage):
        resume(case=case, by=cast.panel, now=NOW, reason="再来一次")


@pytest.mark.parametrize("who", ["officer", "bank", "bankhead", "city", "sysadmin", "secadmin", "auditor"])
def test_only_the_district_team_reviews(cast, who):
    case = story.looked_up(cast)
    with pytest.raises(NotAllowed):
        judge(cast, case, by=getattr(cast, who))


def test_another_district_does_not_know_the_case(cast):
    with pytest.raises(NotFound):
        judge(cast, story.looked_up(cast), by=cast.panel_other)
