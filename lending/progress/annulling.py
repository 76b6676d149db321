"""登记错了: the officer takes back the visit that opened a case, while nothing has been done with it."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import get_visible, require
from accounts.errors import NotFound
from accounts.models import User
from accounts.roles import Do
from lending.case import lock_case
from lending.errors import ReasonMissing, TooLateToAnnul
from lending.models import FinancingCase
from lending.progress import queries
from lending.stages import Stage
from lending.workflow import advance
from visits.field.services import annul_visit
from visits.models import Business, Visit

WITHIN = timedelta(
    days=7
)  # as long as photos may still be added: the visit is still fresh in the officer's mind
STAGES = (Stage.INTAKE, Stage.AUTHORISED)
# Whatever else stands in the log is somebody's work on it, or a further word of the owner's. That the owner took back
# a consent speaks for the annulment and not against it.
UNTOUCHED = ("opened", "authorised", "consent_withdrawn")


@login_required
@require_POST
def annul(request: HttpRequest, number: str) -> HttpResponse:
    require(request.user, Do.RECORD_VISIT)
    case = get_visible(request.user, queries.cases_seen_by(request.user), number=number)
    reason = request.POST.get("reason", "").replace("\x00", "")
    annul_origin(case=case, by=request.user, now=timezone.now(), reason=reason)
    messages.success(request, _("这次走访已作废,办件已撤销,当时签署的授权已撤回。"))
    return redirect("own-visit", pk=case.origin_visit_id)


@transaction.atomic
def annul_origin(*, case: FinancingCase, by: User, now: datetime, reason: str) -> None:
    """End the case as 撤回终止 with the reason and annul its visit, with what was signed there: all or nothing.

    Raises `NotFound` where the visit is somebody else's, `TooLateToAnnul`, `ReasonMissing`.
    """
    require(by, Do.RECORD_VISIT)
    if not is_own(case, by):
        raise NotFound()
    if not reason.strip():
        raise ReasonMissing(fields={"reason": _("请写明作废原因。")})
    # a visit that is just joining the case holds the firm's lock: it is waited for, and then seen
    Business.objects.select_for_update(no_key=True).get(pk=case.business_id)
    case = lock_case(case)
    if not may_be_annulled(case, now):
        raise TooLateToAnnul()
    detail = {"visit": str(case.origin_visit_id), "reason": reason.strip()[:200]}
    advance(case, Stage.WITHDRAWN, by=by, now=now, kind="visit_annulled", detail=detail)
    annul_visit(visit_id=case.origin_visit_id, by=by, now=now, reason=reason, is_case_ended=True)


def is_own(case: FinancingCase, officer: User) -> bool:
    return case.origin_visit_id is not None and case.origin_visit.officer_id == officer.pk


def may_be_annulled(case: FinancingCase, now: datetime) -> bool:
    """Whether nothing but this one visit of the last days is in the case."""
    if (
        case.origin_visit_id is None
        or case.stage not in STAGES
        or now - case.origin_visit.recorded_at > WITHIN
    ):
        return False
    others = Visit.objects.filter(case_number=case.number, annulled_at__isnull=True).exclude(
        pk=case.origin_visit_id
    )
    is_touched = case.events.exclude(kind__in=UNTOUCHED).exists() or case.lookups.exists()
    return case.origin_visit.annulled_at is None and not is_touched and not others.exists()
