"""The body of `POST visits/` and what is answered. Bounds here are form; rules of time and place are the service's."""

import base64
import binascii
import uuid
from decimal import Decimal
from functools import cache

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.settings import api_settings

from visits.consent.models import Scope
from visits.consent.rules import MAX_SIGNATURE_BYTES, signature_problem
from visits.field import rules
from visits.field.models import FinancingNeed, Visit
from visits.register.rules_code import normalise

NON_FIELD = api_settings.NON_FIELD_ERRORS_KEY
PLAIN = (
    "id", "mode", "outcome", "started_at", "ended_at", "note", "code", "sent_at", "channel", "protection_reason",
    "is_code_typed",
)  # fmt: skip
MAX_BASE64 = MAX_SIGNATURE_BYTES * 4 // 3 + 64


class Number(serializers.DecimalField):
    """A decimal of any precision within its bounds; FloatField falls over numbers of a thousand digits."""

    def __init__(self, **kwargs) -> None:
        super().__init__(max_digits=None, decimal_places=None, coerce_to_string=False, **kwargs)


class LocationInput(serializers.Serializer):
    lat = Number(min_value=Decimal(-90), max_value=Decimal(90))
    lon = Number(min_value=Decimal(-180), max_value=Decimal(180))
    accuracy_m = Number(min_value=Decimal(0), max_value=Decimal(1_000_000), required=False, allow_null=True)


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class Words(serializers.ListField):
    """A list of codes without repeats, in the order given."""

    child = serializers.CharField(max_length=32)

    def to_internal_value(self, data: object) -> list[str]:
        return list(dict.fromkeys(super().to_internal_value(data)))


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
class Scopes(serializers.ListField):
    """One scope or a list of them."""

    child = serializers.ChoiceField(choices=Scope.choices)

    def to_internal_value(self, data: object) -> list[str]:
        said = [data] if isinstance(data, str) else data
        return sorted({str(scope) for scope in super().to_internal_value(said)})


@extend_schema_field({"type": "string", "format": "byte"})
class SignatureField(serializers.CharField):
    """A PNG in base64, with or without the `data:image/png;base64,` in front; at most 200 KB."""

    def to_internal_value(self, data: object) -> bytes | None:
        text = super().to_internal_value(data)
        if not text:
            return None
        try:
            image = base64.b64decode(text.removeprefix("data:image/png;base64,"), validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError(_("签名须为 PNG 图片。")) from None
        if problem := signature_problem(image):
            raise serializers.ValidationError(problem)
        return image


@extend_schema_field({"type": "string", "maxLength": rules.MAX_PHONE, "example": "13800000001"})
class PhoneField(serializers.CharField):
    """5 to 20 digits, with + - and spaces; full-width characters are read as half-width."""

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        if text and rules.phone_of(text) is None:
            raise serializers.ValidationError(rules.PHONE_SENTENCE)
        return rules.phone_of(text) or ""


class NeedInput(serializers.Serializer):
    amount_yuan = serializers.DecimalField(
        max_digits=14, decimal_places=2, required=False, allow_null=True,
        min_value=Decimal("0.01"), max_value=rules.MAX_AMOUNT_YUAN,
    )  # fmt: skip
    purpose = serializers.ChoiceField(FinancingNeed.Purpose.choices, required=False, allow_blank=True)
    purpose_text = serializers.CharField(max_length=300, required=False, allow_blank=True)
    term_months = serializers.IntegerField(
        min_value=1, max_value=rules.MAX_TERM_MONTHS, required=False, allow_null=True
    )
    guarantee = serializers.ChoiceField(FinancingNeed.Guarantee.choices, required=False)
    urgency = serializers.ChoiceField(FinancingNeed.Urgency.choices, required=False)
    preferred_banks = Words(max_length=rules.MAX_PREFERRED_BANKS, required=False)
    contact_name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    contact_phone = PhoneField(max_length=rules.MAX_PHONE, required=False, allow_blank=True)


class ConsentInput(serializers.Serializer):
    notice_version = serializers.CharField(max_length=20)
    scope = Scopes(min_length=1, max_length=len(Scope))
    recipients = Words(max_length=rules.MAX_RECIPIENTS, required=False)
    signed_name = serializers.CharField(max_length=60)
    signature_png = SignatureField(max_length=MAX_BASE64, required=False, allow_null=True, allow_blank=True)


class TextId(serializers.UUIDField):
    """A UUID as people write it, with its hyphens: a number is no id, though it would fit into one."""

    def to_internal_value(self, data: object) -> uuid.UUID:
        if not isinstance(data, str) or len(data) != 36:
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class VisitInput(serializers.Serializer):
    id = TextId()
    code = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    credit_code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    mode = serializers.ChoiceField(Visit.Mode.choices)
    outcome = serializers.ChoiceField(Visit.Outcome.choices)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    location = LocationInput(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    need = NeedInput(required=False, allow_null=True, default=None)
    consent = ConsentInput(required=False, allow_null=True, default=None)
    sent_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None,
        help_text=_("发送时手机的时间;与服务器相差超过10分钟时,按相差的时长更正走访时间。"),
    )  # fmt: skip
    channel = serializers.ChoiceField(
        [Visit.Channel.API, Visit.Channel.FORM, Visit.Channel.OUTBOX],
        required=False,
        default=Visit.Channel.API,
    )
    protection_reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    is_code_typed = serializers.BooleanField(required=False, default=False)

    @classmethod
    def said(cls, data: object) -> rules.VisitSaid:
        """What was said; refuses with DRF's `ValidationError`. One form serves all requests: a form keeps nothing of
        what it validates, and to make one copies three dozen fields."""
        if data is None:  # as `is_valid` would say it
            nothing = serializers.Field.default_error_messages["null"]
            raise serializers.ValidationError({NON_FIELD: [nothing]}, "null")
        body = _form().run_validation(data)
        at = body["location"] or {}
        accuracy = at.get("accuracy_m")
        plain = {name: body[name] for name in PLAIN}
        return rules.VisitSaid(
            **plain, credit_code=normalise(body["credit_code"]), lat=at.get("lat"), lon=at.get("lon"),
            accuracy_m=None if accuracy is None else round(accuracy),
            need=_need(body["need"]), consent=_consent(body["consent"]),
        )  # fmt: skip


@cache
def _form() -> VisitInput:
    return VisitInput()


def _need(said: dict | None) -> rules.NeedSaid | None:
    if said is None:
        return None
    return rules.NeedSaid(**{**said, "preferred_banks": tuple(said.get("preferred_banks", ()))})


def _consent(said: dict | None) -> rules.ConsentSaid | None:
    if said is None:
        return None
    return rules.ConsentSaid(
        notice_version=said["notice_version"], scopes=tuple(said["scope"]),
        recipients=tuple(said.get("recipients", ())), signed_name=said["signed_name"],
        signature_png=said.get("signature_png"),
    )  # fmt: skip


class VisitAnswer(serializers.Serializer):
    """What `POST visits/` answers; for a refusal `code`, `detail` and `fields` stand beside it."""

    status = serializers.ChoiceField(["ok", "incomplete", "error"])
    visit = serializers.UUIDField(allow_null=True)
    case = serializers.CharField(allow_null=True)
    missing = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField(allow_blank=True)


class VisitSerializer(serializers.ModelSerializer):
    business = serializers.SerializerMethodField()
    officer = serializers.CharField(source="officer.name")
    organisation = serializers.CharField(source="organisation.name")
    case = serializers.SerializerMethodField()

    class Meta:
        model = Visit
        fields = (
            "id", "business", "officer", "organisation", "mode", "outcome", "started_at", "ended_at", "recorded_at",
            "note", "case", "missing", "reason", "annulled_at", "annulled_reason",
        )  # fmt: skip

    @extend_schema_field(
        {"type": "object", "properties": {"credit_code": {"type": "string"}, "name": {"type": "string"}}}
    )
    def get_business(self, visit: Visit) -> dict[str, str]:
        return {"credit_code": visit.business.credit_code, "name": visit.business.name}

    @extend_schema_field({"type": "string", "nullable": True})
    def get_case(self, visit: Visit) -> str | None:
        return visit.case_number or None


class AnnulInput(serializers.Serializer):
    reason = serializers.CharField(max_length=200)
