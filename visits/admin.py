"""Table of contents, in workflow order."""

from visits.codes import admin as codes
from visits.consent import admin as consent
from visits.field import admin as field
from visits.intake import admin as intake
from visits.protection import admin as protection
from visits.register import admin as register

__all__ = ["register", "codes", "consent", "field", "intake", "protection"]
