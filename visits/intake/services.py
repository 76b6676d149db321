"""Declare a need without an officer, sign without a witness."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.clock import day_of
from accounts.errors import Invalid
from accounts.models import Organisation
from visits.codes.models import Code
from visits.codes.services import check_live
from visits.consent.models import ConsentNotice, ConsentSigning, Scope
from visits.consent.queries import notice_in_force
from visits.consent.rules import recipients_of
from visits.consent.services import give_consent
from visits.errors import BusinessClosed, CodeNotForVisit, DeclarationIdReused, DistrictUnknown
from visits.field.models import FinancingNeed
from visits.field.rules import ConsentSaid, NeedSaid
from visits.intake import queries, rules
from visits.intake.models import OwnerDeclaration
from visits.register.models import Business
from visits.signals import CaseAnswer, visit_recorded


@dataclass(frozen=True)
class Declared:
    declaration: OwnerDeclaration
    is_repeat: bool


@dataclass(frozen=True)
class Signed:
    """A consent whose notice and recipients have been found."""

    said: ConsentSaid
    notice: ConsentNotice
    recipients: list[Organisation]


def declare_need(*, said: rules.DeclarationSaid, code: Code, now: datetime) -> Declared:
    """A need declared behind the code of a door: need, consent without a witness and the news to lending in one
    transaction. A repeat of the same form gets the first answer.

    Where the firm has an open case the need is noted there and the consent is not kept: whoever stands at a door may
    not add banks to what somebody else began. Raises `Invalid` (fields in the API's dotted names), `CodeRefused`,
    `BusinessClosed`, `DistrictUnknown`, `DeclarationIdReused`.
    """
    if code.business is None:
        raise CodeNotForVisit()
    if first := queries.declaration_by_id(said.id):
        return repeat_of(first, said, code.business)
    check_live(code, now)
    check_business(code.business)
    signed = check(said.need, said.consent, team=code.business.district, now=now)
    try:
        return Declared(_declare(said, code, signed, now), is_repeat=False)
    except IntegrityError:  # the same form arrived twice at once and the other one was first
        first = queries.declaration_by_id(said.id)
        if first is None:
            raise
        return repeat_of(first, said, code.business)


def check_business(business: Business) -> None:
    if business.status == Business.Status.CLOSED:
        raise BusinessClosed()
    if business.district is None:
        raise DistrictUnknown()


def repeat_of(first: OwnerDeclaration, said: rules.DeclarationSaid, business: Business) -> Declared:
    """The first answer again. Another firm's id and other content are refused alike, so nothing leaks."""
    if first.need.business_id != business.pk or first.content_digest != said.digest():
        raise DeclarationIdReused()
    return Declared(first, is_repeat=True)


def check(
    need: NeedSaid | None, consent: ConsentSaid | None, *, team: Organisation, now: datetime
) -> Signed | None:
    """Refuse what is not whole or names what is not there; find the notice and the recipients, which are banks and the
    district's own team."""
    problems = rules.problems_of_need(need) if need else {}
    problems |= rules.problems_of_consent(consent) if consent else {}
    wished = need.preferred_banks if need else ()
    named = queries.organisations_by_code({*wished, *(consent.recipients if consent else ())})
    if any(code not in named or named[code].kind != Organisation.Kind.BANK for code in wished):
        problems["need.preferred_banks"] = _("没有这家银行。")
    if consent is None:
        if problems:
            raise Invalid(fields=problems)
        return None
    notice = notice_in_force(consent.notice_version, day_of(now))
    if notice is None:
        problems["consent.notice_version"] = _("没有这个版本的告知书。")
    elif not set(consent.scopes) <= set(notice.scopes):
        problems["consent.scope"] = _("授权事项超出告知书的范围。")
    if any(not _may_receive(named.get(code), team) for code in consent.recipients):
        problems["consent.recipients"] = _("只能勾选银行和本区工作专班。")
    elif any(named[code] != team for code in consent.recipients) and Scope.SHARE_NEED not in consent.scopes:
        problems.setdefault("consent.scope", rules.BANKS_IN_VAIN)
    if problems:
        raise Invalid(fields=problems)
    return Signed(
        consent,
        notice,
        recipients_of(consent.scopes, [named[code] for code in consent.recipients], team=team),
    )


def _may_receive(recipient: Organisation | None, team: Organisation) -> bool:
    return recipient is not None and (recipient.kind == Organisation.Kind.BANK or recipient == team)


def keep_need(need: NeedSaid, business: Business, *, signed_name: str, now: datetime) -> FinancingNeed:
    return FinancingNeed.objects.create(
        visit=None, business=business, amount_yuan=need.amount_yuan, purpose=need.purpose,
        purpose_text=need.purpose_text, term_months=need.term_months, guarantee=need.guarantee, urgency=need.urgency,
        preferred_banks=list(need.preferred_banks), contact_name=need.contact_name or signed_name,
        contact_phone=need.contact_phone, declared_at=now,
    )  # fmt: skip


def sign(signed: Signed, business: Business, now: datetime) -> ConsentSigning:
    """Nobody witnessed it; the panel is told so."""
    given = give_consent(
        business=business, notice=signed.notice, scopes=signed.said.scopes, recipients=signed.recipients,
        signed_name=signed.said.signed_name, signature_png=signed.said.signature_png, by=None, now=now,
    )  # fmt: skip
    return given[0].signing


@transaction.atomic
def _declare(said: rules.DeclarationSaid, code: Code, signed: Signed, now: datetime) -> OwnerDeclaration:
    need = keep_need(said.need, code.business, signed_name=said.consent.signed_name, now=now)
    made = OwnerDeclaration(id=said.id, need=need, code=code, content_digest=said.digest())
    made.save(force_insert=True)
    signing = sign(signed, code.business, now)
    told = visit_recorded.send(sender=FinancingNeed, visit=None, need=need, by=None, now=now)
    answer = next((answer for _receiver, answer in told if answer is not None), CaseAnswer())
    if not answer.follow_path:  # it joined a case, or there is none
        signing.consents.all().delete()
        signing.delete()
    made.case_number, made.follow_path = answer.number, answer.follow_path
    made.save(update_fields=["case_number", "follow_path"])
    return made
