"""The heaps of a bank's work: tabs of the inbox, badges of the sidebar and figures of the first page, from one count."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_scope import scope
from accounts.clock import SHANGHAI, day_of
from accounts.roles import BANK_ROLES
from lending.bank_decision.models import BankDecision
from lending.bank_decision.outcomes import GRANTED
from lending.bank_decision.queries import with_all_that_a_row_shows, with_late_steps
from lending.models import Recommendation
from lending.sla.chips import DUE_SOON_DAYS, linked
from lending.sla.kinds import DeadlineKind
from lending.stages import Stage

State = Recommendation.State
FIRST_ROWS = 8  # of the first page: what to do before anything else


@dataclass(frozen=True)
class Heap:
    key: str
    label: str
    icon: str = "inbox"
    variant: str = "info"
    state: str = ""  # of the design system: soon, late
    count: int = 0
    url: str = ""
    is_current: bool = False


HEAPS = (
    Heap("todo", _("全部待办"), "inbox"),
    Heap("pushed", _("待接收"), "move_to_inbox"),
    Heap("received", _("待对接"), "call"),
    Heap("contacted", _("待决定"), "gavel"),
    Heap("confirming", _("待专班确认"), "hourglass_top"),
    Heap("soon", _("三日内到期"), "alarm", "warning", "soon"),
    Heap("late", _("超期"), "error", "danger", "late"),
    Heap("unpaid", _("待放款"), "payments"),
    Heap("decided", _("已决定"), "task_alt"),
    Heap("withdrawn", _("已撤回"), "undo"),
)
KEYS = frozenset(heap.key for heap in HEAPS)
IN_SIDEBAR = ("todo", "pushed", "received", "contacted", "confirming", "soon", "late", "unpaid", "decided")
ON_FIRST_PAGE = ("pushed", "received", "contacted", "soon", "late", "confirming", "unpaid")
DONE = ("decided", "withdrawn")  # newest first; everything else most urgent first


def condition(key: str, now: datetime) -> Q:
    """Which rows lie on a heap."""
    if key == "todo":
        return Q(state__in=Recommendation.OPEN)
    if key == "soon":
        return Q(
            state__in=Recommendation.OPEN, deadline__due_at__gt=now, deadline__due_at__lte=soon_until(now)
        )
    if key == "late":
        return Q(state__in=Recommendation.OPEN, deadline__due_at__lte=now)
    if key == "unpaid":  # granted by this bank and by no payment moved on to 已放款
        standing = BankDecision.objects.filter(
            recommendation=OuterRef("pk"), superseded_by__isnull=True, outcome__in=GRANTED
        )
        return Q(state=State.DECIDED, case__stage=Stage.APPROVED) & Q(Exists(standing))
    return Q(state=key)


def late_words(kinds: list[str]) -> list[str]:
    """接收超时, 首次对接超时: the marks of a row, from `queries.with_late_steps`."""
    return [gettext("%(kind)s超时") % {"kind": DeadlineKind(kind).label} for kind in kinds]


def soon_until(now: datetime) -> datetime:
    """Due moments are midnights after the last day: a clock with three days left is due four midnights on."""
    return datetime.combine(day_of(now) + timedelta(days=DUE_SOON_DAYS + 1), time(), SHANGHAI)


def tally(request: HttpRequest) -> dict[str, int]:
    """How high each heap is for this person; counted once a request.

    In three parts, so that the years of answered rows are only counted along an index and never joined."""
    if not hasattr(request, "bank_tally"):
        now, rows = timezone.now(), scope(request.user, Recommendation).order_by()
        at_work = {key: Count("pk", filter=condition(key, now)) for key in KEYS - {"unpaid", *DONE}}
        found = rows.filter(state__in=Recommendation.OPEN).aggregate(**at_work)
        done = dict(rows.filter(state__in=DONE).values_list("state").annotate(Count("pk")))
        unpaid = rows.filter(condition("unpaid", now)).count()
        request.bank_tally = found | {key: done.get(key, 0) for key in DONE} | {"unpaid": unpaid}
    return request.bank_tally


def heaps(request: HttpRequest, keys: tuple[str, ...] = IN_SIDEBAR) -> list[Heap]:
    """For bank people; for everybody else there are none."""
    if not request.user.is_authenticated or request.user.role not in BANK_ROLES:
        return []
    counts, inbox = tally(request), reverse("admin:lending_recommendation_changelist")
    here = current(request) if request.path == inbox else None
    return [
        replace(heap, count=counts[heap.key], url=f"{inbox}?tab={heap.key}", is_current=heap.key == here)
        for heap in HEAPS
        if heap.key in keys
    ]


def current(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "")
    return tab if tab in KEYS else "todo"


def tabs(request: HttpRequest) -> list[dict]:
    """As `_partials/tabs.html` takes them: the search and the filters stay when the tab changes, the page does not."""
    counts, kept, here = tally(request), request.GET.copy(), current(request)
    kept.pop("p", None)
    rows = []
    for heap in HEAPS:
        kept["tab"] = heap.key
        state = heap.state if counts[heap.key] else ""
        rows.append(
            {"label": heap.label, "url": f"?{kept.urlencode()}", "count": counts[heap.key], "state": state,
             "is_current": heap.key == here}
        )  # fmt: skip
    return rows


def dashboard(request: HttpRequest, context: dict) -> dict:
    """The first page of the admin. For a bank: today's figures, and what to do first."""
    found = {heap.key: heap for heap in heaps(request, ON_FIRST_PAGE)}
    if not found:
        return context
    now = timezone.now()
    rows = with_all_that_a_row_shows(scope(request.user, Recommendation).filter(condition("todo", now)))
    rows = with_late_steps(rows, now).order_by(F("deadline__due_at"), "pk")[:FIRST_ROWS]
    figures = [
        {"label": heap.label, "value": heap.count, "unit": _("笔"), "url": heap.url, "change": "",
         "state": heap.state if heap.count else ""}
        for key in ON_FIRST_PAGE if (heap := found[key])
    ]  # fmt: skip
    first = [
        {
            "row": row,
            "chip": linked(row.deadline, now),
            "late_steps": late_words(row.late_steps),
            "url": reverse("admin:lending_recommendation_change", args=[row.pk]),
        }
        for row in rows
    ]
    more = reverse("admin:lending_recommendation_changelist")
    return context | {
        "title": _("工作台"),
        "figures": figures,
        "first_rows": first,
        "inbox_url": more,
        "today": now,
    }
