"""`visits/`: record, list, read, annul."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import get_visible, require
from accounts.pagination import CursorPage
from accounts.roles import Do
from visits.field import queries, services
from visits.field.models import Visit
from visits.field.serializers import AnnulInput, VisitAnswer, VisitInput, VisitSerializer


def answer_of(visit: Visit) -> dict:
    """The first answer, read back from the row, so that a repeat gets the same."""
    return {
        "status": "incomplete" if visit.missing else "ok",
        "visit": str(visit.pk),
        "case": visit.case_number or None,
        "missing": visit.missing,
        "reason": visit.reason,
    }


class VisitPage(CursorPage):
    ordering = ("-recorded_at", "-pk")


class Visits(ListAPIView):
    """What the caller may see of visits; an officer their own."""

    serializer_class = VisitSerializer
    pagination_class = VisitPage
    queryset = Visit.objects.none()

    def get_queryset(self):
        return queries.own_visits(self.request.user)

    @extend_schema(
        request=VisitInput,
        responses={
            201: VisitAnswer,
            200: OpenApiResponse(VisitAnswer, description="A repeat: the first answer again."),
        },
    )
    def post(self, request: Request) -> Response:
        require(request.user, Do.RECORD_VISIT)
        said = VisitInput.said(request.data)
        recorded = services.record_visit(said=said, by=request.user, now=timezone.now())
        return Response(answer_of(recorded.visit), status=200 if recorded.is_repeat else 201)

    def handle_exception(self, error: Exception) -> Response:
        """A refusal keeps the shape of every refusal and carries the answer's shape beside it."""
        response = super().handle_exception(error)
        if self.request.method == "POST":
            nothing = {"status": "error", "visit": None, "case": None, "missing": []}
            response.data = nothing | {"reason": response.data["code"]} | response.data
            if marks := getattr(error, "marks", None):
                response.data["marks"] = marks
        return response


class OneVisit(RetrieveAPIView):
    serializer_class = VisitSerializer
    queryset = Visit.objects.none()

    def get_object(self) -> Visit:
        rows = Visit.objects.select_related("business", "officer", "organisation")
        return get_visible(self.request.user, rows, pk=self.kwargs["pk"])


class AnnulVisit(APIView):
    """Take back one's own visit; refused once it has become a case."""

    @extend_schema(request=AnnulInput, responses=VisitSerializer)
    def post(self, request: Request, pk) -> Response:
        get_visible(request.user, Visit, pk=pk)
        require(request.user, Do.RECORD_VISIT)
        form = AnnulInput(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        visit = services.annul_visit(visit_id=pk, by=request.user, now=timezone.now(), reason=reason)
        return Response(VisitSerializer(visit).data)
