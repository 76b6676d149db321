"""Visits that found no need: most of them do. Written at once; a thousand of them say nothing that a service checks."""

import random
import uuid
from datetime import datetime, timedelta

from accounts.models import Organisation, User
from accounts.roles import Role
from visits.access import assigned_to
from visits.models import Business, Visit
from visits.protection.services import ask_do_not_disturb

PER_DISTRICT, MAIN = 60, 200
OUTCOMES = ("no_need",) * 12 + ("deferred",) * 3 + ("unreachable",) * 3 + ("wrong_address", "closed_down", "refused", "already_served")  # fmt: skip


def make_visits(now: datetime, main_district: str) -> None:
    chance = random.Random(20261121)  # noqa: S311  a demo, not a secret
    rows = []
    for district in Organisation.objects.filter(kind=Organisation.Kind.DISTRICT):
        officers = list(
            User.objects.filter(role=Role.FIELD_OFFICER, organisation__district=district).order_by("pk")
        )
        count = MAIN if district.code == main_district else PER_DISTRICT
        firms = Business.objects.filter(district=district, cases__isnull=True, visits__isnull=True)
        rows += [_visit(firm, chance, officers, now) for firm in firms.order_by("-credit_code")[:count]]
    rows += _round_of_the_officer(chance, now)
    Visit.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    Visit.objects.bulk_create(_what_to_know_before_knocking(now))


def _round_of_the_officer(chance: random.Random, now: datetime) -> list[Visit]:
    """A third of what the demo's officer is assigned has been visited these days."""
    officer = User.objects.get(username="officer")
    firms = Business.objects.filter(assigned_to(officer), cases__isnull=True).order_by("credit_code")
    rows = [_visit(firm, chance, [officer], now) for firm in firms[: len(firms) // 3]]
    for number, row in enumerate(rows[:4], start=1):  # the day is under way
        row.started_at, row.outcome = now - timedelta(minutes=25 * number), "no_need"
        row.ended_at, row.recorded_at = (
            row.started_at + timedelta(minutes=6),
            row.started_at + timedelta(minutes=7),
        )
    return rows


def _what_to_know_before_knocking(now: datetime) -> list[Visit]:
    """Every mark of the officer's first page, on firms they are still to visit: another bank was there, tried in vain on
    two days and on three, the owner wants peace."""
    officer, rival = (User.objects.get(username=name) for name in ("officer", "officer-demo-b2-310104"))
    firms = iter(
        Business.objects.filter(assigned_to(officer), cases__isnull=True, visits__isnull=True).order_by(
            "-credit_code"
        )[:8]
    )
    rows = [
        _made(firm, rival, "deferred", now - timedelta(days=days))
        for days, firm in zip((9, 3), firms, strict=False)
    ]
    for days_tried, firm in zip((2, 1, 3), firms, strict=False):
        rows += [
            _made(firm, officer, "unreachable", now - timedelta(days=1 + back)) for back in range(days_tried)
        ]
    for days, firm in zip((10, 45), firms, strict=False):
        ask_do_not_disturb(
            business=firm, until_on=(now + timedelta(days=days)).date(), now=now - timedelta(days=2), reason="年底盘点,请勿上门"
        )  # fmt: skip
    return rows + _two_banks_at_one_door(rival, now)


def _two_banks_at_one_door(rival: User, now: datetime) -> list[Visit]:
    """What the report of visits against the protection is for."""
    seen = Visit.objects.filter(
        district=rival.district, outcome="no_need", case_number="", started_at__range=(now - timedelta(days=25), now - timedelta(days=8)),
    )  # fmt: skip
    before = (
        seen.exclude(organisation=rival.organisation)
        .select_related("business")
        .order_by("business__credit_code")[:4]
    )
    rows = [_made(one.business, rival, "no_need", one.started_at + timedelta(days=5)) for one in before]
    for number, row in enumerate(rows):
        row.protection_marks = ["cooling_off", "not_lead_bank"][: 1 + number % 2]
        row.protection_reason = ("企业主主动联系", "区级工作专班安排")[number % 2]
    return rows


def _made(firm: Business, officer: User, outcome: str, at: datetime) -> Visit:
    name = f"demo-visit:{firm.credit_code}:{at.date()}"
    return Visit(
        id=uuid.uuid5(uuid.NAMESPACE_URL, name), business=firm, officer=officer, organisation_id=officer.organisation_id,
        district_id=firm.district_id, mode="on_site", outcome=outcome, started_at=at, ended_at=at + timedelta(minutes=6),
        recorded_at=at + timedelta(minutes=7), content_digest="demo",
    )  # fmt: skip


def _visit(firm: Business, chance: random.Random, officers: list[User], now: datetime) -> Visit:
    officer, at = chance.choice(officers), now - timedelta(minutes=chance.randrange(60, 45 * 24 * 60))
    return Visit(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"demo-visit:{firm.credit_code}"), business=firm, officer=officer,
        organisation_id=officer.organisation_id, district_id=firm.district_id, mode=chance.choice(("on_site", "phone")),
        outcome=chance.choice(OUTCOMES), started_at=at, ended_at=at + timedelta(minutes=6),
        recorded_at=at + timedelta(minutes=7), content_digest="demo",
    )  # fmt: skip
