"""Table of contents, in workflow order."""

from lending.bank_decision import admin as bank_decision
from lending.district_review import admin as district_review
from lending.progress import admin as progress
from lending.sla import admin as sla

__all__ = ["district_review", "bank_decision", "progress", "sla"]
