"""`dashboard/funnel/`, `dashboard/sla/` and `dashboard/banks/`: the figures of the pages, for machines."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import NotFound
from accounts.roles import BANK_ROLES
from lending.dashboard import answers, queries
from lending.dashboard.peers import peers
from lending.dashboard.scope import read_scope, scope_of_a_bank

FILTERS = [
    OpenApiParameter("district", str, description="Code of a district; a district team's own where absent."),
    OpenApiParameter("bank", str, description="Code of a bank."),
    OpenApiParameter("list", str, description="Code of one of the work lists."),
    OpenApiParameter("from", OpenApiTypes.DATE, description="First day, in Shanghai."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Last day, in Shanghai, included."),
]


class Funnel(APIView):
    """Firms that were visited, had a need, consented, were recommended, granted credit and paid, in the period."""

    @extend_schema(parameters=FILTERS, responses=answers.FunnelAnswer)
    def get(self, request: Request) -> Response:
        now = timezone.now()
        scope = read_scope(request.user, request.query_params.dict(), now=now)
        as_of, steps = queries.kept_funnel(scope, now=now)
        answer = answers.of_scope(scope, as_of) | {"steps": answers.of_steps(steps, scope)}
        return Response(answers.FunnelAnswer(answer).data)


class Sla(APIView):
    """The banks' clocks: open, due soon, overdue, and how much was decided in time."""

    @extend_schema(parameters=FILTERS, responses=answers.SlaAnswer)
    def get(self, request: Request) -> Response:
        now = timezone.now()
        scope = read_scope(request.user, request.query_params.dict(), now=now)
        figures = queries.figures(scope, now=now)
        answer = answers.of_scope(scope, figures.as_of) | {
            "total": answers.of_clocks(figures.clocks),
            "banks": [answers.of_place(row) for row in figures.banks],
            "districts": [answers.of_place(row) for row in figures.districts],
            "due_by_day": [{"day": day, "count": count} for day, count in figures.due.items()],
        }
        return Response(answers.SlaAnswer(answer).data)


class Banks(APIView):
    """Banks side by side. A bank gets its own row and the medians of the others, never another bank's figures."""

    @extend_schema(parameters=FILTERS, responses=answers.BanksAnswer)
    def get(self, request: Request) -> Response:
        user, now, params = request.user, timezone.now(), request.query_params.dict()
        if user.role not in BANK_ROLES:
            scope = read_scope(user, params, now=now)
            rows = queries.bank_rows(scope, now=now)
            shown, others = rows, None
        else:
            if user.bank is None:
                raise NotFound()
            scope = scope_of_a_bank(user, params, now=now)
            rows = queries.bank_rows(scope, now=now)
            shown = [row for row in rows if row.place == user.bank]
            rest = [row.clocks for row in rows if row.place != user.bank]
            others = answers.of_peers(peers([c.on_time_pct for c in rest], [c.median_days for c in rest]))
        answer = answers.of_scope(scope, now) | {
            "banks": [answers.of_bank(row) for row in shown],
            "peers": others,
        }
        return Response(answers.BanksAnswer(answer).data)
