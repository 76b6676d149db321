"""Clocks that fall due, in bulk: `python -m tests.faults.seed BANKS CASES_EACH DUE_AT`, in the site's environment.

Every bank has a reviewer and a coordinator with an address each, so a clock that runs out owes two letters.
"""

import os
import sys
import uuid
from datetime import datetime, timedelta

import django


def main(banks: int, cases_each: int, due_at: datetime) -> None:
    from accounts.roles import Role
    from lending.case import FinancingCase
    from lending.models import Deadline
    from lending.sla import queries
    from lending.sla import services as sla
    from tests import factories as make
    from visits.models import FinancingNeed, Visit

    district, now = make.district(), due_at - timedelta(days=16)
    officer = make.user("officer", Role.FIELD_OFFICER, make.branch(make.bank(), district))
    make.user("panel", Role.PANEL, district), make.user("city", Role.CITY, district.parent)
    at = {"business": make.business(f"首户{uuid.uuid4().hex[:6]}", credit_code=_code()), "declared_at": now}
    visit = Visit.objects.create(
        id=uuid.uuid4(), business=at["business"], officer=officer, organisation=officer.organisation,
        district=district, mode="on_site", outcome="need", started_at=now, recorded_at=now,
    )  # fmt: skip
    need = FinancingNeed.objects.create(visit=visit, amount_yuan=make.YUAN, **at)
    places = _banks(banks)
    cases = _cases(banks * cases_each, district, visit, need, now)
    first = sla.start_clock(case=cases[0], kind="bank_decision", bound=places[0], now=now)
    ladder = queries.ladder_for(first)
    # where a clock stands that has nothing left to do before it runs out
    first.steps_done, first.next_look_at = ladder.begin(due_at, due_at - timedelta(hours=1))
    first.due_at = due_at
    facts = {
        field.attname: getattr(first, field.attname)
        for field in Deadline._meta.concrete_fields
        if field.attname not in {"id", "case_id", "bound_id"}
    }
    first.delete()
    Deadline.objects.bulk_create(
        [Deadline(case=case, bound=places[n % banks], **facts) for n, case in enumerate(cases)], 1000
    )
    assert FinancingCase.objects.filter(deadlines__due_at=due_at).count() == banks * cases_each


def _banks(number: int) -> list:
    from accounts.models import Organisation, User
    from accounts.roles import Role

    run = uuid.uuid4().hex[:6]
    banks = Organisation.objects.bulk_create(
        [Organisation(code=f"F{run}-{n}", name=f"示范银行{run}-{n}", kind="bank") for n in range(number)]
    )
    roles = {"r": Role.BANK_REVIEWER, "c": Role.BANK_COORDINATOR}
    User.objects.bulk_create(
        [
            User(username=f"{run}{letter}{n}", email=f"{run}{letter}{n}@test.invalid", role=role,
                 organisation=bank, name="测试", password="!")
            for n, bank in enumerate(banks)
            for letter, role in roles.items()
        ]
    )  # fmt: skip
    return banks


def _cases(number: int, district, visit, need, now: datetime) -> list:
    from django.db import connection

    from lending.case import NUMBERS, FinancingCase, case_number
    from visits.models import Business

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [NUMBERS, number])
        serials = [serial for (serial,) in cursor.fetchall()]
    businesses = Business.objects.bulk_create(
        [
            Business(credit_code=_code(), name=f"测试{n}号有限公司", name_search=f"测试{n}号有限公司", kind="company",
                     district=district, district_source="address", address="测试路")
            for n in serials
        ], 1000,
    )  # fmt: skip
    return FinancingCase.objects.bulk_create(
        [
            FinancingCase(number=case_number(district.code, now.year, serial), business=business, district=district,
                          origin_visit=visit, need=need, amount_yuan=need.amount_yuan, stage="with_bank",
                          stage_since=now, opened_at=now)
            for serial, business in zip(serials, businesses, strict=True)
        ], 1000,
    )  # fmt: skip


def _code() -> str:
    """Eighteen characters nobody else has; the check digit is no matter of the clocks."""
    return f"91310104{uuid.uuid4().hex[:10].upper()}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
