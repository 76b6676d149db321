"""A need that an owner declared alone is checked with the firm before anybody's credit is looked up for it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.errors import NotFound
from accounts.models import User
from accounts.roles import Do
from lending import audit
from lending.case import FinancingCase, lock_case
from lending.errors import ReasonMissing, WrongStage
from lending.stages import CLOSED
from visits.models import Visit

MIN_NOTE, MAX_NOTE = 5, 300  # characters: whom, on which number and when does not fit into less
KIND = "need_verified"


def is_unverified(case: FinancingCase) -> bool:
    """Opened without a visit, joined by none since, and nobody of the team has noted that they asked the firm."""
    if case.origin_visit_id is not None:
        return False
    is_visited = Visit.objects.filter(case_number=case.number, annulled_at__isnull=True).exists()
    return not is_visited and not case.events.filter(kind=KIND).exists()


@transaction.atomic
def verify_need(*, case: FinancingCase, note: str, by: User, now: datetime) -> audit.Event:
    """Note whom of the firm the team asked, on which number and when. Raises `NotFound` to another district's team,
    ReasonMissing (`note`), WrongStage where the case is closed or nothing is left to verify."""
    require(by, Do.LOOK_UP_CREDIT)
    if by.district is None or case.district_id != by.district.pk:
        raise NotFound()
    note = note.strip()
    if not MIN_NOTE <= len(note) <= MAX_NOTE:
        raise ReasonMissing(fields={"note": _("请写明联系了谁、打的哪个电话、什么时间(5至300字)。")})
    case = lock_case(case)
    if case.stage in CLOSED or not is_unverified(case):
        raise WrongStage()
    return audit.record(case, KIND, by=by, now=now, detail={"note": note})
