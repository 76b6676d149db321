"""Rows for stories about figures, written straight into the tables: only what a figure reads is filled in."""

import itertools
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Organisation, User
from lending.models import (
    BankDecision,
    Deadline,
    DeadlinePolicy,
    DeclineReason,
    Disbursement,
    FinancingCase,
    Recommendation,
    RecommendationList,
)
from lending.sla.calendar import day_of, end_of
from tests import factories as make
from tests.factories import NOW
from visits.models import Business, Consent, ConsentNotice, ConsentSigning, FinancingNeed, Visit

_count = itertools.count(1)
DAY = timedelta(days=1)


def visit(of: Business, *, by: User, at: datetime = NOW, outcome: str = "no_need", **facts) -> Visit:
    facts = {
        "district": of.district,
        "organisation": by.organisation,
        "recorded_at": at,
        "started_at": at,
    } | facts
    return Visit.objects.create(
        id=uuid.uuid4(), business=of, officer=by, mode="on_site", outcome=outcome, content_digest="x", **facts
    )


def consent(
    to: Visit | Business, *, bank: Organisation, at: datetime, scopes=("credit_lookup",)
) -> ConsentSigning:
    """At a visit, or on the owner's own page where a business is given."""
    business = to.business if isinstance(to, Visit) else to
    signing = ConsentSigning.objects.create(
        business=business, notice=ConsentNotice.objects.first(), signed_name="测试业主", signed_at=at,
        visit_id=to.pk if isinstance(to, Visit) else None,
    )  # fmt: skip
    Consent.objects.create(signing=signing, business=business, recipient=bank, scopes=list(scopes), given_at=at,
                           expires_at=at + 365 * DAY)  # fmt: skip
    return signing


def case(
    of: Business, *, by: User, at: datetime = NOW, stage: str = "intake", yuan: str = "500000.00"
) -> FinancingCase:
    origin = visit(of, by=by, at=at, outcome="need")
    need = FinancingNeed.objects.create(
        visit=origin, business=of, amount_yuan=Decimal(yuan), declared_at=origin.recorded_at
    )
    closed_at = at if stage in ("not_recommended", "disbursed", "closed_unfunded", "withdrawn") else None
    return FinancingCase.objects.create(
        number=f"{of.district.code}-2026-{next(_count):07d}", business=of, district=of.district, origin_visit=origin,
        need=need, amount_yuan=need.amount_yuan, stage=stage, stage_since=at, opened_at=at, closed_at=closed_at,
    )  # fmt: skip


def clock(
    of: FinancingCase, kind: str, *, bound: Organisation, at: datetime, due_at: datetime | None = None
) -> Deadline:
    return Deadline.objects.create(
        case=of, kind=kind, bound=bound, policy=DeadlinePolicy.objects.filter(kind=kind).first(), started_at=at,
        due_at=due_at or end_of(day_of(at) + 15 * DAY), receipt={"words": "推送次日起算15个自然日"},
    )  # fmt: skip


def push(of: FinancingCase, *, bank: Organisation, by: User, at: datetime = NOW, due_at: datetime | None = None,
         state: str = "pushed") -> Recommendation:  # fmt: skip
    frozen = RecommendationList.objects.create(
        number=f"L-{next(_count)}",
        district=of.district,
        issued_at=at,
        issued_by=by,
        items_count=1,
        digest="x",
    )
    return Recommendation.objects.create(
        list=frozen, case=of, bank=bank, deadline=clock(of, "bank_decision", bound=bank, at=at, due_at=due_at),
        snapshot={}, state=state, pushed_at=at,
    )  # fmt: skip


def decide(on: Recommendation, outcome: str, *, by: User, at: datetime, yuan: str = "300000.00", reason: str = "R08",
           corrects: BankDecision | None = None, **facts) -> BankDecision:  # fmt: skip
    """The clock stops with the first decision only, as the product has it."""
    granted = outcome in ("approved", "partly_approved")
    terms = (
        {"credit_line_yuan": Decimal(yuan), "annual_rate_pct": Decimal("3.65"), "term_months": 12}
        if granted
        else {}
    )
    if outcome == "declined":
        terms = {"reason": DeclineReason.objects.get(code=reason)}
    if corrects:
        terms |= {"supersedes": corrects, "correction_reason": "录入有误"}
    else:
        state = "met" if at < on.deadline.due_at else "met_late"
        Deadline.objects.filter(pk=on.deadline_id).update(state=state, stopped_at=at)
        Recommendation.objects.filter(pk=on.pk).update(state="decided")
    return BankDecision.objects.create(
        recommendation=on,
        outcome=outcome,
        decided_on=at.date(),
        recorded_at=at,
        decided_by=by,
        **terms | facts,
    )


def pay(under: BankDecision, *, by: User, at: datetime, yuan: str, rate: str = "3.65") -> Disbursement:
    return Disbursement.objects.create(
        decision=under, amount_yuan=Decimal(yuan), annual_rate_pct=Decimal(rate), disbursed_on=at.date(),
        recorded_at=at, recorded_by=by,
    )  # fmt: skip


def many_banks(count: int) -> list[Organisation]:
    return [make.bank(f"PEER-{number}", f"同业示范银行{number}号") for number in range(count)]
