"""What the database tells of a firm's peace, in the statement of its row."""

import uuid
from datetime import date, datetime, timedelta

import pytest

from accounts.errors import Refusal
from accounts.roles import Role
from tests import factories as make
from tests.visits.intake import telling
from visits.field.assigned import assigned_to
from visits.models import (
    Assignment,
    Business,
    BusinessList,
    DoNotDisturb,
    ListMembership,
    Visit,
    VisitPolicy,
)
from visits.protection import queries, services
from visits.protection.rules import Mark, Policy, marks

pytestmark = pytest.mark.django_db
NOON = make.NOW  # 20 November 2026, 10:00 in Shanghai
DAY = timedelta(days=1)


def visited(business, officer, at, outcome="no_need", **facts) -> Visit:
    return Visit.objects.create(
        id=uuid.uuid4(), business=business, officer=officer, organisation=officer.organisation, mode="on_site",
        district=business.district, outcome=outcome, started_at=at, recorded_at=at, content_digest="x", **facts,
    )  # fmt: skip


def told(business, officer, at=NOON):
    rows = queries.with_protection(Business.objects.filter(pk=business.pk), officer=officer, at=at)
    return queries.facts(rows.get(), officer=officer, at=at)


def found(business, officer, at=NOON) -> list[Mark]:
    return marks(told(business, officer, at))


@pytest.fixture
def shop(cast):
    return make.business("测试米店", grid=make.grid(cast.xuhui))


@pytest.fixture
def rival(cast):
    return make.user("rival", Role.FIELD_OFFICER, make.branch(cast.other_bank, cast.xuhui), "郭访")


@pytest.fixture
def neighbour(cast):
    """Of the officer's own bank, at another branch."""
    return make.user("neighbour", Role.FIELD_OFFICER, make.branch(cast.first_bank, cast.pudong), "何访")


def assign(cast, shop, bank, position="sole_trader", **facts):
    row = BusinessList.objects.get(code=position)
    ListMembership.objects.get_or_create(business=shop, list=row)
    facts = {"starts_on": date(2026, 1, 1)} | facts
    return Assignment.objects.create(list=row, grid=shop.grid, bank=bank, **facts)


def test_a_firm_nobody_has_visited_is_free_for_everybody(cast, shop, rival):
    assert [found(shop, one) for one in (cast.officer, rival)] == [[], []]


def test_the_facts_come_in_the_statement_of_the_row(cast, shop, django_assert_num_queries):
    cast.officer.bank, cast.officer.district  # noqa: B018  read once for the whole request
    with django_assert_num_queries(1):
        told(shop, cast.officer)


def test_another_banks_visit_cools_off_through_the_last_day_and_no_longer(cast, shop, rival):
    visited(shop, rival, datetime(2026, 11, 1, 23, 59, tzinfo=make.SHANGHAI))
    days = {
        day: found(shop, cast.officer, datetime(2026, *day, 0, 0, tzinfo=make.SHANGHAI))
        for day in ((12, 1), (12, 2))
    }
    assert days == {
        (12, 1): [Mark.COOLING_OFF, Mark.NOT_LEAD_BANK],
        (12, 2): [Mark.NOT_LEAD_BANK],
    }
    assert told(shop, cast.officer).visited_by == "申浦示范银行"


def test_the_own_banks_follow_up_is_no_second_visit(cast, shop, neighbour):
    visited(shop, neighbour, NOON - DAY)
    assert found(shop, cast.officer) == []


@pytest.mark.parametrize("facts", [{"outcome": "unreachable"}, {"outcome": "wrong_address"}])
def test_a_visit_that_met_nobody_protects_from_nobody(cast, shop, rival, facts):
    visited(shop, rival, NOON - DAY, **facts)
    assert found(shop, cast.officer) == []


def test_an_annulled_visit_protects_from_nobody(cast, shop, rival):
    visited(shop, rival, NOON - DAY, annulled_at=NOON, annulled_by=rival, annulled_reason="登记错了")
    assert found(shop, cast.officer) == []


def test_a_visit_made_later_does_not_stand_against_one_that_arrives_late(cast, shop, rival):
    visited(shop, rival, NOON)
    assert found(shop, cast.officer, NOON - DAY) == []


def test_the_bank_that_came_first_leads_for_the_window(cast, shop, rival):
    visited(shop, rival, datetime(2026, 8, 22, 9, tzinfo=make.SHANGHAI))
    lead = told(shop, cast.officer).lead
    assert (lead.name, lead.is_assigned, lead.since) == ("申浦示范银行", False, date(2026, 8, 22))
    assert (found(shop, rival), found(shop, cast.officer)) == ([], [Mark.NOT_LEAD_BANK])  # the 90th day
    assert found(shop, cast.officer, NOON + DAY) == []


def test_an_assigned_bank_leads_whoever_came_first(cast, shop, rival):
    visited(shop, rival, NOON - 60 * DAY)
    assign(cast, shop, cast.first_bank)
    assert (found(shop, cast.officer), found(shop, rival)) == ([], [Mark.NOT_LEAD_BANK])


def test_of_two_lists_the_one_that_stands_first_names_the_lead(cast, shop):
    first, last = (
        BusinessList.objects.order_by("position").first(),
        BusinessList.objects.order_by("position").last(),
    )
    assign(cast, shop, cast.other_bank, last.code)
    assign(cast, shop, cast.first_bank, first.code)
    assert told(shop, cast.officer).lead.bank_id == cast.first_bank.pk


@pytest.mark.parametrize(
    ("facts", "leads"),
    [
        ({"ends_on": date(2026, 11, 20)}, True), ({"ends_on": date(2026, 11, 19)}, False),
        ({"starts_on": date(2026, 11, 20)}, True), ({"starts_on": date(2026, 11, 21)}, False),
    ],
)  # fmt: skip
def test_an_assignment_leads_from_its_first_day_through_its_last(cast, shop, facts, leads):
    assign(cast, shop, cast.other_bank, **facts)
    assert (found(shop, cast.officer) == [Mark.NOT_LEAD_BANK]) is leads


def test_whoever_comes_from_no_bank_is_asked_for_no_lead_but_keeps_the_peace(cast, shop, rival):
    street = make.user("street", Role.FIELD_OFFICER, cast.xuhui, "街道")
    visited(shop, rival, NOON - DAY)
    assert found(shop, street) == [Mark.COOLING_OFF]


def test_an_owners_wish_binds_everybody_and_the_lead_bank_too(cast, shop, rival):
    assign(cast, shop, cast.first_bank)
    services.ask_do_not_disturb(business=shop, until_on=date(2026, 12, 1), now=NOON)
    at = datetime(2026, 12, 1, 23, 59, tzinfo=make.SHANGHAI)
    assert found(shop, cast.officer, at) == [Mark.DO_NOT_DISTURB]
    assert found(shop, cast.officer, at + timedelta(minutes=1)) == []
    assert Mark.DO_NOT_DISTURB not in found(shop, cast.officer, NOON - DAY)  # before it was asked for


def test_a_wish_lifted_since_stood_when_the_visit_was_made(cast, shop):
    services.ask_do_not_disturb(business=shop, until_on=date(2026, 12, 1), now=NOON)
    services.lift_do_not_disturb(business=shop, now=NOON + DAY)
    hour = timedelta(hours=1)
    assert [found(shop, cast.officer, NOON + DAY + way) for way in (-hour, hour)] == [
        [Mark.DO_NOT_DISTURB],
        [],
    ]


def test_a_wish_for_peace_ends_by_being_lifted_and_by_no_declaration_at_the_door(cast, shop):
    """Anybody may stand at the door. What the visit is judged by, the pages and the officer's list tell the same."""
    assign(cast, shop, cast.first_bank, officer=cast.officer)
    until = date(2026, 12, 1)
    services.ask_do_not_disturb(business=shop, until_on=until, now=NOON)
    telling.declared(cast, shop, now=NOON + DAY)

    def readers(at) -> list[date | None]:
        (row,) = assigned_to(cast.officer, at)
        return [
            told(shop, cast.officer, at).undisturbed_until,
            queries.do_not_disturb_until(shop, at),
            row.until,
        ]

    assert readers(NOON + 2 * DAY) == [until] * 3
    services.lift_do_not_disturb(business=shop, now=NOON + 3 * DAY)
    assert readers(NOON + 3 * DAY) == [None] * 3


def test_a_districts_own_policy_goes_before_the_citys_of_whatever_day(cast, shop, rival):
    VisitPolicy.objects.create(district=cast.xuhui, effective_from=date(2026, 1, 1), cooling_off_days=3)
    VisitPolicy.objects.create(district=None, effective_from=date(2026, 6, 1), cooling_off_days=60)
    at = [
        told(shop, cast.officer).policy.cooling_off_days,
        told(make.business(at=cast.pudong), cast.officer).policy.cooling_off_days,
    ]
    assert at == [3, 60]
    assert [
        queries.policy_in_force(place, NOON.date()).cooling_off_days
        for place in (cast.xuhui, cast.pudong, None)
    ] == [3, 60, 60]


def test_a_policy_rules_from_its_day_on(cast, shop):
    VisitPolicy.objects.create(district=None, effective_from=date(2026, 11, 21), cooling_off_days=7)
    at = [
        datetime(2026, 11, 20, 23, 59, tzinfo=make.SHANGHAI),
        datetime(2026, 11, 21, 0, 0, tzinfo=make.SHANGHAI),
    ]
    assert [told(shop, cast.officer, one).policy.cooling_off_days for one in at] == [30, 7]


def test_without_any_policy_nothing_stands_against_a_visit(cast, shop, rival):
    VisitPolicy.objects.all().delete()
    visited(shop, rival, NOON - DAY)
    assert (told(shop, cast.officer).policy, found(shop, cast.officer)) == (Policy(), [])


def test_a_firm_without_district_is_under_the_policy_of_the_visitors(cast):
    VisitPolicy.objects.create(district=cast.xuhui, effective_from=date(2026, 1, 1), cooling_off_days=3)
    nowhere = make.business(district=None, district_source="none")
    assert told(nowhere, cast.officer).policy.cooling_off_days == 3


def test_a_wish_ends_at_the_longest_the_policy_allows(cast, shop):
    asked = services.ask_do_not_disturb(business=shop, until_on=date(2099, 1, 1), now=NOON)
    assert asked.until_on == date(2027, 11, 20)
    assert queries.do_not_disturb_until(shop, NOON) == date(2027, 11, 20)


def test_a_later_wish_takes_the_place_of_the_one_before(cast, shop):
    for day in (1, 24):
        services.ask_do_not_disturb(business=shop, until_on=date(2026, 12, day), now=NOON + day * DAY / 30)
    assert queries.do_not_disturb_until(shop, NOON + DAY) == date(2026, 12, 24)
    lifted = [row.lifted_at for row in DoNotDisturb.objects.order_by("pk")]
    assert lifted == [NOON + 24 * DAY / 30, None]


@pytest.mark.parametrize(("who", "may_ask", "may_lift"), [
    ("officer", True, False), ("panel", True, True), ("city", True, True), ("panel_other", False, False), ("bank", False, False),
])  # fmt: skip
def test_who_writes_a_wish_down_and_who_lifts_it(cast, shop, who, may_ask, may_lift):
    def goes(deed, **more) -> bool:
        try:
            deed(business=shop, now=NOON, by=getattr(cast, who), **more)
        except Refusal:
            return False
        return True

    assert goes(services.ask_do_not_disturb, until_on=date(2026, 12, 1)) is may_ask
    assert goes(services.lift_do_not_disturb) is may_lift
