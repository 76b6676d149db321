"""A case brought as far as a test needs it, by the services that would bring it there."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Organisation
from lending.credit_lookup.services import look_up
from lending.district_review.services import review
from lending.models import CreditItem, FinancingCase, Recommendation, RecommendationList
from lending.recommendation_list.services import issue_list
from tests import factories as make
from tests.factories import NOW
from visits.field.rules import ConsentSaid, NeedSaid, VisitSaid
from visits.field.services import record_visit
from visits.models import Business

FIVE = ("compliant_operation", "fixed_premises", "genuine_need", "good_credit_standing", "lawful_purpose")
SOURCE = "city-platform"
BOTH = ("credit_lookup", "share_need")


def said(
    of: Business,
    *,
    banks: tuple[Organisation, ...] = (),
    scopes=BOTH,
    now: datetime = NOW,
    need=None,
    consent=True,
) -> VisitSaid:
    codes = tuple(bank.code for bank in banks)
    need = need or NeedSaid(
        amount_yuan=Decimal("500000.00"), purpose="working_capital", purpose_text="节前备货", term_months=12,
        guarantee="credit", preferred_banks=codes,
    )  # fmt: skip
    signed = ConsentSaid(notice_version="2026-01", scopes=scopes, recipients=codes, signed_name="测试业主")
    return VisitSaid(
        id=uuid.uuid4(), credit_code=of.credit_code, mode="on_site", outcome="need", need=need,
        started_at=now - timedelta(minutes=10), ended_at=now, consent=signed if consent else None,
    )  # fmt: skip


def visited(
    cast, *, of: Business | None = None, banks=None, now: datetime = NOW, by=None, **changes
) -> FinancingCase:
    """A case in AUTHORISED (or INTAKE where the changes leave something out)."""
    of = of or make.business(at=cast.xuhui)
    banks = (cast.first_bank,) if banks is None else banks
    told = record_visit(said=said(of, banks=banks, now=now, **changes), by=by or cast.officer, now=now)
    return FinancingCase.objects.get(number=told.visit.case_number)


def credit_item(of: Business, item: str = "纳税信用等级", value: str = "A", **facts) -> CreditItem:
    facts = {
        "source": SOURCE, "category": "纳税", "department": "税务局", "as_of": date(2026, 4, 30), "is_adverse": False,
        "digest": b"0" * 16,
    } | facts  # fmt: skip
    return CreditItem.objects.create(credit_code=of.credit_code, item=item, value=value, **facts)


def looked_up(cast, *, now: datetime = NOW, **changes) -> FinancingCase:
    """A case in UNDER_REVIEW with one receipt."""
    case = visited(cast, now=now, **changes)
    if not CreditItem.objects.filter(credit_code=case.business.credit_code).exists():
        credit_item(case.business)
    look_up(case=case, by=cast.panel, now=now)
    return fresh(case)


def five(evidence: str = "走访照片与信用查询结果", **unmet) -> dict:
    """Five findings; `five(fixed_premises=False)` makes that one unmet."""
    return {name: {"met": unmet.get(name, True), "evidence": evidence} for name in FIVE}


def recommended(cast, *, now: datetime = NOW, **changes) -> FinancingCase:
    case = looked_up(cast, now=now, **changes)
    review(case=case, by=cast.panel, now=now, outcome="recommend", criteria=five())
    return fresh(case)


def pushed(cast, *, banks=None, now: datetime = NOW, **changes) -> Recommendation:
    """A case in WITH_BANK; the recommendation to the first of `banks`."""
    banks = (cast.first_bank,) if banks is None else banks
    case = recommended(cast, banks=banks, now=now, **changes)
    issued = issued_list(cast, [(case, bank) for bank in banks], now=now)
    return issued.items.order_by("pk").first()


def issued_list(cast, items, *, now: datetime = NOW) -> RecommendationList:
    return issue_list(district=cast.xuhui, items=items, by=cast.panel, now=now)


def fresh(case: FinancingCase) -> FinancingCase:
    return FinancingCase.objects.select_related("business", "district").get(pk=case.pk)
