"""`deadlines/{id}/`: why it is due when it is; `suspensions/{id}/…`: the team's answer, and the end before its time."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lending.sla import serializers as shapes
from lending.sla.explaining import clock_for, explain


class DeadlineDetail(APIView):
    @extend_schema(responses=shapes.ExplanationOut)
    def get(self, request: Request, pk: int) -> Response:
        """Policy, start, each day left out, suspensions, changes and letters, in words and in figures."""
        clock = clock_for(request.user, pk)
        return Response(shapes.ExplanationOut(explain(clock, request.user, timezone.now())).data)
