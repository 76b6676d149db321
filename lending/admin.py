"""Table of contents, in workflow order."""

from lending.bank_decision import admin as bank_decision
from lending.progress import admin as progress
from lending.sla import admin as sla

__all__ = ["bank_decision", "progress", "sla"]
