"""Report a visitor, complain about a case, answer both."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import get_visible, require
from accounts.errors import Invalid
from accounts.models import Organisation, User
from accounts.roles import Do
from visits.codes.models import Code
from visits.errors import ReportAnswered
from visits.intake import queries, rules
from visits.intake.models import OwnerReport
from visits.register.models import Business


def report_visit(*, said: rules.ReportSaid, code: Code, now: datetime) -> OwnerReport:
    """What seems wrong about the visitor, or about the code at the door. A repeat of the same form is no second report."""
    district = queries.district_of(code)
    facts = {"code": code, "officer": code.officer, "business": code.business, "district": district}
    return _keep(said, OwnerReport.Kind.SUSPICIOUS, now, facts)


def report_case(
    *,
    said: rules.ReportSaid,
    kind: str,
    business: Business,
    district: Organisation,
    case_number: str,
    now: datetime,
) -> OwnerReport:
    """A complaint, or "this is not mine", from the page of a case; `kind` of `OwnerReport.Kind`."""
    facts = {"business": business, "district": district, "case_number": case_number}
    return _keep(said, kind, now, facts)


@transaction.atomic
def answer_report(*, report: OwnerReport, by: User, now: datetime, answer: str) -> OwnerReport:
    """Once and for good: whoever reported may have read it already."""
    require(by, Do.ANSWER_REPORTS)
    get_visible(by, OwnerReport, pk=report.pk)
    answer = answer.strip()
    if not answer:
        raise Invalid(fields={"answer": _("请填写答复。")})
    if len(answer) > rules.MAX_TEXT:
        raise Invalid(fields={"answer": _("最多 %(limit)d 字。") % {"limit": rules.MAX_TEXT}})
    locked = OwnerReport.objects.select_for_update(no_key=True).get(pk=report.pk)
    if locked.answered_at is not None:
        raise ReportAnswered()
    locked.answer, locked.answered_by, locked.answered_at = answer, by, now
    locked.save(update_fields=["answer", "answered_by", "answered_at"])
    return locked


def _keep(said: rules.ReportSaid, kind: str, now: datetime, facts: dict) -> OwnerReport:
    text = said.text.strip()
    if not text:
        raise Invalid(fields={"text": _("请写明发生了什么。")})
    if len(text) > rules.MAX_TEXT:
        raise Invalid(fields={"text": _("最多 %(limit)d 字。") % {"limit": rules.MAX_TEXT}})
    if first := queries.report_by_form(said.id):
        return first
    try:
        with transaction.atomic():
            return OwnerReport.objects.create(
                form_id=said.id, kind=kind, text=text, contact=said.contact.strip()[: rules.MAX_CONTACT], made_at=now,
                **facts,
            )  # fmt: skip
    except IntegrityError:  # the same form arrived twice at once
        if first := queries.report_by_form(said.id):
            return first
        raise
