"""Makers of the things tests talk about. Every maker takes what matters to the test and fills in the rest."""

import itertools
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import Organisation, User
from accounts.roles import Role
from visits.models import Assignment, Business, BusinessList, Code, ConsentNotice, FinancingNeed, Grid, Visit  # noqa: F401

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
PASSWORD = "a-long-test-password"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_count = itertools.count(1)


def credit_code(number: int | None = None, *, authority: str = "310104", kind: str = "91") -> str:
    """A valid unified social credit code (GB 32100-2015) with an invented body."""
    head = f"{kind}{authority}MADEM{number if number is not None else next(_count):04d}"
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(head))
    return head + ALPHABET[(31 - total % 31) % 31]


def district(code: str = "310104") -> Organisation:
    return Organisation.objects.get(code=code)


def bank(code: str = "DEMO-B1", name: str = "沪江示范银行") -> Organisation:
    return Organisation.objects.get_or_create(code=code, defaults={"name": name, "kind": "bank"})[0]


def branch(of: Organisation, at: Organisation, code: str | None = None) -> Organisation:
    facts = {"name": f"{of.name}{at.name}支行", "kind": "branch", "parent": of, "district": at}
    return Organisation.objects.get_or_create(code=code or f"{of.code}-{at.code}", defaults=facts)[0]


def user(username: str, role: Role, organisation: Organisation | None, name: str = "") -> User:
    person = User.objects.filter(username=username).first()
    if person is None:
        person = User(username=username, role=role, organisation=organisation, name=name or f"测试{username}",
                      email=f"{username}@test.invalid")  # fmt: skip
        person.set_password(PASSWORD)
        person.save()
    return person


def grid(at: Organisation, code: str = "") -> Grid:
    return Grid.objects.get_or_create(
        code=code or f"{at.code}-G1", defaults={"name": "一号网格", "district": at}
    )[0]


def business(name: str = "", *, at: Organisation | None = None, **facts) -> Business:
    number = next(_count)
    at = at or district()
    name = name or f"测试商贸{number}号有限公司"
    facts = {
        "credit_code": credit_code(number, authority=at.code), "kind": "company", "district": at,
        "district_source": "address", "address": f"上海市{at.name}测试路{number}号", "name_search": name,
    } | facts  # fmt: skip
    return Business.objects.create(name=name, **facts)


def visit_body(
    of: Business, *, banks: tuple[Organisation, ...] = (), ended_at: datetime | None = None, **changes
) -> dict:
    """A complete `POST visits/` body: a need of 500,000 yuan with consent for lookup and the banks named.

    It has just ended by the real clock, because the API goes by that one; `ended_at` says otherwise."""
    ended_at = ended_at or datetime.now(SHANGHAI)
    body = {
        "id": str(uuid.uuid4()), "credit_code": of.credit_code, "mode": "on_site", "outcome": "need",
        "started_at": (ended_at - timedelta(minutes=10)).isoformat(), "ended_at": ended_at.isoformat(),
        "location": {"lat": 31.1883, "lon": 121.4365, "accuracy_m": 15}, "note": "",
        "need": {
            "amount_yuan": "500000.00", "purpose": "working_capital", "purpose_text": "节前备货", "term_months": 12,
            "guarantee": "credit", "urgency": "month", "preferred_banks": [b.code for b in banks],
            "contact_phone": "13800000001",
        },
        "consent": {
            "notice_version": "2026-01", "scope": ["credit_lookup", "share_need"],
            "recipients": [b.code for b in banks], "signed_name": "测试业主",
        },
    }  # fmt: skip
    return body | changes


YUAN = Decimal("500000.00")


def just_now() -> datetime:
    """For stories that the running clock goes on with: a moment ago by the real clock."""
    return datetime.now(SHANGHAI) - timedelta(minutes=1)
