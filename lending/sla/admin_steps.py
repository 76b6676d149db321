"""A policy's own ladder, on the page of the policy."""

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_scope import ScopedTabularInline
from accounts.punctuation import listed
from accounts.roles import BANK_ROLES, Do, Role
from lending.sla import chips, ladder, queries
from lending.sla.kinds import Audience, Step
from lending.sla.ladder import Rung
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


class StepFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        rows = [form.cleaned_data for form in self.forms if form.is_valid()]
        kept = [facts for facts in rows if not facts.get("DELETE")]
        if len({facts["days"] for facts in kept if facts.get("step") == Step.NAG}) > 1:  # a ladder has one
            raise ValidationError(_("“定期催办”的各行间隔天数应相同。"))
        first = _first_day(self.instance)
        for facts in kept:
            if first is not None and facts.get("days", 0) < first:  # none of a ladder that is fixed
                says = _("“%(step)s”最早为 %(first)d,再早时限尚未起算。")
                raise ValidationError(says % {"step": Step(facts["step"]).label, "first": first})

    def get_unique_error_message(self, unique_check: tuple[str, ...]) -> str:
        return _("同一级别对同一收件人只能有一行。")


def _first_day(policy: DeadlinePolicy) -> int | None:
    """Where a clock of so many days begins, counted from its due time; five working days are a week. None for months,
    and where the form above is not valid."""
    if policy.unit != DeadlinePolicy.Unit.DAYS or not policy.length:
        return None
    return -(policy.length * 7 // 5 if policy.is_working_days else policy.length)


class StepsInline(ScopedTabularInline):
    """Without a row the usual ladder of the kind holds. Fixed once a clock climbs it: a clock remembers how many of its
    steps it has done."""

    model = PolicyStep
    form = StepForm
    formset = StepFormSet
    fields = ("step", "days", "to")
    may_view = (Role.CITY, Role.AUDITOR, *BANK_ROLES)
    may_add = may_change = may_delete = Do.EDIT_RULES
    verbose_name_plural = gettext_lazy(
        "提醒级别(不填按通用级别;天数从到期时刻算起,-6 为剩 5 天当日零时,-1 为末日零时,定期催办填间隔天数)"
    )

    def has_add_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return super().has_add_permission(request, obj) and not is_in_use(obj)

    def has_change_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return super().has_change_permission(request, obj) and not is_in_use(obj)

    def has_delete_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not is_in_use(obj)


def ladder_in_words(policy: DeadlinePolicy) -> list[str]:
    """The letters of a clock that goes by this policy, one line each: 剩 5 天 即将到期:银行审核人."""
    own = queries.ladders([policy.pk]).of(policy.pk, policy.kind)
    return [_in_words(rung) for rung in (*own.rungs, own.nag) if rung and rung.to]


def _in_words(rung: Rung) -> str:
    if rung.step == Step.ASSIGNED:
        when = _("推送时")
    elif rung.step == Step.NAG:
        when = _("此后每 %(days)d 天") % {"days": rung.days}
    elif rung.days == 0:
        when = _("到期时")
    else:
        when = chips.label(-rung.days - 1) if rung.days < 0 else _("超期满 %(days)d 天") % {"days": rung.days}
    facts = {"when": when, "step": Step(rung.step).label, "to": listed(Audience(to).label for to in rung.to)}
    return _("%(when)s:%(step)s → %(to)s") % facts


def is_in_use(policy: DeadlinePolicy | None) -> bool:
    return policy is not None and Deadline.objects.filter(policy=policy).exists()
