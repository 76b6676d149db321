"""Cases and clocks for the deadline tests."""

import uuid
from datetime import datetime

from accounts.models import Organisation
from lending.case import FinancingCase, next_case_number
from lending.models import Deadline, Recommendation, RecommendationList
from lending.sla import services as sla
from lending.sla.kinds import OF_BANK, DeadlineKind
from lending.stages import Stage
from tests import factories as make
from visits.models import FinancingNeed, Visit


def case(
    cast, *, now: datetime = make.NOW, stage: Stage = Stage.WITH_BANK, name: str = "", at=None
) -> FinancingCase:
    """A case as it stands at `stage`, without the road that led there."""
    district = at or cast.xuhui
    business = make.business(name, at=district)
    visit = Visit.objects.create(
        id=uuid.uuid4(), business=business, officer=cast.officer, organisation=cast.branch, district=district,
        mode="on_site", outcome="need", started_at=now, recorded_at=now,
    )  # fmt: skip
    need = FinancingNeed.objects.create(
        visit=visit, business=business, amount_yuan=make.YUAN, declared_at=visit.recorded_at
    )
    return FinancingCase.objects.create(
        number=next_case_number(district.code, now.year), business=business, district=district, origin_visit=visit,
        need=need, amount_yuan=make.YUAN, stage=stage, stage_since=now, opened_at=now,
    )  # fmt: skip


def clock(
    cast,
    *,
    now: datetime = make.NOW,
    kind: DeadlineKind = DeadlineKind.BANK_DECISION,
    bound: Organisation | None = None,
    of: FinancingCase | None = None,
    branch: Organisation | None = None,
) -> Deadline:
    of = of or case(cast, now=now)
    bound = bound or (cast.first_bank if kind in OF_BANK else of.district)
    return sla.start_clock(case=of, kind=kind, bound=bound, branch=branch, now=now)


def recommendation(
    cast, *, bank: Organisation | None = None, branch: Organisation | None = None, now: datetime = make.NOW
) -> Recommendation:
    of, bank = case(cast, now=now), bank or cast.first_bank
    started = clock(cast, now=now, of=of, bound=bank, branch=branch)
    pushed = RecommendationList.objects.create(
        number=f"T-{of.number}",
        district=of.district,
        issued_at=now,
        issued_by=cast.panel,
        items_count=1,
        digest="0" * 64,
    )
    return Recommendation.objects.create(
        list=pushed, case=of, bank=bank, branch=branch, deadline=started, snapshot={}, pushed_at=now,
    )  # fmt: skip
