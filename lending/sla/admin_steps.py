"""A policy's own ladder, on the page of the policy."""

from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_scope import ScopedTabularInline
from accounts.roles import BANK_ROLES, Do, Role
from lending.sla import ladder
from lending.sla.kinds import Step
from lending.sla.models import Deadline, DeadlinePolicy, PolicyStep


class StepForm(ModelForm):
    def clean(self) -> dict:
        facts = super().clean()
        step, days = facts.get("step"), facts.get("days")
        if step and days is not None:
            first, last = ladder.PLACES[step]
            if not first <= days <= last:
                says = _("“%(step)s”应为 %(first)d 至 %(last)d。")
                self.add_error("days", says % {"step": Step(step).label, "first": first, "last": last})
        return facts


class StepsInline(ScopedTabularInline):
    """Without a row the usual ladder of the kind holds. Fixed once a clock climbs it: a clock remembers how many of its
    steps it has done."""

    model = PolicyStep
    form = StepForm
    fields = ("step", "days", "to")
    may_view = (Role.CITY, Role.AUDITOR, *BANK_ROLES)
    may_add = may_change = may_delete = Do.EDIT_RULES
    verbose_name_plural = _("提醒级别(不填按该类时限的通用级别)")

    def has_add_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return super().has_add_permission(request, obj) and not is_in_use(obj)

    def has_change_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return super().has_change_permission(request, obj) and not is_in_use(obj)

    def has_delete_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not is_in_use(obj)


def is_in_use(policy: DeadlinePolicy | None) -> bool:
    return policy is not None and Deadline.objects.filter(policy=policy).exists()
