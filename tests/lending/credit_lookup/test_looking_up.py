"""Looking up credit data: under a live consent, with a receipt per source, whatever the sources do."""

from datetime import timedelta

import pytest

from accounts.errors import NotAllowed, NotFound
from lending.credit_lookup import services
from lending.credit_lookup.adapters import Reply
from lending.credit_lookup.adapters.reply import not_fetched
from lending.credit_lookup.services import VALID_FOR, look_up
from lending.errors import LookupUnavailable, NoConsent, WrongStage
from lending.models import CreditItem, CreditLookup, Deadline
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from visits.models import Consent

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_sources(settings, monkeypatch):
    """Two sources whose replies a test sets: `two_sources["a"] = Reply(…)`."""
    settings.CREDIT_SOURCES = [{"code": "a", "adapter": "dataset"}, {"code": "b", "adapter": "dataset"}]
    replies = {"a": Reply("found", items=[item()], sha256="a" * 64), "b": Reply("no_record", sha256="b" * 64)}

    def ask(source, question):
        reply = replies[source["code"]]
        return reply(question) if callable(reply) else reply

    monkeypatch.setitem(services.ADAPTERS, "dataset", ask)
    return replies


def item(**changes) -> dict:
    return {
        "category": "纳税", "item": "欠税", "value": "有", "department": "税务局", "as_of": "2026-10-01",
        "is_adverse": True,
    } | changes  # fmt: skip


def kinds(case) -> list[str]:
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def test_a_lookup_keeps_a_receipt_and_moves_the_case_to_review(cast):
    case = story.visited(cast)
    story.credit_item(case.business)
    (receipt,) = look_up(case=case, by=cast.panel, now=NOW)
    kept = CreditLookup.objects.get()
    assert (kept.pk, kept.source, kept.adapter, kept.answer) == (
        receipt.pk,
        "city-platform",
        "dataset",
        "found",
    )
    assert (kept.consent.recipient, kept.by, kept.purpose) == (cast.xuhui, cast.panel, services.PURPOSE)
    assert (kept.requested_at, kept.fetched_at, kept.expires_at) == (NOW, NOW, NOW + timedelta(days=30))
    assert [entry["item"] for entry in kept.items] == ["纳税信用等级"]
    assert len(kept.response_sha256) == 64
    assert (story.fresh(case).stage, kinds(case)[-1]) == ("under_review", "credit_looked_up")
    assert Deadline.objects.get(case=case).kind == "panel_review"


def test_no_record_is_an_answer_and_not_fetched_is_none(cast, two_sources):
    two_sources["a"] = not_fetched("应答超时")
    case = story.visited(cast)
    look_up(case=case, by=cast.panel, now=NOW)
    answers = dict(CreditLookup.objects.values_list("source", "answer"))
    assert answers == {"a": "not_fetched", "b": "no_record"}
    assert CreditLookup.objects.get(source="a").expires_at is None
    assert story.fresh(case).stage == "under_review"


def test_adverse_categories_are_kept_beside_the_items(cast, two_sources):
    two_sources["a"] = Reply(
        "found", items=[item(), item(category="司法"), item(is_adverse=False)], sha256="x" * 64
    )
    look_up(case=story.visited(cast), by=cast.panel, now=NOW)
    assert CreditLookup.objects.get(source="a").adverse_categories == ["司法", "纳税"]


def test_where_no_source_answers_the_case_stays_and_the_receipts_too(cast, two_sources):
    two_sources["a"] = two_sources["b"] = not_fetched("连接失败", attempts=3)
    case = story.visited(cast)
    with pytest.raises(LookupUnavailable) as refusal:
        look_up(case=case, by=cast.panel, now=NOW)
    assert refusal.value.fields == {"a": "连接失败", "b": "连接失败"}
    assert list(CreditLookup.objects.values_list("answer", "attempts")) == [("not_fetched", 3)] * 2
    assert (story.fresh(case).stage, kinds(case)[-1]) == ("authorised", "lookup_failed")


def test_a_source_that_breaks_does_not_take_the_other_with_it(cast, two_sources):
    def break_down(question):
        raise RuntimeError("boom")

    two_sources["a"] = break_down
    look_up(case=story.visited(cast), by=cast.panel, now=NOW)
    assert dict(CreditLookup.objects.values_list("source", "answer")) == {
        "a": "not_fetched",
        "b": "no_record",
    }


def test_a_source_that_was_never_loaded_has_not_said_no_record(cast):
    with pytest.raises(LookupUnavailable):
        look_up(case=story.visited(cast), by=cast.panel, now=NOW)
    story.credit_item(make.business())
    look_up(case=story.visited(cast), by=cast.panel, now=NOW)
    assert list(CreditLookup.objects.order_by("pk").values_list("answer", flat=True)) == [
        "not_fetched",
        "no_record",
    ]


def test_without_a_consent_nothing_is_asked(cast, two_sources):
    two_sources["a"] = lambda question: pytest.fail("was asked")
    case = story.visited(cast, consent=False)
    with pytest.raises(NoConsent):
        look_up(case=case, by=cast.panel, now=NOW)
    assert CreditLookup.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"withdrawn_at": NOW},
        {"given_at": NOW - timedelta(days=1), "expires_at": NOW},
        {"scopes": ["share_need"]},
        {"given_at": NOW + timedelta(seconds=1)},
    ],
    ids=["withdrawn", "expires this very second", "given for something else", "given later"],
)
def test_a_consent_that_does_not_hold_is_no_consent(cast, two_sources, change):
    case = story.visited(cast)
    Consent.objects.update(**change)
    with pytest.raises(NoConsent):
        look_up(case=case, by=cast.panel, now=NOW)


def test_a_consent_holds_up_to_its_last_second(cast, two_sources):
    case = story.visited(cast)
    Consent.objects.update(expires_at=NOW + timedelta(seconds=1))
    assert len(look_up(case=case, by=cast.panel, now=NOW)) == 2


def test_a_consent_withdrawn_while_the_sources_are_asked_leaves_only_the_note_of_it(cast, two_sources):
    case = story.visited(cast)

    def withdraw_meanwhile(question):
        Consent.objects.update(withdrawn_at=NOW)
        return Reply("found", items=[item()], sha256="a" * 64)

    two_sources["a"] = withdraw_meanwhile
    with pytest.raises(NoConsent):
        look_up(case=case, by=cast.panel, now=NOW)
    assert CreditLookup.objects.count() == 0
    assert (story.fresh(case).stage, kinds(case)[-1]) == ("authorised", "lookup_discarded")
    assert case.events.last().detail == {"sources": {"a": "found", "b": "no_record"}}


def test_a_case_withdrawn_while_the_sources_are_asked_keeps_nothing_of_it(cast, two_sources):
    from lending.stages import Stage
    from lending.workflow import advance

    case = story.visited(cast)

    def close_meanwhile(question):
        advance(story.fresh(case), Stage.WITHDRAWN, by=None, now=NOW, kind="withdrawn")
        return Reply("no_record", sha256="a" * 64)

    two_sources["a"] = close_meanwhile
    with pytest.raises(WrongStage):
        look_up(case=case, by=cast.panel, now=NOW)
    assert CreditLookup.objects.count() == 0


def test_under_review_a_lookup_adds_receipts_and_stays(cast):
    case = story.looked_up(cast)
    look_up(case=case, by=cast.panel2, now=NOW + timedelta(days=1))
    assert CreditLookup.objects.count() == 2
    assert (story.fresh(case).stage, story.fresh(case).stage_since) == ("under_review", NOW)
    assert Deadline.objects.filter(case=case).count() == 1


def test_a_returned_case_may_be_looked_up_and_stays_returned(cast):
    from lending.district_review.services import review

    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="缺租约")
    look_up(case=story.fresh(case), by=cast.panel, now=NOW)
    assert (story.fresh(case).stage, CreditLookup.objects.count()) == ("returned", 2)


def test_a_recommended_case_may_be_looked_up_again_before_a_later_push(cast):
    case = story.recommended(cast)
    look_up(case=case, by=cast.panel, now=NOW)
    assert (story.fresh(case).stage, CreditLookup.objects.count()) == ("recommended", 2)


@pytest.mark.parametrize("stage", ["intake", "with_bank", "approved", "declined", "in_repair"])
def test_in_no_other_open_stage_is_credit_data_looked_up(cast, stage):
    case = story.visited(cast)
    type(case).objects.update(stage=stage)
    with pytest.raises(WrongStage):
        look_up(case=story.fresh(case), by=cast.panel, now=NOW)


@pytest.mark.parametrize("who", ["officer", "bank", "bankhead", "city", "sysadmin", "secadmin", "auditor"])
def test_only_the_district_team_looks_up(cast, who):
    case = story.visited(cast)
    with pytest.raises(NotAllowed):
        look_up(case=case, by=getattr(cast, who), now=NOW)


def test_another_district_does_not_know_the_case(cast):
    with pytest.raises(NotFound):
        look_up(case=story.visited(cast), by=cast.panel_other, now=NOW)


def test_a_receipt_is_valid_for_thirty_days():
    assert timedelta(days=30) == VALID_FOR


def test_the_dataset_gives_the_newest_of_an_item_first(cast):
    case = story.visited(cast)
    story.credit_item(case.business, value="B", as_of="2025-04-30")
    story.credit_item(case.business, value="A", as_of="2026-04-30")
    (receipt,) = look_up(case=case, by=cast.panel, now=NOW)
    assert [(entry["value"], entry["as_of"]) for entry in receipt.items] == [
        ("A", "2026-04-30"),
        ("B", "2025-04-30"),
    ]
    assert CreditItem.objects.count() == 2
