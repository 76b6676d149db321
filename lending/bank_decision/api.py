"""`recommendations/`: a bank's inbox, and the deeds on one item. Every deed answers with the item as it then is."""

from datetime import datetime, time

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.access import get_visible, require, visible_to
from accounts.clock import SHANGHAI
from accounts.errors import Invalid, NotAllowed, NotFound
from accounts.models import Organisation
from accounts.pagination import CursorPage
from accounts.punctuation import listed
from accounts.roles import BANK_ROLES, Do, Role
from lending.bank_decision import queries, rules, services
from lending.bank_decision import serializers as shapes
from lending.models import Recommendation
from lending.sla.serializers import SuspensionIn, SuspensionOut

MAY_LIST = (*BANK_ROLES, Role.PANEL, Role.CITY)


class InboxPage(CursorPage):
    """The most urgent first. All due moments are midnights, so many items share one."""

    ordering = ("due_at", "pk")


@extend_schema(
    parameters=[
        OpenApiParameter("bank", str, description="A bank's code; an unknown one is 400."),
        OpenApiParameter("state", str, enum=Recommendation.State.values),
        OpenApiParameter(
            "due_before",
            str,
            description="ISO moment, or a date for its 00:00 in Shanghai: due_at not after it.",
        ),
    ]
)
class Recommendations(ListAPIView):
    serializer_class = shapes.RecommendationOut
    pagination_class = InboxPage
    queryset = Recommendation.objects.none()

    def get_queryset(self) -> QuerySet[Recommendation]:
        user, asked = self.request.user, self.request.query_params
        if user.role not in MAY_LIST:
            raise NotAllowed()
        rows = visible_to(user, Recommendation).annotate(due_at=F("deadline__due_at"))
        return queries.with_all_that_a_row_shows(narrowed(rows, asked))


def narrowed(rows: QuerySet[Recommendation], asked: dict) -> QuerySet[Recommendation]:
    bank, state, due_before = asked.get("bank"), asked.get("state"), asked.get("due_before")
    if bank:
        rows = rows.filter(bank=bank_of(bank))
    if state:
        if state not in Recommendation.State.values:
            raise Invalid(fields={"state": listed(Recommendation.State.values)})
        rows = rows.filter(state=state)
    return rows.filter(due_at__lte=moment_of(due_before)) if due_before else rows


def bank_of(code: str) -> Organisation:
    bank = Organisation.objects.filter(kind=Organisation.Kind.BANK, code=code.replace("\x00", "")).first()
    if bank is None:
        raise Invalid(fields={"bank": _("没有这家银行。")})
    return bank


def moment_of(text: str) -> datetime:
    """A moment, or a date for its first instant in Shanghai."""
    try:
        day = parse_date(text)
        moment = datetime.combine(day, time()) if day else parse_datetime(text)
        if moment is not None:
            return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    except ValueError:  # well-formed, and no such day
        pass
    raise Invalid(fields={"due_before": _("请填写 ISO 日期或时间,如 2026-12-06。")})


class OneRecommendation(APIView):
    """What the views of one item share: look it up, ask for the right, read the form, do it, answer."""

    shape_in: type[Serializer] | None = None
    shape_out: type[Serializer] = shapes.RecommendationDetailOut
    deed = Do.DECIDE

    def open(self, request: Request, pk: int) -> tuple[Recommendation, Serializer | None]:
        found = get_visible(request.user, Recommendation, pk=pk)
        require(request.user, self.deed)
        if self.shape_in is None:
            return found, None
        form = self.shape_in(data=request.data)
        form.is_valid(raise_exception=True)
        return found, form

    def answer(self, request: Request, pk: int, status: int = 200, **context) -> Response:
        rows = queries.with_all_that_a_row_shows(Recommendation.objects.prefetch_related("contacts"))
        found = get_visible(request.user, rows, pk=pk)
        return Response(self.shape_out(found, context=context).data, status=status)


class RecommendationDetail(OneRecommendation):
    @extend_schema(responses=shapes.RecommendationDetailOut)
    def get(self, request: Request, pk: int) -> Response:
        return self.answer(request, pk)


class Receipt(OneRecommendation):
    @extend_schema(request=None, responses=shapes.RecommendationDetailOut)
    def post(self, request: Request, pk: int) -> Response:
        """Take it in; a second receipt changes nothing."""
        found, _form = self.open(request, pk)
        services.receive(recommendation=found, by=request.user, now=timezone.now())
        return self.answer(request, pk)


class Contact(OneRecommendation):
    shape_in = shapes.ContactIn

    @extend_schema(request=shapes.ContactIn, responses={201: shapes.RecommendationDetailOut})
    def post(self, request: Request, pk: int) -> Response:
        """One attempt to reach the firm."""
        found, form = self.open(request, pk)
        facts = {"at": None} | form.validated_data
        services.record_contact(recommendation=found, by=request.user, now=timezone.now(), **facts)
        return self.answer(request, pk, 201)


class Decision(OneRecommendation):
    shape_in, shape_out = shapes.DecisionIn, shapes.DecidedOut

    @extend_schema(request=shapes.DecisionIn, responses={201: shapes.DecidedOut})
    def post(self, request: Request, pk: int) -> Response:
        """The bank's answer. 409 `already_decided` for whoever comes second."""
        found, form = self.open(request, pk)
        said = form.answer()
        services.decide(recommendation=found, answer=said, by=request.user, now=timezone.now())
        return self.answer(request, pk, 201, warnings=rules.unusual(said, queries.requested_yuan(found)))


class Disbursements(OneRecommendation):
    shape_in = shapes.DisbursementIn

    @extend_schema(request=shapes.DisbursementIn, responses={201: shapes.RecommendationDetailOut})
    def post(self, request: Request, pk: int) -> Response:
        """One payment; all together stay within the credit line. Without X-Idempotency-Key and without
        `seen_disbursed_yuan`, a payment like one that is there already is 409 `already_paid`."""
        found, form = self.open(request, pk)
        now = timezone.now()
        facts = {"disbursed_on": rules.day_of(now)} | form.validated_data
        is_known_new = "X-Idempotency-Key" in request.headers or facts.get("seen_disbursed_yuan") is not None
        services.disburse(
            recommendation=found, by=request.user, now=now, is_repeat_refused=not is_known_new, **facts
        )
        return self.answer(request, pk, 201)


class Confirmation(OneRecommendation):
    shape_in = shapes.ConfirmationIn
    deed = Do.CONFIRM_OUTCOME

    @extend_schema(request=shapes.ConfirmationIn, responses={201: shapes.RecommendationDetailOut})
    def post(self, request: Request, pk: int) -> Response:
        """The panel's word on 企业放弃, 无真实需求, 无法联系 or 已在他行获贷."""
        found, form = self.open(request, pk)
        decision = queries.current_decision(found)
        if decision is None:
            raise NotFound()
        services.confirm_outcome(
            decision=decision, by=request.user, now=timezone.now(), **form.validated_data
        )
        return self.answer(request, pk, 201)


class SuspensionAsked(OneRecommendation):
    shape_in = SuspensionIn

    @extend_schema(request=SuspensionIn, responses={201: SuspensionOut})
    def post(self, request: Request, pk: int) -> Response:
        """补件: days that shall not count, until the firm has brought its papers; the panel has to consent."""
        found, form = self.open(request, pk)
        asked = services.ask_suspension(
            recommendation=found, by=request.user, now=timezone.now(), **form.validated_data
        )
        return Response(SuspensionOut(asked).data, status=201)


class DocumentsComplete(OneRecommendation):
    @extend_schema(request=None, responses=shapes.RecommendationDetailOut)
    def post(self, request: Request, pk: int) -> Response:
        """Nothing is missing any more: ends a running suspension; said a second time it changes nothing."""
        found, _form = self.open(request, pk)
        services.complete_documents(recommendation=found, by=request.user, now=timezone.now())
        return self.answer(request, pk)
