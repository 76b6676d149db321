"""Table of contents of the API of visits, in the order of the story."""

from visits.codes.api import OneCode
from visits.consent.api import CurrentNotice
from visits.field.api import AnnulVisit, OneVisit, Visits
from visits.presence.api import OnePhoto
from visits.register.api import Businesses, OneBusiness

__all__ = [
    "Businesses",
    "OneBusiness",
    "OneCode",
    "CurrentNotice",
    "Visits",
    "OneVisit",
    "AnnulVisit",
    "OnePhoto",
]
