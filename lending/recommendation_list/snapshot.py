"""What a bank is told about a case, frozen when the list is issued: nothing of other banks, nothing it may not see."""

import hashlib
import json
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.clock import SHANGHAI, day_of
from accounts.language import in_chinese
from lending.models import CreditLookup, DistrictReview, FinancingCase
from visits.models import Consent

VERSION = 1


def snapshot(
    case: FinancingCase, consent: Consent, review: DistrictReview | None, receipts: list[CreditLookup]
) -> dict:
    """Plain JSON; `review` with findings prefetched, `case` with business, need and visit. `receipts` are those that
    may still be relied on and that this bank's consent covers."""
    with in_chinese():
        return {
            "version": VERSION,
            "case": case.number,
            "business": _business(case),
            "contact": {
                "name": case.need.contact_name or consent.signing.signed_name,
                "phone": case.need.contact_phone or case.business.phone,
            },
            "need": _need(case),
            "visit": _visit(case),
            "consent": {"id": consent.pk, "given_at": _moment(consent.given_at), "expires_at": _moment(consent.expires_at)},
            "review": _review(review),
            "criteria": _criteria(review),
            "credit": _credit(receipts),
        }  # fmt: skip


def digest_of(number: str, issued_at: datetime, items: list[tuple[str, str, dict]]) -> str:
    """SHA-256 over the list's number, moment and (case, bank, snapshot) of every item, in the order of the list."""
    content = json.dumps([number, _moment(issued_at), items], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(SHANGHAI).isoformat() if at else None


def _business(case: FinancingCase) -> dict:
    business = case.business
    return {
        "credit_code": business.credit_code, "name": business.name, "kind": business.kind,
        "kind_name": str(business.get_kind_display()), "status_name": str(business.get_status_display()),
        "registered_type": business.registered_type, "capital": business.capital_text,
        "registered_on": business.registered_on.isoformat() if business.registered_on else None,
        "address": business.address, "district": case.district.code, "district_name": case.district.name,
        "scope": business.scope_text,
    }  # fmt: skip


def _need(case: FinancingCase) -> dict:
    need = case.need  # the banks the owner prefers stay out: each bank learns of itself alone
    return {
        "amount_yuan": str(case.amount_yuan), "purpose": need.purpose, "purpose_name": str(need.get_purpose_display()),
        "purpose_text": need.purpose_text, "term_months": need.term_months, "guarantee": need.guarantee,
        "guarantee_name": str(need.get_guarantee_display()), "urgency": need.urgency,
        "urgency_name": str(need.get_urgency_display()),
    }  # fmt: skip


def _visit(case: FinancingCase) -> dict:
    visit = case.need.visit
    if visit is None:  # the owner declared alone; nobody has been there for this need
        on = day_of(case.need.declared_at).isoformat()
        return {"on": on, "mode": "declared", "mode_name": _("企业主自行申报"), "organisation": ""}
    return {
        "on": day_of(visit.started_at).isoformat(), "mode": visit.mode,
        "mode_name": str(visit.get_mode_display()), "organisation": visit.organisation.name,
    }  # fmt: skip


def _review(review: DistrictReview | None) -> dict | None:
    if review is None:
        return None
    return {
        "reviewed_at": _moment(review.reviewed_at),
        "reviewer": review.reviewer.name,
        "remark": review.reason,
    }


def _criteria(review: DistrictReview | None) -> list[dict]:
    findings = review.findings.all() if review else []
    return [
        {"criterion": f.criterion, "name": str(f.get_criterion_display()), "met": f.is_met, "evidence": f.evidence}
        for f in sorted(findings, key=lambda finding: finding.pk)
    ]  # fmt: skip


def _credit(receipts: list[CreditLookup]) -> list[dict]:
    return [
        {
            "lookup": r.pk, "source": r.source, "answer": r.answer, "fetched_at": _moment(r.fetched_at),
            "response_sha256": r.response_sha256, "items": r.items,
        }
        for r in receipts
    ]  # fmt: skip
