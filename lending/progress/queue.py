"""The district's queue: tabs with counts, filters in the address, the most urgent first."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Case, Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, User
from lending.models import CreditLookup, DistrictReview, FinancingCase, Recommendation
from lending.progress import queries
from lending.progress.line import running_clock
from lending.progress.viewer import PANEL
from lending.sla.chips import linked
from lending.sla.queries import main_clocks
from lending.stages import CLOSED, OPEN, Stage
from visits.consent.queries import consents_for_lookup, live_consents
from visits.models import OwnerReport, Visit

PAGE_SIZE = 30
MAX_PAGE = 1000  # beyond that a search is quicker than paging
DONE = "closed"
# in the order in which the team meets them; "" is everything that is open
TABS = {
    "": gettext_lazy("在办"), Stage.AUTHORISED.value: gettext_lazy("待信用查询"), Stage.UNDER_REVIEW.value: gettext_lazy("待审核"),
    Stage.RETURNED.value: gettext_lazy("退回待补"), Stage.RECOMMENDED.value: gettext_lazy("待推送"),
    Stage.WITH_BANK.value: gettext_lazy("银行办理中"), Stage.DECLINED.value: gettext_lazy("银行未授信"),
    Stage.IN_REPAIR.value: gettext_lazy("会诊修复"), Stage.APPROVED.value: gettext_lazy("待放款"),
    Stage.INTAKE.value: gettext_lazy("待补需求或授权"), DONE: gettext_lazy("已办结"),
}  # fmt: skip
BEFORE_A_BANK = (Stage.INTAKE, Stage.AUTHORISED, Stage.UNDER_REVIEW, Stage.RETURNED, Stage.RECOMMENDED)


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what it asks in vain is left out, for a queue is better than an error page."""

    stage: str = ""
    has_unknown_stage: bool = False
    is_overdue: bool = False
    bank: Organisation | None = None
    district: Organisation | None = None
    search: str = ""
    page: int = 1

    def query(self) -> str:
        said = {
            "stage": self.stage, "overdue": "1" if self.is_overdue else "", "bank": self.bank.code if self.bank else "",
            "district": self.district.code if self.district else "", "q": self.search,
            "page": str(self.page) if self.page > 1 else "",
        }  # fmt: skip
        return urlencode({name: value for name, value in said.items() if value})

    def url(self, **changes) -> str:
        query = replace(self, **({"page": 1} | changes)).query()
        return reverse("district-queue") + (f"?{query}" if query else "")


def read(asked: dict[str, str]) -> Asked:
    stage = asked.get("stage", "")
    page = asked.get("page", "")
    return Asked(
        stage=stage if stage in {*Stage.values, DONE} else "",
        has_unknown_stage=stage not in {"", *Stage.values, DONE},
        is_overdue=asked.get("overdue", "") in ("1", "true"),
        bank=_organisation(asked.get("bank", ""), Organisation.Kind.BANK),
        district=_organisation(asked.get("district", ""), Organisation.Kind.DISTRICT),
        search=asked.get("q", "").replace("\0", "").strip()[:60],
        page=min(int(page), MAX_PAGE)
        if page.isascii() and page.isdigit() and len(page) < 6 and int(page)
        else 1,
    )


def _organisation(code: str, kind: str) -> Organisation | None:
    if not code or "\0" in code or len(code) > 32:
        return None
    return Organisation.objects.filter(code=code, kind=kind).first()


def queue(user: User, asked: Asked, now: datetime) -> dict:
    """The page: {tabs, chips, rows, pager, asked, banks}; as many queries for one row as for thirty."""
    base = _narrowed(queries.cases_seen_by(user), asked, user, now)
    counts = dict(base.order_by().values_list("stage").annotate(Count("pk")))
    shown = base.filter(_of_tab(asked.stage))
    start = (asked.page - 1) * PAGE_SIZE
    cases = list(_annotated(shown, now)[start : start + PAGE_SIZE])
    total = _count(counts, asked.stage)
    return {
        "asked": asked,
        "tabs": _tabs(asked, counts),
        "chips": _chips(asked),
        "rows": [_row(case, now) for case in cases],
        "pager": _pager(asked, start, len(cases), total),
        "total": total,
    }


def _of_tab(stage: str) -> Q:
    if stage == DONE:
        return Q(stage__in=CLOSED)
    return Q(stage=stage) if stage else Q(stage__in=OPEN)


def _count(counts: dict[str, int], stage: str) -> int:
    wanted = CLOSED if stage == DONE else {stage} if stage else OPEN
    return sum(number for name, number in counts.items() if name in wanted)


def _narrowed(
    cases: QuerySet[FinancingCase], asked: Asked, user: User, now: datetime
) -> QuerySet[FinancingCase]:
    if asked.district:
        cases = cases.filter(district=asked.district)
    if asked.bank:
        cases = queries.pushed_to(cases, asked.bank, user)
    if asked.is_overdue:
        cases = queries.overdue(cases, PANEL, now, is_overdue=True)
    if asked.search:
        wanted = asked.search
        code = wanted.upper()
        cases = cases.filter(
            Q(number__contains=code)
            | Q(business__credit_code__startswith=code)
            | Q(business__name__icontains=wanted)
        )
    return cases


def _annotated(cases: QuerySet[FinancingCase], now: datetime) -> QuerySet[FinancingCase]:
    """Ordered by the clock that ends first, then by how long it has waited; with what the flags need."""
    running = main_clocks().order_by("due_at")
    due = running.filter(case=OuterRef("pk")).values("due_at")[:1]
    adverse = CreditLookup.objects.filter(case=OuterRef("pk"), expires_at__gt=now).exclude(
        adverse_categories=[]
    )
    valid = CreditLookup.objects.filter(case=OuterRef("pk"), expires_at__gt=now)
    # what the next step needs: before a bank is asked a consent to look up, afterwards any that still stands
    lookup = consents_for_lookup(OuterRef("business"), now=now)
    consented = When(Q(stage__in=BEFORE_A_BANK), then=Exists(lookup))
    standing = Exists(live_consents(OuterRef("business"), now=now))
    returned = DistrictReview.objects.filter(case=OuterRef("pk"), outcome=DistrictReview.Outcome.RETURN)
    visited = Visit.objects.filter(case_number=OuterRef("number"), annulled_at__isnull=True)
    reported = OwnerReport.objects.filter(case_number=OuterRef("number"), answered_at__isnull=True)
    confirming = Recommendation.objects.filter(case=OuterRef("pk"), state=Recommendation.State.CONFIRMING)
    pushes = (
        Recommendation.objects.filter(state__in=Recommendation.OPEN).select_related("bank").order_by("pk")
    )
    return (
        cases.annotate(
            first_due=Subquery(due), is_adverse=Exists(adverse), is_valid=Exists(valid),
            is_consented=Case(consented, default=standing), was_returned=Exists(returned), is_confirming=Exists(confirming),
            is_visited=Exists(visited), is_complained=Exists(reported),
            is_disowned=Exists(reported.filter(kind=OwnerReport.Kind.DISOWNED)),
        )
        .order_by("first_due", "stage_since", "pk")  # PostgreSQL puts those without a clock last
        .prefetch_related(
            Prefetch("deadlines", running, to_attr="clocks"), Prefetch("recommendations", pushes, to_attr="at_work")
        )
    )  # fmt: skip


def _row(case: FinancingCase, now: datetime) -> dict:
    return {
        "number": case.number, "name": case.business.name, "stage": Stage(case.stage).label, "yuan": case.amount_yuan,
        "banks": [push.bank.name for push in case.at_work], "url": reverse("district-case", args=[case.number]),
        "chip": linked(running_clock(case), now), "flags": flags(case),
    }  # fmt: skip


def flags(case: FinancingCase) -> list[dict]:
    """What to look at first; only what asks for attention, so that a clean row stays clean."""
    found = []
    if case.is_confirming:
        found.append({"label": _("银行反馈待确认"), "icon": "bell", "state": "soon"})
    if case.is_disowned:
        found.append({"label": _("企业主称非本人申报"), "icon": "flag", "state": "late"})
    elif case.is_complained:
        found.append({"label": _("投诉待答复"), "icon": "bell", "state": "soon"})
    if case.origin_visit_id is None and not case.is_visited and case.stage in OPEN:
        found.append({"label": _("自行申报未走访"), "icon": "person", "state": "soon"})
    if case.is_adverse:
        found.append({"label": _("有不利信息"), "icon": "flag", "state": "late"})
    if case.stage in (Stage.UNDER_REVIEW, Stage.RECOMMENDED) and not case.is_valid:
        found.append({"label": _("信用查询已过期"), "icon": "clock", "state": "soon"})
    if case.stage in OPEN and not case.is_consented:
        found.append({"label": _("没有有效授权"), "icon": "lock", "state": "late"})
    if case.was_returned and case.stage in (Stage.AUTHORISED, Stage.UNDER_REVIEW):
        found.append({"label": _("曾退回"), "icon": "return", "state": ""})
    return found


def _tabs(asked: Asked, counts: dict[str, int]) -> list[dict]:
    return [
        {
            "label": str(label), "url": asked.url(stage=stage), "count": _count(counts, stage),
            "is_current": asked.stage == stage,
        }
        for stage, label in TABS.items()
        if stage in ("", DONE, asked.stage) or _count(counts, stage)
    ]  # fmt: skip


def _chips(asked: Asked) -> list[dict]:
    chips = [
        {"label": _("只看超期"), "url": asked.url(is_overdue=not asked.is_overdue), "is_on": asked.is_overdue}
    ]
    if asked.bank:
        chips.append({"label": asked.bank.name, "url": asked.url(bank=None), "is_on": True})
    if asked.district:
        chips.append({"label": asked.district.name, "url": asked.url(district=None), "is_on": True})
    if asked.search:
        chips.append(
            {"label": _("“%(words)s”") % {"words": asked.search}, "url": asked.url(search=""), "is_on": True}
        )
    return chips


def _pager(asked: Asked, start: int, shown: int, total: int) -> dict:
    return {
        "previous_url": asked.url(page=asked.page - 1) if asked.page > 1 else "",
        "next_url": asked.url(page=asked.page + 1) if start + shown < total else "",
        "shown": shown, "total": total,
    }  # fmt: skip
