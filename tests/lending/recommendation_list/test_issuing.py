"""Issuing a list: numbered, frozen, pushed, clocks started; all items or none."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import Invalid, NotAllowed, NotFound
from lending.errors import AlreadyPushed, BankNotNamed, NoConsent, TooManyBanks, WrongStage
from lending.models import Alert, Deadline, Event, Recommendation, RecommendationList
from lending.recommendation_list.services import issue_list
from lending.recommendation_list.snapshot import digest_of
from tests import factories as make
from tests.factories import NOW, SHANGHAI
from tests.lending import story
from visits.models import Consent

pytestmark = pytest.mark.django_db


def issue(cast, *items, **said):
    said = {"district": cast.xuhui, "by": cast.panel, "now": NOW} | said
    return issue_list(items=items, **said)


def both(cast):
    return (cast.first_bank, cast.other_bank)


def test_a_list_pushes_its_items_and_starts_the_clocks(cast):
    case = story.recommended(cast, banks=both(cast))
    made = issue(cast, (case, cast.first_bank), (case, cast.other_bank))
    assert (made.number, made.items_count, made.issued_by) == ("TJ-310104-20261120-01", 2, cast.panel)
    items = list(made.items.order_by("pk"))
    assert [(item.bank, item.state, item.pushed_at) for item in items] == [
        (cast.first_bank, "pushed", NOW),
        (cast.other_bank, "pushed", NOW),
    ]
    due = datetime(2026, 12, 6, tzinfo=SHANGHAI)
    assert [(item.deadline.bound, item.deadline.due_at, item.deadline.kind) for item in items] == [
        (cast.first_bank, due, "bank_decision"),
        (cast.other_bank, due, "bank_decision"),
    ]
    assert (story.fresh(case).stage, story.fresh(case).stage_since) == ("with_bank", NOW)


def test_each_bank_is_owed_a_letter(cast):
    case = story.recommended(cast, banks=both(cast))
    issue(cast, (case, cast.first_bank), (case, cast.other_bank))
    letters = Alert.objects.filter(step="assigned", state="pending").values_list(
        "organisation__code", flat=True
    )
    assert set(letters) == {"DEMO-B1", "DEMO-B2"}


def test_the_event_of_the_list_names_no_bank_and_each_bank_has_its_own(cast):
    case = story.recommended(cast, banks=both(cast))
    made = issue(cast, (case, cast.first_bank), (case, cast.other_bank))
    events = Event.objects.filter(case=case, kind__in=("listed", "pushed")).order_by("seq")
    assert [(event.kind, event.bank) for event in events] == [
        ("listed", None),
        ("pushed", cast.first_bank),
        ("pushed", cast.other_bank),
    ]
    assert events[0].detail == {"list": made.number}
    assert events[1].detail["recommendation"] == made.items.get(bank=cast.first_bank).pk


def test_a_bank_is_told_nothing_of_the_others(cast):
    case = story.recommended(cast, banks=both(cast))
    made = issue(cast, (case, cast.first_bank), (case, cast.other_bank))
    told = made.items.get(bank=cast.first_bank).snapshot
    text = json.dumps(told, ensure_ascii=False)
    assert (cast.other_bank.name in text, cast.other_bank.code in text) == (False, False)
    assert told["need"]["amount_yuan"] == "500000.00"
    assert told["business"]["credit_code"] == case.business.credit_code
    assert told["contact"]["name"] == "测试业主"
    assert [entry["criterion"] for entry in told["criteria"]] == list(story.FIVE)
    assert [entry["items"][0]["item"] for entry in told["credit"]] == ["纳税信用等级"]


def test_the_digest_is_over_the_frozen_items(cast):
    case = story.recommended(cast)
    made = issue(cast, (case, cast.first_bank))
    item = made.items.get()
    assert made.digest == digest_of(made.number, NOW, [(case.number, "DEMO-B1", item.snapshot)])
    assert made.digest != digest_of(made.number, NOW, [(case.number, "DEMO-B2", item.snapshot)])


def test_what_changes_later_does_not_change_what_was_pushed(cast):
    item = story.pushed(cast)
    type(item.case.business).objects.update(name="改了名的公司")
    assert Recommendation.objects.get().snapshot["business"]["name"] == item.case.business.name


def test_numbers_follow_each_other_per_district_and_day(cast):
    numbers = []
    for now in (NOW, NOW, NOW.replace(hour=23, minute=59), NOW + timedelta(hours=14)):
        case = story.recommended(cast, now=now)
        numbers.append(issue(cast, (case, cast.first_bank), now=now).number)
    assert numbers == [
        "TJ-310104-20261120-01", "TJ-310104-20261120-02", "TJ-310104-20261120-03", "TJ-310104-20261121-01",
    ]  # fmt: skip


def test_after_the_ninety_ninth_list_of_a_day_comes_the_hundredth(cast):
    for number in ("98", "99"):
        RecommendationList.objects.create(
            number=f"TJ-310104-20261120-{number}", district=cast.xuhui, issued_at=NOW, issued_by=cast.panel,
            items_count=0, digest="0" * 64,
        )  # fmt: skip
    numbers = [issue(cast, (story.recommended(cast), cast.first_bank)).number[-3:] for _ in range(2)]
    assert numbers == ["100", "101"]


def test_a_bank_the_owner_did_not_name_gets_nothing(cast):
    case = story.recommended(cast)
    with pytest.raises(BankNotNamed) as refusal:
        issue(cast, (case, cast.first_bank), (case, cast.other_bank))
    assert refusal.value.fields == {"items.1.bank": "企业没有授权向申浦示范银行提供信息。"}
    assert (RecommendationList.objects.count(), Recommendation.objects.count()) == (0, 0)
    assert (story.fresh(case).stage, Deadline.objects.filter(kind="bank_decision").count()) == (
        "recommended",
        0,
    )


def test_one_bad_item_stops_the_whole_list(cast):
    good, bad = story.recommended(cast), story.looked_up(cast)
    with pytest.raises(WrongStage) as refusal:
        issue(cast, (good, cast.first_bank), (bad, cast.first_bank))
    assert refusal.value.fields == {"items.1.case": "该办件现在是“区级审核中”,不能推送。"}
    assert (story.fresh(good).stage, RecommendationList.objects.count()) == ("recommended", 0)


def test_a_consent_withdrawn_between_review_and_push_stops_that_item(cast):
    case = story.recommended(cast, banks=both(cast))
    Consent.objects.filter(recipient=cast.first_bank).update(withdrawn_at=NOW)
    with pytest.raises(BankNotNamed) as refusal:
        issue(cast, (case, cast.first_bank), (case, cast.other_bank))
    assert refusal.value.fields == {"items.0.bank": "企业已于2026-11-20撤回对沪江示范银行的授权。"}
    assert issue(cast, (case, cast.other_bank)).items_count == 1


def test_with_every_consent_withdrawn_it_is_no_consent(cast):
    case = story.recommended(cast)
    Consent.objects.update(withdrawn_at=NOW)
    with pytest.raises(NoConsent) as refusal:
        issue(cast, (case, cast.first_bank))
    assert (type(refusal.value), list(refusal.value.fields)) == (NoConsent, ["items.0.bank"])


@pytest.mark.parametrize(("left", "is_live"), [(1, True), (0, False)])
def test_a_consent_ends_at_its_second(cast, left, is_live):
    case = story.recommended(cast)
    Consent.objects.update(given_at=NOW - timedelta(days=1), expires_at=NOW + timedelta(seconds=left))
    if is_live:
        assert issue(cast, (case, cast.first_bank)).items_count == 1
    else:
        with pytest.raises(NoConsent) as refusal:
            issue(cast, (case, cast.first_bank))
        assert refusal.value.fields == {"items.0.bank": "企业对沪江示范银行的授权已于2026-11-20到期。"}


def test_a_consent_to_look_up_alone_is_none_to_share(cast):
    case = story.recommended(cast)
    Consent.objects.update(scopes=["credit_lookup"])
    with pytest.raises(NoConsent):
        issue(cast, (case, cast.first_bank))


def test_a_later_consent_heals_a_withdrawn_one(cast):
    from visits.field.services import record_visit

    case = story.recommended(cast)
    Consent.objects.update(withdrawn_at=NOW)
    record_visit(said=story.said(case.business, banks=(cast.first_bank,)), by=cast.officer, now=NOW)
    assert issue(cast, (case, cast.first_bank)).items_count == 1


def test_a_case_goes_to_three_banks_at_most(cast):
    banks = [make.bank(f"DEMO-X{n}", f"示范银行{n}号") for n in range(4)]
    case = story.recommended(cast, banks=tuple(banks[:3]))
    with pytest.raises(TooManyBanks) as refusal:
        issue(cast, *[(case, bank) for bank in banks])
    assert list(refusal.value.fields) == ["items.3.bank"]
    assert issue(cast, *[(case, bank) for bank in banks[:3]]).items_count == 3


def test_forms_that_say_nothing_or_twice_the_same_are_refused(cast):
    case = story.recommended(cast)
    pair = (case, cast.first_bank)
    for items, field in (((), "items"), ((pair, pair), "items.1"), (((case, cast.xuhui),), "items.0.bank")):
        with pytest.raises(Invalid) as refusal:
            issue(cast, *items)
        assert list(refusal.value.fields) == [field]


def test_what_is_with_the_bank_is_not_pushed_again(cast):
    item = story.pushed(cast)
    with pytest.raises(AlreadyPushed) as refusal:
        issue(cast, (item.case, item.bank))
    assert refusal.value.fields == {"items.0.case": "该办件已推送给沪江示范银行。"}


@pytest.mark.parametrize("who", ["officer", "bank", "bankhead", "city", "sysadmin", "auditor", "panel_other"])
def test_only_the_team_of_the_district_issues(cast, who):
    case = story.recommended(cast)
    with pytest.raises(NotAllowed):
        issue(cast, (case, cast.first_bank), by=getattr(cast, who))


def test_a_case_of_another_district_is_not_there(cast):
    case = story.recommended(cast)
    with pytest.raises(NotFound):
        issue(cast, (case, cast.first_bank), district=cast.pudong, by=cast.panel_other)


def test_the_database_refuses_to_rewrite_a_list(cast):
    made = story.pushed(cast).list
    for statement in (lambda: RecommendationList.objects.update(items_count=9), lambda: made.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            statement()
