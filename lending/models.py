"""Table of contents, in workflow order."""

from lending.audit import Event
from lending.bank_decision.models import (
    BankDecision,
    ContactAttempt,
    DeclineReason,
    Disbursement,
    OutcomeConfirmation,
    Repair,
)
from lending.case import FinancingCase
from lending.credit_lookup.models import CreditItem, CreditLookup
from lending.district_review.models import CriterionGuide, DistrictReview, Finding
from lending.recommendation_list.models import Recommendation, RecommendationList
from lending.sla.models import (
    Alert,
    CalendarDay,
    CalendarYear,
    Deadline,
    DeadlinePolicy,
    DeliveryReport,
    PolicyStep,
    Stall,
    Suspension,
    Sweep,
)

__all__ = [
    "FinancingCase", "Event",
    "CreditItem", "CreditLookup",
    "CriterionGuide", "DistrictReview", "Finding",
    "RecommendationList", "Recommendation",
    "DeclineReason", "ContactAttempt", "BankDecision", "OutcomeConfirmation", "Disbursement", "Repair",
    "CalendarYear", "CalendarDay", "DeadlinePolicy", "PolicyStep", "Deadline", "Suspension", "Alert", "DeliveryReport", "Sweep", "Stall",
]  # fmt: skip
