"""Record a visit, annul a visit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import get_visible, require
from accounts.errors import Invalid, NotFound
from accounts.models import Organisation, User
from accounts.prepared import insert_together
from accounts.punctuation import listed
from accounts.roles import Do
from visits.codes import services as codes
from visits.codes.models import Code
from visits.consent.models import Consent, ConsentSigning
from visits.consent.rules import recipients_of
from visits.consent.services import unsaved_consents, withdraw_consents_of_visit
from visits.errors import (
    AlreadyAnnulled,
    CodeMismatch,
    CodeNotForVisit,
    CodeRefused,
    VisitHasCase,
    VisitIdReused,
    VisitProtected,
    VisitRefusedByProtection,
)
from visits.field import place, queries, rules
from visits.field.models import FinancingNeed, Visit
from visits.field.place import Place
from visits.protection import rules as protection
from visits.protection.marks import Answer, Mark
from visits.signals import visit_recorded

Signed = tuple[ConsentSigning, list[Consent]]


@dataclass(frozen=True)
class Recorded:
    visit: Visit
    is_repeat: bool


def record_visit(
    *, said: rules.VisitSaid, by: User, now: datetime, imported_by: User | None = None
) -> Recorded:
    """Keep a visit with its need and consent and tell lending; a repeat of the same visit gets the first answer.

    Safe against repeats: the id is the primary key, so of two posts at once one inserts and the other finds.
    `imported_by` brought the phone's file to a desk. Raises `Invalid` (fields), `NotFound` (business), `CodeRefused`
    (stored as a refused scan), `AgainstProtection` (marks), `VisitIdReused`.
    """
    require(by, Do.RECORD_VISIT)
    if problems := rules.problems_of_form(said):
        raise Invalid(fields=problems)
    times = rules.in_our_time(said, now)
    try:
        code = codes.read(text=said.code, at=times.started_at) if said.code else None
    except CodeRefused as refusal:
        if first := queries.visit_by_id(said.id):
            return _repeat(first, said, by)
        codes.note_refused(text=said.code, reason=refusal.reason, code=refusal.found, by=by, now=now)
        raise
    here = _place(said, code, times, by, now)
    if here.is_repeat:
        return _repeat(queries.visit_by_id(said.id), said, by)
    if problems := rules.problems_of_time(times, now):
        raise Invalid(fields=problems)
    visit = _visit(said, times, here, code, by=by, imported_by=imported_by, now=now)
    _check_protection(visit, here, is_late=rules.is_late(said.channel, times, now))
    signed = _sign(said, visit, here, by=by, signed_at=rules.signed_at(said.channel, times, now))
    try:
        _write(visit, said.need and _need(said, visit), signed, by=by, now=now)
    except IntegrityError:  # the same visit arrived twice at once and the other one was first
        first = queries.visit_by_id(said.id)
        if first is None:
            raise
        return _repeat(first, said, by)
    return Recorded(visit, is_repeat=False)


@transaction.atomic
def annul_visit(
    *, visit_id: UUID, by: User, now: datetime, reason: str, is_case_ended: bool = False
) -> Visit:
    """Take back one's own visit, with a reason; what was signed at it ends. The row stays; what has become a case is the
    district team's, unless the caller has just ended that case (`lending.progress.annulling`)."""
    get_visible(by, Visit, pk=visit_id)
    require(by, Do.RECORD_VISIT)
    if not reason.strip():
        raise Invalid(fields={"reason": _("请写明作废原因。")})
    visit = Visit.objects.select_for_update(no_key=True).get(pk=visit_id)
    if visit.annulled_at is not None:
        raise AlreadyAnnulled()
    if visit.case_number and not is_case_ended:
        raise VisitHasCase()
    visit.annulled_at, visit.annulled_by, visit.annulled_reason = now, by, reason.strip()[:200]
    visit.save(update_fields=["annulled_at", "annulled_by", "annulled_reason"])
    withdraw_consents_of_visit(visit_id=visit_id, now=now)
    return visit


def _repeat(first: Visit, said: rules.VisitSaid, by: User) -> Recorded:
    """The first answer again. Somebody else's id and other content are refused alike, so nothing leaks."""
    if first.officer_id != by.pk or first.content_digest != said.digest():
        raise VisitIdReused()
    return Recorded(first, is_repeat=True)


def _place(said: rules.VisitSaid, code: Code | None, times: rules.Times, by: User, now: datetime) -> Place:
    """Which business: the one on the scanned code, whoever's it is to visit, or one this officer may see."""
    if code and not code.business and (code.officer_id or not said.credit_code):
        raise CodeNotForVisit(fields={"code": _("请扫描经营主体的门牌码。")})
    if code and code.business and said.credit_code not in ("", code.business.credit_code):
        raise CodeMismatch(fields={"credit_code": _("与门牌码不一致。")})
    here = place.find(
        visit_id=said.id, officer=by, credit_code=said.credit_code, business_id=code and code.business_id,
        started_at=times.started_at, signed_at=rules.signed_at(said.channel, times, now), codes=_named(said),
        notice_version=said.consent.notice_version if said.consent else "", now=now,
    )  # fmt: skip
    if here is None:
        raise NotFound()
    return here


def _named(said: rules.VisitSaid) -> set[str]:
    return {
        *(said.need.preferred_banks if said.need else ()),
        *(said.consent.recipients if said.consent else ()),
    }


def _visit(
    said: rules.VisitSaid, times: rules.Times, here: Place, code: Code | None, *, by: User, imported_by: User | None,
    now: datetime,
) -> Visit:  # fmt: skip
    """The row, not written yet."""
    if by.organisation_id is None:
        raise Invalid(_("您的账号没有所属机构,不能登记走访,请联系管理员。"))
    district = here.district or by.district
    is_placed = here.facts.policy.location != "off"  # what the district does not ask for is not kept
    return Visit(
        id=said.id, business=here.business, officer_id=by.pk, organisation_id=by.organisation_id, code=code,
        is_code_typed=said.is_code_typed, district_id=district and district.pk, mode=said.mode, outcome=said.outcome,
        started_at=times.started_at, ended_at=times.ended_at, recorded_at=now, channel=said.channel,
        clock_skew_s=times.skew_s, imported_by=imported_by, lat=rules.four_places(said.lat) if is_placed else None,
        lon=rules.four_places(said.lon) if is_placed else None, accuracy_m=said.accuracy_m if is_placed else None, note=said.note,
        protection_marks=protection.marks(here.facts), protection_reason=said.protection_reason,
        content_digest=said.digest(),
    )  # fmt: skip


def _check_protection(visit: Visit, here: Place, *, is_late: bool) -> None:
    """Ask for a reason or refuse, as the policy says. What was made without network is kept whatever stands against
    it: the owner has been disturbed already, and a visit that is thrown away cannot even be counted."""
    marks = [str(mark) for mark in visit.protection_marks]
    asked = None if is_late else protection.answer_to(marks, here.facts.policy, mode=visit.mode)
    if asked == Answer.REFUSE:
        raise VisitRefusedByProtection(marks)
    if asked == Answer.REASON and not visit.protection_reason:
        labels = listed(Mark(mark).label for mark in marks)
        why = _("该主体处于%(marks)s,请写明仍要走访的理由。") % {"marks": labels}
        raise VisitProtected(marks, fields={"protection_reason": why})


def _sign(
    said: rules.VisitSaid, visit: Visit, here: Place, *, by: User, signed_at: datetime
) -> Signed | None:
    """The consents, not written yet; refuses organisations and notices that are not there."""
    if said.need is None:
        return None
    banks, places = {Organisation.Kind.BANK}, {Organisation.Kind.BANK, Organisation.Kind.DISTRICT}
    problems: dict[str, str] = {}
    if unknown := _not_in(said.need.preferred_banks, here.named, banks):
        problems["need.preferred_banks"] = _("没有这家银行:%(code)s") % {"code": unknown}
    told, district = said.consent, here.district or by.district
    if told is not None:
        if unknown := _not_in(told.recipients, here.named, places):
            problems["consent.recipients"] = _("没有这家银行或这个区:%(code)s") % {"code": unknown}
        elif not told.recipients and district is None:
            problems["consent.recipients"] = _("请勾选接收方。")
        if here.notice is None:
            problems["consent.notice_version"] = _("没有这个版本的告知书。")
        elif not set(told.scopes) <= set(here.notice.scopes):
            problems["consent.scope"] = _("授权事项超出告知书的范围。")
    if problems:
        raise Invalid(fields=problems)
    if told is None:
        return None
    return unsaved_consents(
        business=here.business, notice=here.notice, scopes=told.scopes, signed_name=told.signed_name,
        # the notice names the district team as organiser; where no bank is ticked, the consent is to the team alone
        # and whoever lets credit data be looked up lets the team do it, which can be taken back by its name
        recipients=recipients_of(told.scopes, [here.named[code] for code in told.recipients], team=district) or [district],
        signature_png=told.signature_png, visit_id=visit.pk, by=by, signed_at=signed_at, withdrawn=here.withdrawn,
    )  # fmt: skip


def _not_in(codes_named: Collection[str], found: dict[str, Organisation], kinds: set[str]) -> str | None:
    return next((code for code in codes_named if code not in found or found[code].kind not in kinds), None)


def _need(said: rules.VisitSaid, visit: Visit) -> FinancingNeed:
    """The row, not written yet."""
    need = said.need
    return FinancingNeed(
        visit=visit, business=visit.business, amount_yuan=need.amount_yuan, purpose=need.purpose,
        purpose_text=need.purpose_text, term_months=need.term_months, guarantee=need.guarantee,
        urgency=need.urgency, preferred_banks=list(need.preferred_banks),
        contact_name=need.contact_name or (said.consent.signed_name if said.consent else ""),
        contact_phone=need.contact_phone, declared_at=min(visit.started_at, visit.recorded_at),
    )  # fmt: skip


@transaction.atomic
def _write(
    visit: Visit, need: FinancingNeed | None, signed: Signed | None, *, by: User, now: datetime
) -> None:
    """The visit comes last, with lending's answer on it. The lock of the business lines up two visits to one firm, so
    that whatever lending does for the second one sees what the first one wrote."""
    if need:
        insert_together(need, *(signed or ()), locking=visit.business)
    for _receiver, answer in visit_recorded.send(sender=Visit, visit=visit, need=need, by=by, now=now):
        if answer is not None:
            visit.case_number, visit.missing, visit.reason = answer.number, answer.missing, answer.reason
    insert_together(visit)
