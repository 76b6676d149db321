"""Sets the scene for stage 5: a case that has been pushed to a bank, made of rows, without walking stages 1 to 4."""

import uuid
from datetime import timedelta
from decimal import Decimal

from accounts.models import Organisation
from lending import audit
from lending.bank_decision.rules import Answer
from lending.case import next_case_number
from lending.models import FinancingCase, Recommendation, RecommendationList
from lending.sla.models import DeadlineKind
from lending.sla.services import start_clock
from tests import factories as make
from visits.models import FinancingNeed, Visit

TODAY = make.NOW.date()
CRITERIA = (
    ("compliant_operation", "合规持续经营"), ("fixed_premises", "固定经营场所"), ("genuine_need", "真实融资需求"),
    ("good_credit_standing", "信用状况良好"), ("lawful_purpose", "贷款用途依法合规"),
)  # fmt: skip


def case(
    cast, *, amount: str = "500000.00", stage: str = "with_bank", name: str = "", at=make.NOW
) -> FinancingCase:
    firm = make.business(name, at=cast.xuhui)
    visit = Visit.objects.create(
        id=uuid.uuid4(), business=firm, officer=cast.officer, organisation=cast.officer.organisation,
        district=cast.xuhui, mode="on_site", outcome="need", started_at=at - timedelta(days=3),
        recorded_at=at - timedelta(days=3), content_digest="x",
    )  # fmt: skip
    need = FinancingNeed.objects.create(
        visit=visit, business=firm, amount_yuan=amount, purpose="working_capital", purpose_text="节前备货",
        term_months=12, guarantee="credit", declared_at=visit.recorded_at,
    )  # fmt: skip
    made = FinancingCase.objects.create(
        number=next_case_number(cast.xuhui.code, at.year), business=firm, district=cast.xuhui, origin_visit=visit,
        need=need, amount_yuan=Decimal(amount), stage=stage, stage_since=at - timedelta(days=1),
        opened_at=at - timedelta(days=3),
    )  # fmt: skip
    Visit.objects.filter(pk=visit.pk).update(case_number=made.number)
    audit.record(made, "opened", by=cast.officer, now=at - timedelta(days=3))
    return made


def push(
    cast, of: FinancingCase | None = None, *, to: Organisation | None = None, at=make.NOW, **facts
) -> Recommendation:
    """One recommendation in state 待接收, its clock running since `at`."""
    of = of or case(cast, at=at)
    bank = to or cast.first_bank
    clock = start_clock(
        case=of, kind=DeadlineKind.BANK_DECISION, bound=bank, now=at, branch=facts.get("branch")
    )
    number = RecommendationList.objects.count() + 1
    issued = RecommendationList.objects.create(
        number=f"310104-20261120-{number:02d}", district=cast.xuhui, issued_at=at, issued_by=cast.panel,
        items_count=1, digest="0" * 64,
    )  # fmt: skip
    return Recommendation.objects.create(
        list=issued, case=of, bank=bank, deadline=clock, snapshot=snapshot(of), pushed_at=at, **facts
    )


def snapshot(of: FinancingCase) -> dict:
    """As `recommendation_list.snapshot` writes it."""
    criteria = [
        {"criterion": code, "name": name, "met": True, "evidence": f"{name}:资料齐全"}
        for code, name in CRITERIA
    ]
    items = [
        {"category": "纳税", "item": "纳税信用等级", "value": "A", "department": "税务局", "as_of": "2026-03-31",
         "is_adverse": False},
        {"category": "行政处罚", "item": "处罚决定", "value": "罚款2000元,已履行", "department": "市场监管局",
         "as_of": "2025-07-02", "is_adverse": True},
    ]  # fmt: skip
    return {
        "version": 1, "case": of.number,
        "business": {
            "credit_code": of.business.credit_code, "name": of.business.name, "kind": "company", "kind_name": "企业",
            "status_name": "存续", "registered_type": "有限责任公司", "capital": "200万元", "registered_on": "2015-06-01",
            "address": of.business.address, "district": "310104", "district_name": "徐汇区", "scope": "日用百货批发零售",
        },
        "contact": {"name": "测试业主", "phone": "13800001234"},
        "need": {
            "amount_yuan": str(of.amount_yuan), "purpose": "working_capital", "purpose_name": "流动资金周转",
            "purpose_text": "节前备货", "term_months": 12, "guarantee": "credit", "guarantee_name": "信用",
            "urgency": "month", "urgency_name": "一个月内",
        },
        "visit": {"on": "2026-11-17", "mode": "on_site", "mode_name": "实地", "organisation": "沪江示范银行徐汇区支行"},
        "consent": {"id": 1, "given_at": "2026-11-17T10:00:00+08:00", "expires_at": "2027-11-17T10:00:00+08:00"},
        "review": {"reviewed_at": "2026-11-19T16:00:00+08:00", "reviewer": "林复", "remark": ""},
        "criteria": criteria,
        "credit": [
            {"lookup": 1, "source": "city-platform", "answer": "found", "fetched_at": "2026-11-18T09:00:00+08:00",
             "response_sha256": "ab" * 32, "items": items}
        ],
    }  # fmt: skip


def granted(**changes) -> Answer:
    facts = {
        "outcome": "partly_approved", "credit_line_yuan": Decimal("300000.00"), "annual_rate_pct": Decimal("3.8500"),
        "term_months": 12, "guarantee": "credit", "decided_on": TODAY,
    }  # fmt: skip
    return Answer(**facts | changes)


def declined(**changes) -> Answer:
    return Answer(**{"outcome": "declined", "reason_code": "R08", "decided_on": TODAY} | changes)
