"""`POST cases/{number}/credit-lookup/`."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import get_visible
from lending.credit_lookup.services import look_up
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


class CreditLookups(APIView):
    """Ask every configured source; needs a live consent. 422 `lookup_unavailable` where none answered."""

    @extend_schema(request=None, responses={201: LookedUp})
    def post(self, request: Request, number: str) -> Response:
        case = get_visible(request.user, FinancingCase, number=number)
        receipts = look_up(case=case, by=request.user, now=timezone.now())
        case.refresh_from_db(fields=["stage"])
        answer = {"case": case.number, "stage": case.stage, "lookups": receipts}
        return Response(LookedUp(answer).data, status=201)
