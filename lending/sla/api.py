"""`deadlines/{id}/`: why it is due when it is; `suspensions/{id}/…`: the team's answer, and the end before its time."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import get_visible, may, require
from accounts.roles import Do
from lending.sla import serializers as shapes
from lending.sla import suspending
from lending.sla.explaining import clock_for, explain
from lending.sla.models import Suspension


class DeadlineDetail(APIView):
    @extend_schema(responses=shapes.ExplanationOut)
    def get(self, request: Request, pk: int) -> Response:
        """Policy, start, each day left out, suspensions, changes and letters, in words and in figures."""
        clock = clock_for(request.user, pk)
        return Response(shapes.ExplanationOut(explain(clock, request.user, timezone.now())).data)


class SuspensionAnswer(APIView):
    @extend_schema(request=shapes.AnswerIn, responses={201: shapes.SuspensionOut})
    def post(self, request: Request, pk: int) -> Response:
        """The team's word: granted, perhaps for fewer days, or refused with a note."""
        found = get_visible(request.user, Suspension, pk=pk)
        require(request.user, Do.CONFIRM_OUTCOME)
        said = read(shapes.AnswerIn, request)
        answered = suspending.answer(suspension=found, by=request.user, now=timezone.now(), **said)
        return Response(shapes.SuspensionOut(answered).data, status=201)


class SuspensionEnd(APIView):
    @extend_schema(request=shapes.EndIn, responses={201: shapes.SuspensionOut})
    def post(self, request: Request, pk: int) -> Response:
        """Before its time, by the bank or the team; from the next day on the days count again."""
        found = _of_either_side(request, pk)
        said = read(shapes.EndIn, request)
        suspending.end(suspension=found, by=request.user, now=timezone.now(), **said)
        return Response(shapes.SuspensionOut(again(found)).data, status=201)


class SuspensionTakenBack(APIView):
    @extend_schema(request=None, responses={201: shapes.SuspensionOut})
    def post(self, request: Request, pk: int) -> Response:
        """The bank takes its request back before anybody answered."""
        found = get_visible(request.user, Suspension, pk=pk)
        require(request.user, Do.DECIDE)
        suspending.take_back(suspension=found, by=request.user, now=timezone.now())
        return Response(shapes.SuspensionOut(again(found)).data, status=201)


def _of_either_side(request: Request, pk: int) -> Suspension:
    found = get_visible(request.user, Suspension, pk=pk)
    if not may(request.user, Do.DECIDE):
        require(request.user, Do.CONFIRM_OUTCOME)
    return found


def read(shape: type, request: Request) -> dict:
    form = shape(data=request.data)
    form.is_valid(raise_exception=True)
    return form.validated_data


def again(found: Suspension) -> Suspension:
    return Suspension.objects.select_related("asked_by", "decided_by").get(pk=found.pk)
