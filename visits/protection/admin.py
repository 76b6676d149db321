"""The rules of visiting, kept by the city; owners' wishes for peace, written down and lifted through the services."""

from datetime import date

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.forms import Field as FormField
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.admin_scope import ScopedAdmin, is_allowed
from accounts.clock import day_of
from accounts.errors import Refusal
from accounts.models import Organisation
from accounts.roles import Do, Role
from visits.protection import services
from visits.protection.models import DoNotDisturb, VisitPolicy


class VisitPolicyForm(ModelForm):
    def clean_effective_from(self) -> date:
        """What was recorded by the rules of a past day is not judged anew."""
        first = self.cleaned_data["effective_from"]
        if first < day_of(timezone.now()):
            raise ValidationError(_("施行日期不能早于今天:已登记的走访按当时的规则。"))
        return first


@admin.register(VisitPolicy)
class VisitPolicyAdmin(ScopedAdmin):
    """Once in force a policy is only read: a changed rule is a new row with a later day."""

    may_view = (Role.CITY, Role.AUDITOR)
    may_add = may_change = may_delete = Do.EDIT_RULES
    form = VisitPolicyForm
    list_display = (
        "effective_from", "place", "lead_window_days", "cooling_off_days", "unreachable_days",
        "do_not_disturb_max_days", "answer", "photo", "location",
    )  # fmt: skip
    list_select_related = ("district",)
    list_filter = ("district",)
    ordering = ("-effective_from", "-id")

    @display(description=_("适用区"))
    def place(self, row: VisitPolicy) -> str:
        return str(row.district or _("全市"))

    def formfield_for_foreignkey(self, db_field: Field, request: HttpRequest, **kwargs) -> FormField:
        if db_field.name == "district":
            kwargs["queryset"] = Organisation.objects.filter(kind=Organisation.Kind.DISTRICT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: VisitPolicy | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _has_begun(obj)

    def has_delete_permission(self, request: HttpRequest, obj: VisitPolicy | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _has_begun(obj)

    def get_actions(self, request: HttpRequest) -> dict:
        """No deletion in bulk: a policy in force must stay."""
        return {
            name: item for name, item in super().get_actions(request).items() if name != "delete_selected"
        }


@admin.register(DoNotDisturb)
class DoNotDisturbAdmin(ScopedAdmin):
    """Looked at and lifted; a wish is written down on the page of the business."""

    may_view = (Role.CITY,)
    list_display = ("business", "until_on", "starts_at", "asked_by", "lifted_at")
    list_select_related = ("business", "asked_by")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    search_fields = ("business__name", "business__credit_code__startswith")
    search_help_text = _("经营主体名称、信用代码")
    fields = readonly_fields = ("business", "starts_at", "until_on", "reason", "asked_by", "lifted_at")
    actions = ("lift",)

    @action(description=_("解除勿扰(企业主要求)"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset) -> None:
        now, lifted = timezone.now(), 0
        for row in queryset.filter(lifted_at__isnull=True).select_related("business"):
            try:
                lifted += services.lift_do_not_disturb(business=row.business, now=now, by=request.user)
            except Refusal as refusal:
                self.message_user(request, str(refusal.sentence), level="error")
        self.message_user(request, _("%(n)d 户的勿扰已解除。") % {"n": lifted})

    def has_lift_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return is_allowed(request.user, Do.EDIT_RULES)


def _has_begun(policy: VisitPolicy | None) -> bool:
    return policy is not None and policy.effective_from <= day_of(timezone.now())
