"""The district's word on a case."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.errors import Invalid, NotFound
from accounts.models import Organisation, User
from accounts.punctuation import listed
from accounts.roles import Do
from lending.case import FinancingCase, lock_case
from lending.district_review import rules
from lending.district_review.queries import has_visited
from lending.errors import (
    BankNotNamed,
    CriteriaIncomplete,
    LookupExpired,
    ReasonMissing,
    ReviewerIsVisitor,
    WrongStage,
)
from lending.models import CreditLookup, DistrictReview, Finding
from lending.stages import NEXT, Stage
from lending.workflow import advance, moved_since
from visits.consent.models import Scope
from visits.consent.queries import live_consents

TO = {
    rules.RECOMMEND: Stage.RECOMMENDED,
    rules.RETURN: Stage.RETURNED,
    rules.NOT_RECOMMENDED: Stage.NOT_RECOMMENDED,
}
# a case that a bank refused also goes on to RECOMMENDED, but by another door and without a new review
REVIEWED_IN = (Stage.AUTHORISED, Stage.UNDER_REVIEW, Stage.RETURNED, Stage.RECOMMENDED)
EVENT = {rules.RECOMMEND: "recommended", rules.RETURN: "returned", rules.NOT_RECOMMENDED: "not_recommended"}


@transaction.atomic
def review(
    *,
    case: FinancingCase,
    by: User,
    now: datetime,
    outcome: str,
    criteria: Mapping[str, Mapping],
    reason: str = "",
    banks: Sequence[Organisation] = (),
    seen: int | None = None,
) -> DistrictReview:
    """Recommend, return or not recommend; pins the receipts it relied on and moves the case.

    `criteria` as in `rules.faults`. `seen` is the number of events the reviewer had before them; where more has
    happened since, AlreadyMoved is raised and nothing is written.
    """
    _may_review(case, by)
    reason = reason.strip()
    _check_form(outcome, criteria, reason, banks)
    case = lock_case(case)
    if seen is not None and seen != case.events_count:
        raise moved_since(case, seen)
    if case.stage not in REVIEWED_IN or TO[outcome] not in NEXT[Stage(case.stage)]:
        raise WrongStage()
    _check_named(case, banks, now)
    receipts = list(CreditLookup.usable(case, now))
    if outcome == rules.RECOMMEND and not receipts:
        raise LookupExpired()
    made = DistrictReview.objects.create(
        case=case, reviewer=by, reviewed_at=now, outcome=outcome, reason=reason
    )
    made.banks.set(banks)
    made.lookups.set(receipts)
    Finding.objects.bulk_create(_findings(made, criteria))
    advance(case, TO[outcome], by=by, now=now, kind=EVENT[outcome], detail=_detail(made, criteria, receipts))
    return made


@transaction.atomic
def resume(*, case: FinancingCase, by: User, now: datetime, reason: str) -> None:
    """What was asked for has come in without a further visit: the returned case is taken up again."""
    _may_review(case, by)
    if not reason.strip():
        raise ReasonMissing(fields={"reason": _("请写明补正内容。")})
    case = lock_case(case)
    if case.stage != Stage.RETURNED:
        raise WrongStage()
    detail = {"reason": reason.strip()[: rules.MAX_TEXT]}
    advance(case, Stage.UNDER_REVIEW, by=by, now=now, kind="resumed", detail=detail)


def _may_review(case: FinancingCase, by: User) -> None:
    require(by, Do.REVIEW)
    if by.district is None or case.district_id != by.district.pk:
        raise NotFound()
    if has_visited(case, by):
        raise ReviewerIsVisitor()


def _check_form(outcome: str, criteria: Mapping, reason: str, banks: Sequence[Organisation]) -> None:
    if outcome not in TO:
        raise Invalid(fields={"outcome": listed(TO)})
    too_long = [
        name for name, finding in criteria.items() if len(finding.get("evidence") or "") > rules.MAX_TEXT
    ]
    if too_long or len(reason) > rules.MAX_TEXT:
        where = f"criteria.{too_long[0]}" if too_long else "reason"
        raise Invalid(fields={where: _("最多 %(limit)d 字。") % {"limit": rules.MAX_TEXT}})
    if any(bank.kind != Organisation.Kind.BANK or not bank.is_active for bank in banks):
        raise Invalid(fields={"banks": _("只能选择在用的银行。")})
    if wrong := rules.faults(outcome, criteria):
        raise CriteriaIncomplete(fields=wrong)
    if rules.needs_reason(outcome) and not reason:
        raise ReasonMissing(fields={"reason": _("请写明原因。")})


def _check_named(case: FinancingCase, banks: Sequence[Organisation], now: datetime) -> None:
    """A proposal of a bank that could never be pushed to would read like a promise."""
    live = live_consents(case.business, now=now, scope=Scope.SHARE_NEED)
    named = set(live.values_list("recipient", flat=True))
    if unnamed := [bank.name for bank in banks if bank.pk not in named]:
        raise BankNotNamed(fields={"banks": _("企业授权中没有列出:%(banks)s") % {"banks": listed(unnamed)}})


def _findings(made: DistrictReview, criteria: Mapping[str, Mapping]) -> list[Finding]:
    return [
        Finding(review=made, criterion=name, is_met=criteria[name]["met"],
                evidence=(criteria[name].get("evidence") or "").strip())
        for name in rules.CRITERIA
        if name in criteria and criteria[name].get("met") is not None
    ]  # fmt: skip


def _detail(made: DistrictReview, criteria: Mapping[str, Mapping], receipts: list[CreditLookup]) -> dict:
    unmet = [name for name in rules.CRITERIA if criteria.get(name, {}).get("met") is False]
    detail = {"review": made.pk, "lookups": [receipt.pk for receipt in receipts]}
    return detail | ({"unmet": unmet} if unmet else {}) | ({"reason": made.reason} if made.reason else {})
