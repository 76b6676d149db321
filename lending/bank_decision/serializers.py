"""What banks send and read over the API. Bounds here are of form; what an answer must hold is in `rules`."""

from decimal import Decimal

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.templatetags.doorstep import mask_phone
from lending.bank_decision import queries
from lending.bank_decision.models import BankDecision, ContactAttempt, Disbursement
from lending.bank_decision.outcomes import Outcome
from lending.bank_decision.rules import Answer, day_of
from lending.models import Recommendation
from lending.sla import suspensions
from lending.sla.chips import days_left
from lending.sla.serializers import SuspensionOut
from visits.models import FinancingNeed


def yuan(**options) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, **options)


def rate(**options) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=7, decimal_places=4, **options)


class ContactIn(serializers.Serializer):
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="Default: now.")
    mode = serializers.ChoiceField(ContactAttempt.Mode.choices)
    is_reached = serializers.BooleanField()
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class DecisionIn(serializers.Serializer):
    """Terms go with approved and partly_approved, a reason with declined; `decided_on` is today where left out."""

    outcome = serializers.ChoiceField(Outcome.choices)
    credit_line_yuan = yuan(required=False, allow_null=True)
    annual_rate_pct = rate(required=False, allow_null=True)
    term_months = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=9999)
    product = serializers.CharField(max_length=80, required=False, allow_blank=True)
    guarantee = serializers.ChoiceField(FinancingNeed.Guarantee.choices, required=False, allow_blank=True)
    is_first_loan = serializers.BooleanField(required=False)
    is_no_repay_renewal = serializers.BooleanField(required=False)
    reason_code = serializers.CharField(max_length=8, required=False, allow_blank=True)
    reason_text = serializers.CharField(max_length=500, required=False, allow_blank=True)
    decided_on = serializers.DateField(required=False)

    def answer(self) -> Answer:
        return Answer(**{"decided_on": day_of(timezone.now())} | self.validated_data)


class DisbursementIn(serializers.Serializer):
    amount_yuan = yuan(min_value=Decimal("0.01"))
    annual_rate_pct = rate()
    disbursed_on = serializers.DateField(required=False, help_text="Default: today.")
    loan_last4 = serializers.CharField(max_length=4, required=False, allow_blank=True, default="")
    seen_disbursed_yuan = yuan(
        required=False,
        allow_null=True,
        min_value=Decimal(0),
        help_text="What was paid when the caller looked; 409 `already_paid` where it is more by now.",
    )


class ConfirmationIn(serializers.Serializer):
    is_confirmed = serializers.BooleanField()
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class DisbursementOut(serializers.ModelSerializer):
    class Meta:
        model = Disbursement
        fields = ("id", "amount_yuan", "annual_rate_pct", "disbursed_on", "loan_last4", "recorded_at")


class DecisionOut(serializers.ModelSerializer):
    reason_code = serializers.CharField(source="reason.code", default="", read_only=True)
    disbursements = DisbursementOut(many=True, read_only=True)

    class Meta:
        model = BankDecision
        fields = (
            "id", "outcome", "credit_line_yuan", "annual_rate_pct", "term_months", "product", "guarantee",
            "is_first_loan", "is_no_repay_renewal", "reason_code", "reason_text", "decided_on", "recorded_at",
            "supersedes", "correction_reason", "disbursements",
        )  # fmt: skip


class ContactOut(serializers.ModelSerializer):
    class Meta:
        model = ContactAttempt
        fields = ("at", "recorded_at", "mode", "is_reached", "note")


class FirmOut(serializers.Serializer):
    credit_code = serializers.CharField()
    name = serializers.CharField()


class RecommendationOut(serializers.ModelSerializer):
    """`due_at` is exclusive; `days_left` counts Shanghai days, 0 on the last one, below 0 when late, null when done."""

    case = serializers.CharField(source="case.number", read_only=True)
    business = FirmOut(source="case.business", read_only=True)
    amount_yuan = serializers.SerializerMethodField()
    district = serializers.CharField(source="case.district.code", read_only=True)
    list = serializers.CharField(source="list.number", read_only=True)
    bank = serializers.CharField(source="bank.code", read_only=True)
    branch = serializers.CharField(source="branch.code", default=None, read_only=True)
    deadline = serializers.IntegerField(source="deadline_id", read_only=True)
    due_at = serializers.DateTimeField(source="deadline.due_at", read_only=True)
    suspended_until = serializers.DateTimeField(
        source="deadline.suspended_until",
        allow_null=True,
        read_only=True,
        help_text="The clock stands still until then.",
    )
    is_provisional = serializers.BooleanField(source="deadline.is_provisional", read_only=True)
    days_left = serializers.SerializerMethodField()
    decision = serializers.SerializerMethodField()

    class Meta:
        model = Recommendation
        fields = (
            "id", "case", "business", "amount_yuan", "district", "list", "bank", "branch", "state", "pushed_at",
            "deadline", "due_at", "is_provisional", "suspended_until", "days_left", "received_at", "contacted_at",
            "documents_complete_at", "decision",
        )  # fmt: skip

    @extend_schema_field(yuan(allow_null=True))
    def get_amount_yuan(self, row: Recommendation) -> str | None:
        amount = queries.requested_yuan(row)
        return None if amount is None else f"{amount:.2f}"

    def get_days_left(self, row: Recommendation) -> int | None:
        clock = row.deadline
        return None if clock.stopped_at else days_left(clock.due_at, timezone.now())

    @extend_schema_field(DecisionOut(allow_null=True))
    def get_decision(self, row: Recommendation) -> dict | None:
        decision = queries.decision_shown(row)
        return DecisionOut(decision).data if decision else None


class RecommendationDetailOut(RecommendationOut):
    """With what the panel relied on, as it was frozen at the push, and with everything done since."""

    snapshot = serializers.SerializerMethodField()
    contacts = ContactOut(many=True, read_only=True)
    decisions = serializers.SerializerMethodField()
    suspensions = serializers.SerializerMethodField()

    class Meta(RecommendationOut.Meta):
        fields = (*RecommendationOut.Meta.fields, "snapshot", "contacts", "decisions", "suspensions")

    @extend_schema_field(SuspensionOut(many=True))
    def get_suspensions(self, row: Recommendation) -> list[dict]:
        return SuspensionOut(suspensions.of(row.deadline), many=True).data

    @extend_schema_field(serializers.DictField())
    def get_snapshot(self, row: Recommendation) -> dict:
        """Whoever is done with a firm has no use for its telephone number any more."""
        told = row.snapshot
        if row.state in Recommendation.OPEN or "contact" not in told:
            return told
        return told | {"contact": told["contact"] | {"phone": mask_phone(told["contact"].get("phone"))}}

    @extend_schema_field(DecisionOut(many=True))
    def get_decisions(self, row: Recommendation) -> list[dict]:
        return DecisionOut(queries.whole_story(row)["decisions"], many=True).data


class DecidedOut(RecommendationDetailOut):
    """`warnings` maps a field to a doubt that refused nothing, such as an unusual rate."""

    warnings = serializers.SerializerMethodField()

    class Meta(RecommendationDetailOut.Meta):
        fields = (*RecommendationDetailOut.Meta.fields, "warnings")

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_warnings(self, row: Recommendation) -> dict[str, str]:
        return {name: str(sentence) for name, sentence in self.context.get("warnings", {}).items()}
