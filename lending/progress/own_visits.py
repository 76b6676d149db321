"""An officer's own visits with what became of each: recommended or not, granted or not.

The page stands here and not in visits, which knows the cases by their number only; visits links to it by its name.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.models import User
from accounts.roles import Do
from accounts.templatetags.doorstep import shanghai
from lending.models import BankDecision, FinancingCase
from lending.progress import queries
from lending.progress.line import running_clock
from lending.progress.next_steps import Next, for_officer
from lending.progress.viewer import viewer_of
from lending.sla.chips import chip
from lending.stages import Stage
from visits.field.queries import own_visits
from visits.models import Visit

PAGE_SIZE = 30
STANDING = Q(annulled_at__isnull=True)


@dataclass(frozen=True)
class Fate:
    """One chip: its word, and which visits it shows. `stage` is that of the visit's case, annotated by `with_stage`."""

    label: str
    shown: Q


def _in(*stages: Stage) -> Q:
    return STANDING & Q(stage__in=stages)


FATES = {
    "need": Fate(_("有需求"), STANDING & Q(outcome=Visit.Outcome.NEED)),
    "mine": Fate(_("等我补正"), _in(Stage.INTAKE, Stage.RETURNED)),
    "review": Fate(_("审核中"), _in(Stage.AUTHORISED, Stage.UNDER_REVIEW)),
    "recommended": Fate(_("已推荐"), _in(Stage.RECOMMENDED, Stage.WITH_BANK)),
    "granted": Fate(_("已授信"), _in(Stage.APPROVED, Stage.DISBURSED)),
    "refused": Fate(_("未获融资"), _in(Stage.NOT_RECOMMENDED, Stage.DECLINED, Stage.IN_REPAIR, Stage.CLOSED_UNFUNDED)),
    "withdrawn": Fate(_("已撤回"), _in(Stage.WITHDRAWN)),
    "none": Fate(_("没有立件"), STANDING & Q(stage__isnull=True)),
    "annulled": Fate(pgettext_lazy("visit", "已作废"), ~STANDING),
}  # fmt: skip


@never_cache
@require_safe
@login_required
def visits(request: HttpRequest) -> HttpResponse:
    """`?show=` a key of FATES, `?page=`."""
    require(request.user, Do.RECORD_VISIT)
    now, mine = timezone.now(), with_stage(own_visits(request.user))
    show = request.GET.get("show", "")
    counted = mine.order_by().aggregate(
        all=Count("pk"), **{name: Count("pk", filter=fate.shown) for name, fate in FATES.items()}
    )
    shown = mine.filter(FATES[show].shown) if show in FATES else mine
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "tab": "visits", "page": page, "rows": rows(list(page), request.user, now), "total": counted["all"],
        "chips": _chips(show, counted), "pager": _pager(show, page),
    }  # fmt: skip
    return render(request, "lending/progress/own_visits.html", context)


def with_stage(mine: QuerySet[Visit]) -> QuerySet[Visit]:
    """Adds `stage`: that of the case, and 已授信 as soon as one of several banks has granted; null without a case."""
    case = FinancingCase.objects.filter(number=OuterRef("case_number")).order_by()
    granted = BankDecision.objects.filter(
        recommendation__case=OuterRef("pk"), superseded_by__isnull=True, outcome__in=BankDecision.GRANTED
    )
    seen = Case(When(Exists(granted), stage=Stage.WITH_BANK, then=Value(Stage.APPROVED)), default=F("stage"))
    stage = case.annotate(seen=seen).values("seen")[:1]
    return mine.annotate(stage=Case(When(case_number__gt="", then=Subquery(stage))))


def rows(page: list[Visit], user: User, now: datetime) -> list[dict]:
    """What a row of the page shows, with the cases of all rows in a fixed number of statements."""
    numbers = {visit.case_number for visit in page if visit.case_number}
    cases = queries.with_story(queries.cases_seen_by(user).filter(number__in=numbers), viewer_of(user))
    by_number = {case.number: case for case in cases.select_related("need")} if numbers else {}
    return [_row(visit, by_number.get(visit.case_number), now) for visit in page]


def _row(visit: Visit, case: FinancingCase | None, now: datetime) -> dict:
    fate: Next | None = for_officer(case) if case and not visit.annulled_at else None
    due = chip(running_clock(case), now) if case and fate else None
    return {
        "visit": visit, "url": reverse("own-visit", args=[visit.pk]), "on": shanghai(visit.started_at, "long"),
        "fate": fate, "todo": fate.then if fate and fate.state == "soon" else "",
        "due": due and {"label": due.label, "state": {"overdue": "late", "due_soon": "soon", "today": "soon"}.get(due.state, "")},
    }  # fmt: skip


def _chips(show: str, counted: dict[str, int]) -> list[dict]:
    """What there is none of has no chip, save the one that is on."""
    everything = {
        "label": _("全部"),
        "count": counted["all"],
        "is_on": show not in FATES,
        "url": reverse("own-visits"),
    }
    return [everything] + [
        {"label": fate.label, "count": counted[name], "is_on": show == name, "url": f"?{urlencode({'show': name})}"}
        for name, fate in FATES.items()
        if counted[name] or show == name
    ]  # fmt: skip


def _pager(show: str, page) -> dict:
    def at(number: int) -> str:
        return f"?{urlencode(({'show': show} if show in FATES else {}) | {'page': number})}"

    return {
        "previous_url": at(page.previous_page_number()) if page.has_previous() else "",
        "next_url": at(page.next_page_number()) if page.has_next() else "",
        "shown": len(page), "total": page.paginator.count,
    }  # fmt: skip
