"""What a bank has to do and has done. Never writes."""

from datetime import date, datetime
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet, Sum

from lending.bank_decision.models import BankDecision, ContactAttempt, DeclineReason, Disbursement
from lending.bank_decision.outcomes import GRANTED
from lending.models import Recommendation
from lending.sla import queries as clocks

IN_ROW = ("case__business", "case__district", "list", "bank", "branch", "deadline")


def with_all_that_a_row_shows(rows: QuerySet[Recommendation]) -> QuerySet[Recommendation]:
    """Joined and prefetched, so that a page of rows costs the same number of queries as one row."""
    decisions = BankDecision.objects.filter(superseded_by__isnull=True).select_related("reason", "decided_by")
    loans = Prefetch("disbursements", Disbursement.objects.select_related("recorded_by"))
    current = Prefetch("decisions", decisions.prefetch_related(loans), to_attr="current_decisions")
    return rows.select_related(*IN_ROW).prefetch_related(current)


def with_late_steps(rows: QuerySet[Recommendation], now: datetime) -> QuerySet[Recommendation]:
    """`late_steps`: the kinds of clock whose step this bank has let run out, the longest ago first. Part of the same
    statement: neither another one nor a join."""
    late = clocks.interim_late(now).filter(case=OuterRef("case"), bound=OuterRef("bank"))
    return rows.annotate(late_steps=ArraySubquery(late.order_by("due_at", "pk").values("kind")))


def decision_shown(recommendation: Recommendation) -> BankDecision | None:
    """The decision that stands, of a row read by `with_all_that_a_row_shows`; a refused report is no decision."""
    if recommendation.state not in (Recommendation.State.DECIDED, Recommendation.State.CONFIRMING):
        return None
    return next(iter(recommendation.current_decisions), None)


def current_decision(recommendation: Recommendation) -> BankDecision | None:
    """The last link of the chain of corrections."""
    return recommendation.decisions.filter(superseded_by__isnull=True).select_related("reason").first()


def disbursements(recommendation: Recommendation) -> QuerySet[Disbursement]:
    """Paid out under this recommendation, across corrections of its decision."""
    return Disbursement.objects.filter(decision__recommendation=recommendation)


def disbursed_yuan(recommendation: Recommendation) -> Decimal:
    return disbursements(recommendation).aggregate(total=Sum("amount_yuan"))["total"] or Decimal("0.00")


def first_paid_on(recommendation: Recommendation) -> date | None:
    rows = disbursements(recommendation).order_by("disbursed_on")
    return rows.values_list("disbursed_on", flat=True).first()


def requested_yuan(recommendation: Recommendation) -> Decimal | None:
    """What the firm asked for as the bank was told it: the case may have been changed since."""
    told = (recommendation.snapshot.get("need") or {}).get("amount_yuan")
    return Decimal(str(told)) if told else recommendation.case.amount_yuan


def attempts(recommendation: Recommendation) -> list[tuple]:
    return list(recommendation.contacts.values_list("at", "recorded_at", "is_reached"))


def active_reason(code: str) -> DeclineReason | None:
    return DeclineReason.objects.filter(code=code, is_active=True).first() if code else None


def whole_story(recommendation: Recommendation) -> dict:
    """Contacts and decisions, superseded ones included, for the page of one recommendation."""
    decisions = (
        BankDecision.objects.filter(recommendation=recommendation)
        .select_related("reason", "decided_by", "confirmation__by", "supersedes")
        .prefetch_related(Prefetch("disbursements", Disbursement.objects.select_related("recorded_by")))
        .order_by("pk")
    )
    contacts = (
        ContactAttempt.objects.filter(recommendation=recommendation).select_related("by").order_by("at")
    )
    return {"decisions": list(decisions), "contacts": list(contacts)}


def is_granted(decision: BankDecision | None) -> bool:
    return decision is not None and decision.outcome in GRANTED
