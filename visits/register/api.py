"""`businesses/`: the register as far as the caller may know it."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView

from accounts.access import get_visible
from accounts.pagination import CursorPage
from accounts.roles import Role
from visits.codes.rules import url_for
from visits.register import browse
from visits.register.models import Business
from visits.register.rules_code import normalise

USES_CODES = (Role.FIELD_OFFICER, Role.PANEL, Role.CITY)  # who visits by them or hands them out


class BusinessSerializer(serializers.ModelSerializer):
    district = serializers.CharField(source="district.code", default=None, allow_null=True)
    lists = serializers.SerializerMethodField()
    qr_url = serializers.SerializerMethodField()

    class Meta:
        model = Business
        fields = ("credit_code", "name", "kind", "status", "district", "address", "lists", "qr_url")

    def get_lists(self, business: Business) -> list[str]:
        return [membership.list.code for membership in business.memberships.all()]

    def get_qr_url(self, business: Business) -> str | None:
        """Null where there is no live code or the caller has no use for it."""
        if self.context["request"].user.role not in USES_CODES or not business.live_codes:
            return None
        return url_for(business.live_codes[0].secret)


class BusinessPage(CursorPage):
    ordering = "pk"


@extend_schema(
    parameters=[
        OpenApiParameter("search", str, description="Part of a name, or the start of a credit code."),
        OpenApiParameter("district", str, description="A district's code; an unknown one is 400."),
        OpenApiParameter("list", str, description="A list's code; an unknown one is 400."),
        OpenApiParameter("assigned", str, enum=["me"]),
    ]
)
class Businesses(ListAPIView):
    serializer_class = BusinessSerializer
    pagination_class = BusinessPage
    queryset = Business.objects.none()

    def get_queryset(self):
        asked = self.request.query_params
        rows = browse.businesses(
            self.request.user, search=asked.get("search", ""), district=asked.get("district", ""),
            list_code=asked.get("list", ""), assigned=asked.get("assigned", ""),
        )  # fmt: skip
        return browse.with_what_a_row_shows(rows, timezone.now())


class OneBusiness(RetrieveAPIView):
    serializer_class = BusinessSerializer
    queryset = Business.objects.none()

    def get_object(self) -> Business:
        rows = browse.with_what_a_row_shows(Business.objects.all(), timezone.now())
        credit_code = normalise(self.kwargs["credit_code"].replace("\x00", ""))
        return get_visible(self.request.user, rows, credit_code=credit_code)
