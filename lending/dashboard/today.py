"""今天要做: what waits for the district team, most urgent first. Never cached: what was just done must be gone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.access import visible_to
from accounts.models import Organisation, User
from lending.dashboard.period import midnight
from lending.models import Deadline, FinancingCase, Recommendation
from lending.sla.calendar import day_of
from lending.sla.queries import main_clocks
from lending.stages import Stage

SHOWN = 8
ON_THE_TABLE = {
    Stage.UNDER_REVIEW: _("待审核"),
    Stage.AUTHORISED: _("待信用查询"),
    Stage.RETURNED: _("退回待补"),
    Stage.RECOMMENDED: _("待推送"),
}
CONFIRM, DUE_TODAY, OVERDUE = "confirm", "due_today", "overdue"
WITH_BANKS = {CONFIRM: _("待确认反馈"), DUE_TODAY: _("银行今日到期"), OVERDUE: _("银行超期")}


@dataclass(frozen=True)
class Task:
    """One case and why it is on the list; `what` is a stage or one of WITH_BANKS."""

    case: FinancingCase
    what: str
    deadline: Deadline | None
    bank: Organisation | None = None

    @property
    def word(self) -> str:
        return str(WITH_BANKS.get(self.what) or ON_THE_TABLE[self.what])

    @property
    def urgency(self) -> tuple[bool, datetime]:
        """What has a deadline comes first, by when it ends; the rest by how long it has waited."""
        if self.deadline is None:
            return True, self.case.stage_since
        return False, self.deadline.due_at


def counts(user: User, district: Organisation, *, now: datetime) -> dict[str, int]:
    """How many of each; two statements."""
    stages = {stage.value: Count("pk", filter=Q(stage=stage)) for stage in ON_THE_TABLE}
    waiting = {
        CONFIRM: Count("pk", filter=Q(state=Recommendation.State.CONFIRMING)),
        DUE_TODAY: Count("pk", filter=_due_today(now)),
        OVERDUE: Count("pk", filter=_overdue(now)),
    }
    with_banks = _with_banks(user, district).aggregate(**waiting)
    return _cases(user, district).aggregate(**stages) | with_banks


def tasks(user: User, district: Organisation, *, now: datetime) -> list[Task]:
    """The most urgent of them; three statements."""
    found = [*_on_the_table(user, district), *_at_the_banks(user, district, now)]
    return sorted(found, key=lambda task: task.urgency)[:SHOWN]


def _on_the_table(user: User, district: Organisation) -> list[Task]:
    running = main_clocks().order_by("due_at")
    due = running.filter(case=OuterRef("pk")).values("due_at")[:1]
    cases = (
        _cases(user, district)
        .annotate(due=Subquery(due))
        .order_by("due", "stage_since", "pk")  # PostgreSQL puts those without a deadline last
        .select_related("business")
        .prefetch_related(Prefetch("deadlines", running, to_attr="running"))
    )
    return [Task(case, case.stage, next(iter(case.running), None)) for case in cases[:SHOWN]]


def _at_the_banks(user: User, district: Organisation, now: datetime) -> list[Task]:
    rows = (
        _with_banks(user, district)
        .filter(Q(state=Recommendation.State.CONFIRMING) | _due_today(now) | _overdue(now))
        .order_by("deadline__due_at", "pk")
        .select_related("case__business", "deadline", "bank")
    )
    return [Task(row.case, _why(row, now), row.deadline, row.bank) for row in rows[:SHOWN]]


def _why(row: Recommendation, now: datetime) -> str:
    if row.state == Recommendation.State.CONFIRMING:
        return CONFIRM  # the bank has spoken; what is missing is the team's own word
    return OVERDUE if row.deadline.is_overdue(now) else DUE_TODAY


def _cases(user: User, district: Organisation) -> QuerySet[FinancingCase]:
    return visible_to(user, FinancingCase).filter(district=district, stage__in=ON_THE_TABLE).order_by()


def _with_banks(user: User, district: Organisation) -> QuerySet[Recommendation]:
    rows = visible_to(user, Recommendation).filter(case__district=district, state__in=Recommendation.OPEN)
    return rows.filter(deadline__stopped_at__isnull=True).order_by()


def _due_today(now: datetime) -> Q:
    end = midnight(day_of(now) + timedelta(days=1))
    return Q(deadline__due_at__gt=now, deadline__due_at__lte=end)


def _overdue(now: datetime) -> Q:
    return Q(deadline__due_at__lte=now)
