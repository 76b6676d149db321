"""The funnel against a recount in plain Python over the same small story."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from lending.dashboard.facts import COUNTED, STEPS
from lending.dashboard.funnel import DISTRICT, SHOWN, TOTAL, funnels
from lending.dashboard.period import Period, midnight, named
from lending.dashboard.scope import Scope
from tests import factories as make
from tests.factories import NOW
from tests.lending.dashboard import making
from visits.models import BusinessList, ListMembership

pytestmark = pytest.mark.django_db
ALL = Scope(Period())
HOUR = timedelta(hours=1)


def funnel(scope, *, now):
    return funnels(scope, TOTAL, now=now).total


def funnel_by(what, scope, *, now):
    found = funnels(scope, what, now=now)
    return found.by_district if what == DISTRICT else found.by_bank


@pytest.fixture
def story(cast):
    """Sixty firms in two districts go as far as chance takes them; every fact is also written down here."""
    chance, facts = random.Random(20), {step.code: [] for step in COUNTED}
    chosen_list = BusinessList.objects.first()
    officers = {cast.xuhui.pk: cast.officer, cast.pudong.pk: make.user(
        "officer-pudong", "field_officer", make.branch(cast.other_bank, cast.pudong))}  # fmt: skip

    def note(step, firm, bank, at, yuan=Decimal(0)):
        facts[step].append((firm.pk, firm.district_id, bank.pk, firm.is_listed, at, yuan))

    for _ in range(60):
        firm = make.business(at=chance.choice([cast.xuhui, cast.pudong]))
        firm.is_listed = chance.random() < 0.5
        if firm.is_listed:
            ListMembership.objects.create(business=firm, list=chosen_list)
        officer = officers[firm.district_id]
        at = NOW - timedelta(hours=chance.randint(1, 60 * 24))
        for again in range(chance.choice([0, 0, 1, 2])):
            earlier = at - again * 9 * timedelta(days=1) - HOUR
            making.visit(firm, by=officer, at=earlier)
            note("visited", firm, officer.bank, earlier)
        if chance.random() < 0.2:
            annul(making.visit(firm, by=officer, at=at - 2 * HOUR, outcome="need"), cast)
        if chance.random() < 0.75:
            _further(firm, at, chance, cast, officer, note)
    return facts, chosen_list


def annul(visit, cast):
    visit.annulled_at, visit.annulled_by, visit.annulled_reason = NOW, cast.panel, "重复登记"
    visit.save()


def _further(firm, at, chance, cast, officer, note):
    case = making.case(firm, by=officer, at=at, stage="with_bank")
    note("visited", firm, officer.bank, at)
    note("need", firm, officer.bank, at)
    if chance.random() < 0.8:
        making.consent(case.origin_visit, bank=cast.first_bank, at=at + HOUR)
        note("authorised", firm, officer.bank, at + HOUR)
    banks = chance.sample([cast.first_bank, cast.other_bank], chance.choice([0, 1, 1, 2]))
    for position, bank in enumerate(banks):
        when = at + timedelta(hours=2 + position * 100)
        pushed = making.push(case, bank=bank, by=cast.panel, at=when)
        note("recommended", firm, bank, when)
        outcome = chance.choice(["approved", "partly_approved", "declined", None])
        if outcome is None:
            continue
        decision = making.decide(pushed, outcome, by=cast.bank, at=when + HOUR, yuan="300000.00")
        if outcome == "declined":
            continue
        line = Decimal("300000.00")
        if chance.random() < 0.3:
            line = Decimal("250000.00")
            decision = making.decide(pushed, "approved", by=cast.bankhead, at=when + 200 * HOUR, yuan="250000.00",
                                     corrects=decision)  # fmt: skip
        note("granted", firm, bank, when + HOUR, line)
        for part in range(chance.choice([0, 1, 2])):
            paid_at = when + timedelta(hours=50 + part * 90)
            making.pay(decision, by=cast.bank, at=paid_at, yuan="100000.00")
            note("disbursed", firm, bank, paid_at, Decimal("100000.00"))


def recount(facts, step, start, end, *, district=None, bank=None, listed=None):
    """(户, 户次, yuan) in [start, end), the slow and obvious way."""
    rows = [
        row for row in facts[step]
        if (district is None or row[1] == district.pk) and (bank is None or row[2] == bank.pk)
        and (listed is None or row[3])
    ]  # fmt: skip
    inside = [row for row in rows if start <= row[4] < end]
    firms = {row[0] for row in inside}
    if step == "recommended":
        firms = {firm for firm in firms if start <= min(row[4] for row in rows if row[0] == firm)}
        inside = [row for row in inside if row[0] in firms]
    return len(firms), len(inside), sum((row[5] for row in inside), Decimal(0))


def counted(steps, step):
    tally = steps[step]
    return tally.firms, tally.times, tally.amount_yuan


@pytest.mark.parametrize("days", [None, 7, 20, 45])
@pytest.mark.parametrize("narrowed", ["", "district", "bank", "list"])
def test_every_step_equals_the_recount(story, cast, days, narrowed):
    facts, chosen_list = story
    period = Period() if days is None else Period((NOW - timedelta(days=days)).date(), NOW.date(), "")
    place = {"district": cast.pudong, "bank": cast.first_bank}.get(narrowed)
    scope = Scope(period, **({narrowed: place or chosen_list} if narrowed else {}))
    steps = funnel(scope, now=NOW)
    told = {"listed": True} if narrowed == "list" else {narrowed: place} if narrowed else {}
    wanted = {s.code: recount(facts, s.code, period.starts_at, period.ends_at, **told) for s in STEPS}
    assert {step.code: counted(steps, step.code) for step in STEPS} == wanted
    assert sum(firms for firms, _times, _yuan in wanted.values()) > 0


@pytest.mark.parametrize("what", ["district", "bank"])
def test_the_rows_of_a_table_equal_their_own_recount(story, cast, what):
    facts, _list = story
    places = (cast.xuhui, cast.pudong) if what == "district" else (cast.first_bank, cast.other_bank)
    rows = funnel_by(what, ALL, now=NOW)
    for place in places:
        told = {what: place}
        whole = ALL.period.starts_at, ALL.period.ends_at
        wanted = {code: recount(facts, code, *whole, **told)[::2] for code in SHOWN[what]}
        # 户 and yuan; no table shows 户次
        assert {code: counted(rows[place.pk], code)[::2] for code in SHOWN[what]} == wanted


def test_this_week_and_the_same_days_of_last_week_equal_the_recount(story):
    facts, _list = story
    monday = midnight(named("week", NOW).first)
    week = timedelta(days=7)
    for step, tally in funnel(ALL, now=NOW).items():
        this = recount(facts, step, monday, NOW + timedelta(microseconds=1))[0]
        last = recount(facts, step, monday - week, NOW - week + timedelta(microseconds=1))[0]
        assert (step, tally.week, tally.last_week) == (step, this, last)


def test_a_firm_counts_once_in_the_city_and_once_in_each_bank(cast):
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, stage="with_bank")
    for bank in (cast.first_bank, cast.other_bank):
        making.push(case, bank=bank, by=cast.panel)
    by_bank = funnel_by("bank", ALL, now=NOW)
    assert funnel(ALL, now=NOW)["recommended"].firms == 1
    assert [by_bank[bank.pk]["recommended"].firms for bank in (cast.first_bank, cast.other_bank)] == [1, 1]


def test_a_visit_counts_in_the_district_it_was_made_in_when_the_firm_has_moved(cast):
    firm = make.business(at=cast.xuhui)
    making.visit(firm, by=cast.officer)
    firm.district = cast.pudong
    firm.save()
    by_district = funnel_by("district", ALL, now=NOW)
    assert [by_district[d.pk]["visited"].firms for d in (cast.xuhui, cast.pudong)] == [1, 0]


def test_a_correction_to_declined_takes_the_firm_out_of_the_granted(cast):
    case = making.case(make.business(at=cast.xuhui), by=cast.officer, stage="approved")
    first = making.decide(
        making.push(case, bank=cast.first_bank, by=cast.panel), "approved", by=cast.bank, at=NOW
    )
    before = funnel(ALL, now=NOW)["granted"].firms
    making.decide(first.recommendation, "declined", by=cast.bankhead, at=NOW, corrects=first)
    assert (before, funnel(ALL, now=NOW)["granted"].firms) == (1, 0)


def test_a_consent_signed_on_the_owners_page_counts_in_the_district_of_the_firm(cast):
    making.consent(make.business(at=cast.pudong), bank=cast.first_bank, at=NOW)
    making.consent(make.business(at=cast.pudong), bank=cast.first_bank, at=NOW, scopes=["share_need"])
    assert funnel(Scope(Period(), district=cast.pudong), now=NOW)["authorised"].firms == 1


def test_the_first_and_the_last_second_of_a_period_belong_to_it(cast):
    day = Period(NOW.date(), NOW.date(), "")
    edges = [
        day.starts_at - timedelta(seconds=1),
        day.starts_at,
        day.ends_at - timedelta(seconds=1),
        day.ends_at,
    ]
    for moment in edges:
        making.visit(make.business(at=cast.xuhui), by=cast.officer, at=moment)
    assert funnel(Scope(day), now=NOW + timedelta(days=2))["visited"].firms == 2
