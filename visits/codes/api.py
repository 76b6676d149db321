"""`codes/{token}/`: what a code stands for, as far as the caller may know."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from visits.codes import rules, services
from visits.codes.models import Code


class CodeBusiness(serializers.Serializer):
    credit_code = serializers.CharField()
    name = serializers.CharField()
    district = serializers.CharField(source="district.code", default=None, allow_null=True)


class CodeOfficer(serializers.Serializer):
    name = serializers.CharField()
    staff_number = serializers.CharField()
    organisation = serializers.CharField(source="organisation.name", default=None, allow_null=True)


class CodeGrid(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    district = serializers.CharField(source="district.code")


class CodeSerializer(serializers.Serializer):
    """One of `business`, `officer` and `grid`, by `kind`; the other two are null."""

    kind = serializers.ChoiceField(Code.Kind.choices)
    short_code = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    business = CodeBusiness(allow_null=True)
    officer = CodeOfficer(allow_null=True)
    grid = CodeGrid(allow_null=True)

    def get_short_code(self, code: Code) -> str:
        return rules.short_code(rules.token_for(code.secret))


class OneCode(APIView):
    """A refused code (404 or 422) has its reason in `code`: code_malformed, code_forged, code_unknown, code_revoked,
    code_expired. A code of something the caller may not see is answered like one that is not there."""

    @extend_schema(responses=CodeSerializer)
    def get(self, request: Request, token: str) -> Response:
        code = services.scan_to_read(text=token, by=request.user, now=timezone.now())
        return Response(CodeSerializer(code).data)
