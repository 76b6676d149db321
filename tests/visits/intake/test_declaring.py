"""A need that an owner declares alone: one transaction, repeat-safe, worth what a scan at a door is worth."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError

from accounts.errors import Invalid
from lending.district_review.services import review
from lending.models import FinancingCase
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from tests.visits.intake import telling
from visits.codes.services import revoke
from visits.errors import (
    BusinessClosed,
    CodeExpired,
    CodeNotForVisit,
    CodeRevoked,
    DeclarationIdReused,
    DistrictUnknown,
)
from visits.intake.services import declare_need
from visits.models import Consent, ConsentSigning, FinancingNeed, OwnerDeclaration, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(cast):
    return make.business("测试老字号米店", at=cast.xuhui)


def test_a_declared_need_opens_a_case_without_a_visit(cast, firm):
    made = telling.declared(cast, firm, cast.first_bank, cast.other_bank)
    case = FinancingCase.objects.get()
    assert (case.stage, case.origin_visit, case.need, case.district) == (
        "authorised",
        None,
        made.need,
        cast.xuhui,
    )
    assert (made.case_number, made.follow_path) == (case.number, f"/track/{case.track_token}/")
    assert (made.need.visit, made.need.declared_at, made.need.contact_phone) == (None, NOW, "13900001111")
    assert list(case.events.order_by("seq").values_list("kind", "by")) == [
        ("opened", None),
        ("authorised", None),
    ]
    assert case.events.first().detail["declared_by"] == "owner"
    assert Visit.objects.count() == 0


def test_the_consent_has_no_witness_and_names_whom_the_owner_ticked(cast, firm):
    telling.declared(cast, firm, cast.first_bank, cast.other_bank, recipients=[cast.other_bank])
    signing = ConsentSigning.objects.get()
    assert (signing.witnessed_by, signing.visit_id, signing.signed_name) == (None, None, "李老板")
    assert [consent.recipient for consent in Consent.objects.order_by("pk")] == [
        cast.other_bank, cast.xuhui,
    ]  # fmt: skip


def test_any_bank_is_a_consent_to_the_districts_team_alone(cast, firm):
    made = telling.declared(cast, firm, recipients=[cast.xuhui], preferred_banks=())
    assert (made.need.preferred_banks, Consent.objects.get().recipient) == ([], cast.xuhui)
    assert FinancingCase.objects.get().stage == "authorised"


def test_without_a_consent_to_a_lookup_the_case_waits_for_it(cast, firm):
    made = telling.declared(cast, firm, scopes=("share_need",))
    assert (FinancingCase.objects.get().stage, bool(made.follow_path)) == ("intake", True)


def test_a_repeat_gets_the_first_answer(cast, firm):
    code, said = telling.door(cast, firm), telling.said(cast.first_bank)
    first = declare_need(said=said, code=code, now=NOW)
    again = declare_need(said=said, code=code, now=NOW + timedelta(hours=1))
    assert (first.is_repeat, again.is_repeat, again.declaration) == (False, True, first.declaration)
    assert (FinancingNeed.objects.count(), ConsentSigning.objects.count(), FinancingCase.objects.count()) == (
        1,
        1,
        1,
    )


def test_a_repeat_is_answered_though_the_code_was_revoked_since(cast, firm):
    code, said = telling.door(cast, firm), telling.said(cast.first_bank)
    declare_need(said=said, code=code, now=NOW)
    revoked = revoke(code=code, by=cast.panel, now=NOW, reason="遗失")
    assert declare_need(said=said, code=revoked, now=NOW).is_repeat


@pytest.mark.parametrize("change", ["content", "firm"])
def test_the_same_form_with_other_content_or_at_another_door_is_refused(cast, firm, change):
    said = telling.said(cast.first_bank)
    declare_need(said=said, code=telling.door(cast, firm), now=NOW)
    other = telling.door(cast, firm if change == "content" else make.business(at=cast.xuhui))
    told = (
        replace(said, need=telling.need(cast.first_bank, purpose_text="别的"))
        if change == "content"
        else said
    )
    with pytest.raises(DeclarationIdReused):
        declare_need(said=told, code=other, now=NOW)


def test_of_two_at_once_one_is_kept_and_the_other_finds_it(cast, firm, monkeypatch):
    """The other one commits between our look and our insert."""
    code, said = telling.door(cast, firm), telling.said(cast.first_bank)
    first = declare_need(said=said, code=code, now=NOW).declaration
    answers = iter([None, first])
    monkeypatch.setattr("visits.intake.queries.declaration_by_id", lambda _id: next(answers))
    told = declare_need(said=said, code=code, now=NOW)
    assert (told.is_repeat, told.declaration, FinancingNeed.objects.count()) == (True, first, 1)


def test_what_goes_wrong_in_lending_leaves_nothing_behind(cast, firm, monkeypatch):
    def fall(*_, **__):
        raise RuntimeError("no")

    code = telling.door(cast, firm)
    monkeypatch.setattr("lending.opening._open", fall)
    with pytest.raises(RuntimeError):
        declare_need(said=telling.said(cast.first_bank), code=code, now=NOW)
    assert (FinancingNeed.objects.count(), Consent.objects.count(), OwnerDeclaration.objects.count()) == (
        0,
        0,
        0,
    )


def test_another_fault_of_the_database_is_not_taken_for_a_repeat(cast, firm, monkeypatch):
    def fall(*_, **__):
        raise IntegrityError("something else")

    code = telling.door(cast, firm)
    monkeypatch.setattr("visits.intake.services._declare", fall)
    with pytest.raises(IntegrityError):
        declare_need(said=telling.said(cast.first_bank), code=code, now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_yuan": None}, "need.amount_yuan"),
        ({"purpose": ""}, "need.purpose"),
        ({"contact_phone": ""}, "need.contact_phone"),
        ({"preferred_banks": ("NO-BANK",)}, "need.preferred_banks"),
        ({"preferred_banks": ("310104",)}, "need.preferred_banks"),
    ],
)
def test_a_need_that_is_not_whole_is_refused(cast, firm, changes, field):
    with pytest.raises(Invalid) as refusal:
        telling.declared(cast, firm, **changes)
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"notice_version": "1999-01"}, "consent.notice_version"),
        ({"scopes": ()}, "consent.scope"),
        ({"scopes": ("everything",)}, "consent.scope"),
        ({"recipients": (), "scopes": ("share_need",)}, "consent.recipients"),
        ({"scopes": ("credit_lookup",)}, "consent.scope"),  # banks named in vain
        ({"recipients": ("NO-BANK",)}, "consent.recipients"),
        ({"recipients": ("310115",)}, "consent.recipients"),  # the team of another district
        ({"signed_name": "  "}, "consent.signed_name"),
    ],
)
def test_a_consent_that_is_not_whole_is_refused(cast, firm, changes, field):
    told = telling.said(cast.first_bank)
    told = replace(told, consent=replace(told.consent, **changes))
    with pytest.raises(Invalid) as refusal:
        declare_need(said=told, code=telling.door(cast, firm), now=NOW)
    assert list(refusal.value.fields) == [field]


def test_a_dead_code_declares_nothing(cast, firm):
    code = telling.door(cast, firm)
    with pytest.raises(CodeExpired):
        declare_need(said=telling.said(cast.first_bank), code=code, now=code.expires_at)
    revoked = revoke(code=code, by=cast.panel, now=NOW, reason="遗失")
    with pytest.raises(CodeRevoked):
        declare_need(said=telling.said(cast.first_bank), code=revoked, now=NOW)


def test_the_code_of_a_person_is_no_door(cast):
    with pytest.raises(CodeNotForVisit):
        declare_need(said=telling.said(cast.first_bank), code=telling.door(cast, cast.officer), now=NOW)


def test_a_closed_firm_and_one_without_a_district_are_told_so(cast):
    closed = make.business(at=cast.xuhui, status="closed")
    with pytest.raises(BusinessClosed):
        telling.declared(cast, closed)
    nowhere = make.business(at=cast.xuhui)
    code = telling.door(cast, nowhere)
    nowhere.district, nowhere.district_source = None, "none"
    nowhere.save()
    code.business.refresh_from_db()
    with pytest.raises(DistrictUnknown):
        declare_need(said=telling.said(cast.first_bank), code=code, now=NOW)


@pytest.mark.parametrize("bring", [story.visited, story.looked_up, story.recommended])
def test_a_firm_with_an_open_case_gets_no_second_one_and_no_link(cast, firm, bring):
    case = bring(cast, of=firm)
    made = telling.declared(cast, firm, cast.other_bank)
    assert (made.case_number, made.follow_path, FinancingCase.objects.count()) == (case.number, "", 1)
    after = story.fresh(case)
    assert (after.stage, after.need, after.events.last().kind) == (case.stage, case.need, "need_declared")


def test_whoever_stands_at_the_door_adds_no_bank_to_an_open_case(cast, firm):
    story.visited(cast, of=firm, banks=(cast.first_bank,))
    telling.declared(cast, firm, cast.other_bank)
    assert [consent.recipient for consent in Consent.objects.order_by("pk")] == [
        cast.first_bank, cast.xuhui,
    ]  # fmt: skip
    assert ConsentSigning.objects.filter(witnessed_by__isnull=True).count() == 0


@pytest.mark.parametrize("is_returned", [True, False])
def test_a_case_that_waits_is_not_completed_from_the_door(cast, firm, is_returned):
    if is_returned:
        case = story.looked_up(cast, of=firm)
        review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="金额有误")
    else:
        case = story.visited(cast, of=firm, consent=False)
    telling.declared(cast, firm)
    after = story.fresh(case)
    assert (after.stage, after.need_id) == ("returned" if is_returned else "intake", case.need_id)


def test_a_visit_completes_what_an_owner_began(cast, firm):
    telling.declared(cast, firm, scopes=("share_need",))
    case = FinancingCase.objects.get()
    story.visited(cast, of=firm, now=NOW + timedelta(days=1))
    after = story.fresh(case)
    assert (after.stage, after.need.visit is not None, FinancingCase.objects.count()) == (
        "authorised",
        True,
        1,
    )
