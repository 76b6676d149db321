"""`codes/{token}/`: what a code stands for, as far as the caller may know."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from visits.codes import rules, services
from visits.codes.models import Code


class SubjectSerializer(serializers.Serializer):
    """`credit_code` for a business, `staff_number` for an officer, `grid` for a grid; the others are absent."""

    name = serializers.CharField()
    credit_code = serializers.CharField(required=False)
    staff_number = serializers.CharField(required=False)
    organisation = serializers.CharField(required=False)
    grid = serializers.CharField(required=False)
    district = serializers.CharField(required=False, allow_null=True)


class CodeSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(Code.Kind.choices)
    short_code = serializers.CharField()
    version = serializers.IntegerField()
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    subject = SubjectSerializer()


def subject_of(code: Code) -> dict:
    if code.business:
        district = code.business.district.code if code.business.district else None
        return {"name": code.business.name, "credit_code": code.business.credit_code, "district": district}
    if code.officer:
        place = code.officer.organisation.name if code.officer.organisation else ""
        return {"name": code.officer.name, "staff_number": code.officer.staff_number, "organisation": place}
    return {"name": code.grid.name, "grid": code.grid.code, "district": code.grid.district.code}


class OneCode(APIView):
    """A refused code (404 or 422) has its reason in `code`: code_malformed, code_forged, code_unknown, code_revoked,
    code_expired. A code of something the caller may not see is answered like one that is not there."""

    @extend_schema(responses=CodeSerializer)
    def get(self, request: Request, token: str) -> Response:
        code = services.scan_to_read(text=token, by=request.user, now=timezone.now())
        about = {
            "kind": code.kind, "short_code": rules.short_code(rules.token_for(code.secret)), "version": code.version,
            "issued_at": code.issued_at, "expires_at": code.expires_at, "subject": subject_of(code),
        }  # fmt: skip
        return Response(CodeSerializer(about).data)
