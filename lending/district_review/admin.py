"""参考口径 of the five criteria: the city words them, for all districts or one, from a day on."""

from django.contrib import admin

from accounts.admin_scope import ScopedAdmin
from accounts.roles import Do, Role
from lending.district_review.models import CriterionGuide


@admin.register(CriterionGuide)
class CriterionGuideAdmin(ScopedAdmin):
    """A new wording is a new row with a later day; what a past review went by stays as it was."""

    may_view = (Role.CITY, Role.AUDITOR)
    may_add = Do.EDIT_RULES
    list_display = ("criterion", "district", "effective_from", "text")
    list_filter = ("criterion",)
