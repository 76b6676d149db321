"""`POST cases/{number}/credit-lookup/`."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import get_visible, require
from accounts.roles import Do
from lending.credit_lookup.services import look_up
from lending.credit_lookup.verifying import MAX_NOTE, verify_need
from lending.models import CreditLookup, FinancingCase


class CreditItemShape(serializers.Serializer):
    category = serializers.CharField()
    item = serializers.CharField()
    value = serializers.CharField()
    department = serializers.CharField()
    as_of = serializers.DateField()
    is_adverse = serializers.BooleanField()


class CreditLookupShape(serializers.ModelSerializer):
    items = CreditItemShape(many=True)

    class Meta:
        model = CreditLookup
        fields = (
            "id", "source", "adapter", "answer", "problem", "purpose", "consent", "items", "adverse_categories",
            "response_sha256", "attempts", "requested_at", "fetched_at", "expires_at",
        )  # fmt: skip


class LookedUp(serializers.Serializer):
    case = serializers.CharField()
    stage = serializers.CharField()
    lookups = CreditLookupShape(many=True)


class VerificationShape(serializers.Serializer):
    note = serializers.CharField(max_length=MAX_NOTE, help_text="Whom the team asked, on which number, when.")


class Verified(serializers.Serializer):
    case = serializers.CharField()
    stage = serializers.CharField()
    note = serializers.CharField()
    verified_at = serializers.DateTimeField()


class Verifications(APIView):
    """已与企业核实: for a case that an owner declared alone, before its first lookup."""

    @extend_schema(request=VerificationShape, responses={201: Verified})
    def post(self, request: Request, number: str) -> Response:
        case = get_visible(request.user, FinancingCase, number=number)
        require(request.user, Do.LOOK_UP_CREDIT)
        form = VerificationShape(data=request.data)
        form.is_valid(raise_exception=True)
        made = verify_need(case=case, note=form.validated_data["note"], by=request.user, now=timezone.now())
        answer = {
            "case": case.number,
            "stage": case.stage,
            "note": made.detail["note"],
            "verified_at": made.at,
        }
        return Response(Verified(answer).data, status=201)


class CreditLookups(APIView):
    """Ask every configured source; needs a live consent, and a case that nobody visited a note of the team's
    (422 `not_verified`). 422 `lookup_unavailable` where none answered."""

    @extend_schema(request=None, responses={201: LookedUp})
    def post(self, request: Request, number: str) -> Response:
        case = get_visible(request.user, FinancingCase, number=number)
        receipts = look_up(case=case, by=request.user, now=timezone.now())
        case.refresh_from_db(fields=["stage"])
        answer = {"case": case.number, "stage": case.stage, "lookups": receipts}
        return Response(LookedUp(answer).data, status=201)
