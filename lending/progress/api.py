"""`GET cases/` and `GET cases/{number}/`."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import get_visible
from accounts.errors import Invalid
from accounts.models import Organisation
from accounts.pagination import CursorPage
from accounts.punctuation import listed
from lending.models import FinancingCase
from lending.progress import queries
from lending.progress.line import running_clock
from lending.progress.timeline import timeline
from lending.progress.viewer import Viewer, viewer_of
from lending.stages import Stage

YES, NO = {"1", "true"}, {"0", "false"}


class UnknownStage(Invalid):
    code = "unknown_stage"
    sentence = _("没有这个环节。")


class UnknownOrganisation(Invalid):
    code = "unknown_organisation"
    sentence = _("没有这个机构。")


class BusinessBrief(serializers.Serializer):
    credit_code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class EntryShape(serializers.Serializer):
    at = serializers.DateTimeField()
    event = serializers.CharField()
    event_name = serializers.CharField(source="name")
    stage = serializers.CharField()
    by = serializers.CharField()
    organisation = serializers.CharField()
    detail = serializers.CharField()


class CaseShape(serializers.Serializer):
    number = serializers.CharField()
    stage = serializers.CharField(source="seen_stage")
    stage_name = serializers.SerializerMethodField()
    district = serializers.CharField(source="district.code")
    district_name = serializers.CharField(source="district.name")
    business = BusinessBrief()
    amount_yuan = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    opened_at = serializers.DateTimeField()
    due_at = serializers.SerializerMethodField()
    timeline = serializers.SerializerMethodField()

    def get_stage_name(self, case: FinancingCase) -> str:
        return str(Stage(case.seen_stage).label)

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_due_at(self, case: FinancingCase):
        clock = running_clock(case)
        return serializers.DateTimeField().to_representation(clock.due_at) if clock else None

    @extend_schema_field(EntryShape(many=True))
    def get_timeline(self, case: FinancingCase):
        return EntryShape(timeline(case, self.context["viewer"]), many=True).data


class CasePage(CursorPage):
    ordering = ("-opened_at", "-pk")


FILTERS = [
    OpenApiParameter("stage", enum=Stage.values),
    OpenApiParameter("district", description="Code of a district"),
    OpenApiParameter("bank", description="Code of a bank the case was pushed to"),
    OpenApiParameter("overdue", enum=["true", "false"]),
]


class Cases(ListAPIView):
    """Cases this person may know of, the newest first, each with its timeline as that person may read it."""

    serializer_class = CaseShape
    pagination_class = CasePage
    queryset = FinancingCase.objects.none()

    @extend_schema(parameters=FILTERS)
    def get(self, request: Request) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[FinancingCase]:
        user = self.request.user
        viewer = viewer_of(user)
        return queries.with_story(filtered(self.request.query_params, user, viewer), viewer)

    def get_serializer_context(self) -> dict:
        return super().get_serializer_context() | {"viewer": viewer_of(self.request.user)}


class CaseDetail(APIView):
    """One case; 404 for whoever may not know of it."""

    @extend_schema(responses=CaseShape)
    def get(self, request: Request, number: str) -> Response:
        viewer = viewer_of(request.user)
        cases = queries.with_story(queries.cases_seen_by(request.user), viewer)
        case = get_visible(request.user, cases, number=number)
        return Response(CaseShape(case, context={"viewer": viewer}).data)


def filtered(asked: dict[str, str], user, viewer: Viewer) -> QuerySet[FinancingCase]:
    """`?stage=&district=&bank=&overdue=`; what is not known is refused and not silently left out."""
    cases = queries.cases_seen_by(user)
    if stage := asked.get("stage"):
        if stage not in Stage.values:
            raise UnknownStage(fields={"stage": listed(Stage.values)})
        cases = cases.filter(seen_stage=stage)
    if district := asked.get("district"):
        cases = cases.filter(district=_organisation(district, Organisation.Kind.DISTRICT, "district"))
    if bank := asked.get("bank"):
        cases = queries.pushed_to(cases, _organisation(bank, Organisation.Kind.BANK, "bank"), user)
    if late := asked.get("overdue"):
        if late.lower() not in YES | NO:
            raise Invalid(fields={"overdue": "true、false"})
        cases = queries.overdue(cases, viewer, timezone.now(), late.lower() in YES)
    return cases


def _organisation(code: str, kind: str, field: str) -> Organisation:
    found = None if "\x00" in code else Organisation.objects.filter(code=code, kind=kind).first()
    if found is None:
        raise UnknownOrganisation(fields={field: str(UnknownOrganisation.sentence)})
    return found
