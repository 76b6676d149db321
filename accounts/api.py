"""`organisations/` and `me/`."""

from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import visible_to
from accounts.errors import Invalid
from accounts.models import Organisation
from accounts.pagination import CursorPage
from accounts.punctuation import listed
from accounts.roles import HOME, MAY


class OrganisationSerializer(serializers.ModelSerializer):
    parent = serializers.CharField(source="parent.code", default=None, read_only=True)
    district = serializers.CharField(source="district.code", default=None, read_only=True)

    class Meta:
        model = Organisation
        fields = ("code", "name", "kind", "parent", "district")


class OrganisationPage(CursorPage):
    ordering = "code"
    page_size = 200


class Organisations(ListAPIView):
    """City, districts, subdistricts, banks and branches; `?kind=` and `?parent=` (a code) narrow them."""

    serializer_class = OrganisationSerializer
    pagination_class = OrganisationPage
    queryset = Organisation.objects.none()

    def get_queryset(self):
        rows = (
            visible_to(self.request.user, Organisation)
            .filter(is_active=True)
            .select_related("parent", "district")
        )
        kind, parent = self.request.query_params.get("kind"), self.request.query_params.get("parent")
        if kind and kind not in Organisation.Kind.values:
            raise Invalid(fields={"kind": listed(Organisation.Kind.values)})
        rows = rows.filter(kind=kind) if kind else rows
        return rows.filter(parent__code=parent.replace("\x00", "")) if parent else rows


class MeSerializer(serializers.Serializer):
    username = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    may = serializers.ListField(child=serializers.CharField())
    home = serializers.CharField()
    organisation = OrganisationSerializer(allow_null=True)


class Me(APIView):
    """The signed-in person, their role and organisation."""

    serializer_class = MeSerializer

    def get(self, request: Request) -> Response:
        user = request.user
        about = {
            "username": user.username, "name": user.name, "role": user.role, "may": sorted(MAY[user.role]),
            "home": HOME[user.role], "organisation": user.organisation,
        }  # fmt: skip
        return Response(MeSerializer(about).data)
