"""Record a visit, annul a visit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import get_visible, require
from accounts.clock import day_of
from accounts.errors import Invalid, NotFound
from accounts.models import Organisation, User
from accounts.roles import Do
from visits.codes import services as codes
from visits.codes.models import Code
from visits.consent.models import ConsentNotice
from visits.consent.queries import notice_in_force
from visits.consent.services import give_consent
from visits.errors import AlreadyAnnulled, CodeMismatch, CodeNotForVisit, VisitHasCase, VisitIdReused
from visits.field import queries, rules
from visits.field.models import FinancingNeed, Visit
from visits.register.models import Business
from visits.signals import CaseAnswer, visit_recorded


@dataclass(frozen=True)
class Recorded:
    visit: Visit
    is_repeat: bool


@dataclass(frozen=True)
class Signed:
    """A consent whose notice and recipients have been found."""

    notice: ConsentNotice
    recipients: list[Organisation]


def record_visit(*, said: rules.VisitSaid, by: User, now: datetime) -> Recorded:
    """Keep a visit with its need and consent and tell lending; a repeat of the same visit gets the first answer.

    Safe against repeats: the id is the primary key, so of two posts at once one inserts and the other finds.
    Raises `Invalid` (fields), `NotFound` (business), `CodeRefused` (stored as a refused scan), `VisitIdReused`.
    """
    require(by, Do.RECORD_VISIT)
    if problems := rules.problems_of_form(said):
        raise Invalid(fields=problems)
    # by credit code the same query finds the business and says whether this is a repeat
    first = queries.visit_by_id(said.id) if said.code else None
    business, code = (None, None) if first else _place(said, by, now)
    if first or getattr(business, "is_repeat", False):
        return _repeat(first or queries.visit_by_id(said.id), said, by)
    if problems := rules.problems_of_time(said, now):
        raise Invalid(fields=problems)
    signed = _check_banks(said, business, by, now)
    try:
        return Recorded(_write(said, business, code, signed, by=by, now=now), is_repeat=False)
    except IntegrityError:  # the same visit arrived twice at once and the other one was first
        first = queries.visit_by_id(said.id)
        if first is None:
            raise
        return _repeat(first, said, by)


@transaction.atomic
def annul_visit(*, visit_id: UUID, by: User, now: datetime, reason: str) -> Visit:
    """Take back one's own visit, with a reason. The row stays; what has become a case is the district team's."""
    get_visible(by, Visit, pk=visit_id)
    require(by, Do.RECORD_VISIT)
    if not reason.strip():
        raise Invalid(fields={"reason": _("请写明作废原因。")})
    visit = Visit.objects.select_for_update(no_key=True).get(pk=visit_id)
    if visit.annulled_at is not None:
        raise AlreadyAnnulled()
    if visit.case_number:
        raise VisitHasCase()
    visit.annulled_at, visit.annulled_by, visit.annulled_reason = now, by, reason.strip()[:200]
    visit.save(update_fields=["annulled_at", "annulled_by", "annulled_reason"])
    return visit


def _repeat(first: Visit, said: rules.VisitSaid, by: User) -> Recorded:
    """The first answer again. Somebody else's id and other content are refused alike, so nothing leaks."""
    if first.officer_id != by.pk or first.content_digest != said.digest():
        raise VisitIdReused()
    return Recorded(first, is_repeat=True)


def _place(said: rules.VisitSaid, by: User, now: datetime) -> tuple[Business, Code | None]:
    """Which business: the one on the scanned code, whoever's it is to visit, or one this officer may see."""
    code = codes.scan(text=said.code, by=by, now=now) if said.code else None
    if code and code.business:
        if said.credit_code and said.credit_code != code.business.credit_code:
            raise CodeMismatch(fields={"credit_code": _("与门牌码不一致。")})
        return code.business, code
    if code and (code.officer_id or not said.credit_code):
        raise CodeNotForVisit(fields={"code": _("请扫描经营主体的门牌码。")})
    business = queries.business_to_visit(said.credit_code, by, said.id)
    if business is None:
        raise NotFound()
    return business, code


def _check_banks(said: rules.VisitSaid, business: Business, by: User, now: datetime) -> Signed | None:
    """Find the notice and every organisation named, in one query; refuse names that are not there."""
    if said.need is None:
        return None
    recipients = said.consent.recipients if said.consent else ()
    named = queries.organisations_by_code({*said.need.preferred_banks, *recipients})
    problems: dict[str, str] = {}
    if unknown := _not_in(said.need.preferred_banks, named, {Organisation.Kind.BANK}):
        problems["need.preferred_banks"] = _("没有这家银行:%(code)s") % {"code": unknown}
    if said.consent is None:
        if problems:
            raise Invalid(fields=problems)
        return None
    if unknown := _not_in(recipients, named, {Organisation.Kind.BANK, Organisation.Kind.DISTRICT}):
        problems["consent.recipients"] = _("没有这家银行或这个区:%(code)s") % {"code": unknown}
    notice = notice_in_force(said.consent.notice_version, day_of(now))
    if notice is None:
        problems["consent.notice_version"] = _("没有这个版本的告知书。")
    elif not set(said.consent.scopes) <= set(notice.scopes):
        problems["consent.scope"] = _("授权事项超出告知书的范围。")
    district = business.district or by.district
    if not recipients and district is None:
        problems["consent.recipients"] = _("请勾选接收方。")
    if problems:
        raise Invalid(fields=problems)
    # the notice names the district team as organiser; where no bank is ticked, the consent is to the team alone
    return Signed(notice, [named[code] for code in recipients] or [district])


def _not_in(codes_named: Collection[str], found: dict[str, Organisation], kinds: set[str]) -> str | None:
    return next((code for code in codes_named if code not in found or found[code].kind not in kinds), None)


@transaction.atomic
def _write(
    said: rules.VisitSaid,
    business: Business,
    code: Code | None,
    signed: Signed | None,
    *,
    by: User,
    now: datetime,
) -> Visit:
    if by.organisation_id is None:
        raise Invalid(_("您的账号没有所属机构,不能登记走访,请联系管理员。"))
    visit = Visit(
        id=said.id, business=business, officer_id=by.pk, organisation_id=by.organisation_id, code=code,
        district_id=business.district_id or (by.district and by.district.pk), mode=said.mode, outcome=said.outcome,
        started_at=said.started_at, ended_at=said.ended_at, recorded_at=now,
        lat=rules.four_places(said.lat), lon=rules.four_places(said.lon), accuracy_m=said.accuracy_m,
        note=said.note, content_digest=said.digest(),
    )  # fmt: skip
    visit.save(force_insert=True)
    need = None
    if said.need:
        need = _write_need(said.need, visit, signed_name=said.consent.signed_name if said.consent else "")
    if signed:
        give_consent(
            business=business, notice=signed.notice, scopes=said.consent.scopes, recipients=signed.recipients,
            signed_name=said.consent.signed_name, signature_png=said.consent.signature_png, visit_id=visit.pk,
            by=by, now=now,
        )  # fmt: skip
    _keep_answer(visit, visit_recorded.send(sender=Visit, visit=visit, need=need, by=by, now=now))
    return visit


def _write_need(need: rules.NeedSaid, visit: Visit, *, signed_name: str) -> FinancingNeed:
    return FinancingNeed.objects.create(
        visit=visit, business=visit.business, amount_yuan=need.amount_yuan, purpose=need.purpose,
        purpose_text=need.purpose_text, term_months=need.term_months, guarantee=need.guarantee,
        urgency=need.urgency, preferred_banks=list(need.preferred_banks),
        contact_name=need.contact_name or signed_name, contact_phone=need.contact_phone,
        declared_at=visit.recorded_at,
    )  # fmt: skip


def _keep_answer(visit: Visit, answers: list[tuple[object, CaseAnswer | None]]) -> None:
    for _receiver, answer in answers:
        if answer is not None:
            visit.case_number, visit.missing, visit.reason = answer.number, answer.missing, answer.reason
            visit.save(update_fields=["case_number", "missing", "reason"])
