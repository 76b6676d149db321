"""Table of contents, in the order of the story."""

from visits.codes.batches.models import CodeBatch, CodeBatchItem, CodeBatchPart
from visits.codes.models import Code, RefusedScan
from visits.consent.models import Consent, ConsentNotice, ConsentSigning
from visits.field.models import FinancingNeed, Visit
from visits.intake.models import OwnerDeclaration, OwnerReport
from visits.presence.models import VisitPhoto
from visits.protection.models import DoNotDisturb, VisitPolicy
from visits.register.models import (
    Assignment,
    Business,
    BusinessList,
    Grid,
    ImportRejection,
    ImportRun,
    ListMembership,
)

__all__ = [
    "Grid", "BusinessList", "ImportRun", "ImportRejection", "Business", "ListMembership", "Assignment",
    "Code", "RefusedScan", "CodeBatch", "CodeBatchItem", "CodeBatchPart",
    "ConsentNotice", "ConsentSigning", "Consent",
    "VisitPolicy", "DoNotDisturb",
    "Visit", "FinancingNeed", "VisitPhoto",
    "OwnerDeclaration", "OwnerReport",
]  # fmt: skip
