"""Table of contents, in workflow order."""

from visits.register import admin as register

__all__ = ["register"]
