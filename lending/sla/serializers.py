"""A clock and how its due time came about, as the API and the export say it."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lending.sla.models import Alert, Deadline, DeadlinePolicy, Suspension
from lending.sla.wording import scope


class PolicyOut(serializers.ModelSerializer):
    scope = serializers.SerializerMethodField(
        help_text="Where it holds: a district, a list, or the whole city."
    )

    class Meta:
        model = DeadlinePolicy
        fields = (
            "id", "source", "scope", "length", "unit", "is_working_days", "is_rolled_forward", "starts_at",
            "max_suspension_days", "effective_from", "effective_until",
        )  # fmt: skip

    def get_scope(self, policy: DeadlinePolicy) -> str:
        return scope(policy)


class StepOut(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    said = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())


class DayOut(serializers.Serializer):
    day = serializers.DateField()
    what = serializers.ChoiceField(["start", "counted", "rest", "suspended", "rolled"])
    number = serializers.IntegerField(allow_null=True, help_text="The how manieth day that counts.")
    name = serializers.CharField()
    is_last = serializers.BooleanField()


class YearOut(serializers.Serializer):
    year = serializers.IntegerField()
    version = serializers.IntegerField(help_text="0: not announced yet, weekends are assumed.")
    source = serializers.CharField()


class SuspensionOut(serializers.ModelSerializer):
    state_name = serializers.CharField(source="get_state_display")
    asked_by = serializers.CharField(source="asked_by.name")
    decided_by = serializers.CharField(source="decided_by.name", default="")

    class Meta:
        model = Suspension
        fields = (
            "id", "deadline", "state", "state_name", "papers", "reason", "asked_days", "asked_at", "asked_by", "decided_at",
            "decided_by", "decided_note", "from_on", "until_on", "ended_at", "ended_why",
        )  # fmt: skip


class SuspensionIn(serializers.Serializer):
    papers = serializers.CharField(max_length=300, help_text="What the firm is to bring; the owner reads it.")
    reason = serializers.CharField(max_length=300)
    days = serializers.IntegerField(min_value=1, max_value=3660)


class AnswerIn(serializers.Serializer):
    is_granted = serializers.BooleanField()
    days = serializers.IntegerField(
        min_value=1,
        max_value=3660,
        required=False,
        allow_null=True,
        help_text="Left out: as many as were asked for.",
    )
    note = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="", help_text="Needed for a refusal."
    )


class EndIn(serializers.Serializer):
    why = serializers.CharField(max_length=60)


class ChangeOut(serializers.Serializer):
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    old_due_at = serializers.DateTimeField()
    new_due_at = serializers.DateTimeField()


class LetterOut(serializers.ModelSerializer):
    step_name = serializers.CharField(source="get_step_display")
    state_name = serializers.CharField(source="get_state_display")
    to = serializers.SerializerMethodField(help_text="Who it went to; without the address.")
    organisation = serializers.CharField(source="organisation.name")

    class Meta:
        model = Alert
        fields = (
            "id", "step", "step_name", "due_at", "to", "organisation", "why", "state", "state_name", "created_at",
            "attempts", "sent_at", "reported_at",
        )  # fmt: skip

    def get_to(self, letter: Alert) -> str:
        return letter.recipient_user.name if letter.recipient_user else letter.organisation.name


class ExplanationOut(serializers.Serializer):
    id = serializers.IntegerField(source="clock.pk")
    case = serializers.CharField(source="clock.case.number")
    kind = serializers.ChoiceField(Deadline._meta.get_field("kind").choices, source="clock.kind")
    kind_name = serializers.CharField(source="clock.get_kind_display")
    bound = serializers.CharField(source="clock.bound.code")
    bound_name = serializers.CharField(source="clock.bound.name")
    state = serializers.ChoiceField(Deadline.State.choices, source="clock.state")
    state_name = serializers.CharField(source="clock.get_state_display")
    started_at = serializers.DateTimeField(source="clock.started_at")
    due_at = serializers.DateTimeField(source="clock.due_at", help_text="The first instant that is too late.")
    is_provisional = serializers.BooleanField(source="clock.is_provisional")
    stopped_at = serializers.DateTimeField(source="clock.stopped_at", allow_null=True)
    words = serializers.CharField()
    policy = PolicyOut(source="clock.policy")
    rule = serializers.SerializerMethodField(help_text="As it was when the clock started.")
    steps = StepOut(many=True)
    days = DayOut(many=True)
    calendar = YearOut(source="years", many=True)
    suspensions = SuspensionOut(many=True)
    changes = ChangeOut(many=True)
    letters = LetterOut(many=True)
    gross_days = serializers.IntegerField(
        help_text="Calendar days in Shanghai from the start to the stop, or to now."
    )
    net_days = serializers.IntegerField(help_text="The same without suspended days.")

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_rule(self, told) -> dict:
        return told.clock.receipt["rule"]
