"""`POST cases/{number}/district-review/`."""

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import get_visible, require
from accounts.models import Organisation
from accounts.roles import Do
from lending.district_review import rules
from lending.district_review.services import review
from lending.models import DistrictReview, FinancingCase


class FindingShape(serializers.Serializer):
    met = serializers.BooleanField()
    evidence = serializers.CharField(required=False, allow_blank=True, default="", max_length=rules.MAX_TEXT)


class CriteriaShape(serializers.Serializer):
    compliant_operation = FindingShape(required=False)
    fixed_premises = FindingShape(required=False)
    genuine_need = FindingShape(required=False)
    good_credit_standing = FindingShape(required=False)
    lawful_purpose = FindingShape(required=False)

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := sorted(set(map(str, data)) - set(rules.CRITERIA))):
            raise serializers.ValidationError({name[:40]: [_("没有这项标准。")] for name in unknown[:10]})
        return super().to_internal_value(data)


class ReviewShape(serializers.Serializer):
    outcome = serializers.ChoiceField(choices=DistrictReview.Outcome.choices)
    criteria = CriteriaShape(required=False)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=rules.MAX_TEXT)
    banks = serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, default=list, max_length=20
    )

    def validate_banks(self, codes: list[str]) -> list[Organisation]:
        known = Organisation.objects.filter(code__in=codes, kind=Organisation.Kind.BANK, is_active=True)
        by_code = {bank.code: bank for bank in known}
        if missing := [code for code in codes if code not in by_code]:
            raise serializers.ValidationError(_("没有这家银行,或已停用:%(code)s") % {"code": missing[0]})
        return [by_code[code] for code in dict.fromkeys(codes)]


class Reviewed(serializers.Serializer):
    id = serializers.IntegerField()
    case = serializers.CharField(source="case.number")
    stage = serializers.CharField(source="case.stage")
    outcome = serializers.CharField()
    reason = serializers.CharField()
    reviewed_at = serializers.DateTimeField()
    banks = serializers.SerializerMethodField(help_text="Codes of the banks that were suggested.")
    lookups = serializers.SerializerMethodField(
        help_text="The receipts of credit lookups that this review relied on."
    )

    def get_banks(self, made: DistrictReview) -> list[str]:
        return [bank.code for bank in made.banks.all()]

    def get_lookups(self, made: DistrictReview) -> list[int]:
        return [receipt.pk for receipt in made.lookups.all()]


class DistrictReviews(APIView):
    """The team's word: recommend, return or not recommend. Recommending takes five criteria met with evidence."""

    @extend_schema(request=ReviewShape, responses={201: Reviewed})
    def post(self, request: Request, number: str) -> Response:
        case = get_visible(request.user, FinancingCase, number=number)
        require(request.user, Do.REVIEW)
        form = ReviewShape(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        made = review(
            case=case, by=request.user, now=timezone.now(), outcome=said["outcome"], reason=said["reason"],
            criteria=said.get("criteria", {}), banks=said["banks"],
        )  # fmt: skip
        return Response(Reviewed(made).data, status=201)
