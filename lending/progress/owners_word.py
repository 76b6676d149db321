"""What the owner says about the case behind its link: it is mine, it is not mine, I complain."""

from datetime import datetime

from django.db import transaction

from lending import audit
from lending.case import lock_case
from lending.errors import WrongStage
from lending.models import FinancingCase
from lending.stages import CLOSED
from visits.intake.models import OwnerReport
from visits.intake.queries import report_by_form
from visits.intake.reports import report_case
from visits.intake.rules import ReportSaid

KINDS = {OwnerReport.Kind.COMPLAINT: "complained", OwnerReport.Kind.DISOWNED: "need_disowned"}


@transaction.atomic
def confirm_need(*, case: FinancingCase, now: datetime) -> None:
    """The owner said on their own phone that the need is theirs. Said twice it counts once; refuses a closed case."""
    case = lock_case(case)
    if case.stage in CLOSED:
        raise WrongStage()
    need = case.need
    if need.confirmed_at is None:
        need.confirmed_at = now
        need.save(update_fields=["confirmed_at"])
        audit.record(case, "need_confirmed", by=None, now=now, detail={"need": need.pk})


@transaction.atomic
def report(*, case: FinancingCase, kind: str, said: ReportSaid, now: datetime) -> OwnerReport:
    """A complaint, or that the need is not the owner's: to the district's team, and noted in the case without its words.
    A repeat of the same form is no second report."""
    case = lock_case(case)
    if first := report_by_form(said.id):
        return first
    made = report_case(
        said=said, kind=kind, business=case.business, district=case.district, case_number=case.number, now=now
    )
    audit.record(case, KINDS[kind], by=None, now=now, detail={"report": made.pk})
    return made
