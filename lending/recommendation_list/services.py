"""Issue a list: number it, freeze what each bank is told, push every item and start its clock."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.errors import Invalid, NotAllowed, NotFound
from accounts.models import Organisation, User
from accounts.roles import Do
from lending import audit
from lending.case import FinancingCase, lock_case
from lending.errors import (
    AlreadyPushed,
    BankHasDeclined,
    BankNotNamed,
    LookupExpired,
    NoBankLeft,
    NoConsent,
    ReasonMissing,
    TooManyBanks,
    WrongStage,
)
from lending.models import CreditLookup, Recommendation, RecommendationList
from lending.recommendation_list import rules
from lending.recommendation_list.queries import (
    banks_left,
    consents_to_banks,
    declined_pairs,
    is_live,
    with_latest_review,
)
from lending.recommendation_list.snapshot import digest_of, snapshot
from lending.sla import services as sla
from lending.sla.models import Deadline, DeadlineKind
from lending.stages import Stage
from lending.workflow import advance
from visits.consent.models import Consent, Scope

SHANGHAI = ZoneInfo("Asia/Shanghai")
Item = tuple[FinancingCase, Organisation]


@transaction.atomic
def issue_list(
    *, district: Organisation, items: Sequence[Item], by: User, now: datetime
) -> RecommendationList:
    """All items or none. Fields of a refusal name the offending item as `items.<place>.case` or `.bank`."""
    require(by, Do.ISSUE_LIST)
    if by.district is None or by.district.pk != district.pk:
        raise NotAllowed()
    _check_form(items)
    # one list at a time per district, so that numbers follow each other; then the cases, always in the same order
    Organisation.objects.select_for_update(no_key=True).get(pk=district.pk)
    cases = _locked(items)
    _check_cases(items, cases, district)
    consents = _consents(items, now)
    receipts = _receipts(items, now)
    return _issue(district, items, cases, consents, receipts, by=by, now=now)


@transaction.atomic
def reopen_for_another_bank(*, case: FinancingCase, by: User, now: datetime, reason: str) -> None:
    """After a refusal: the case waits for another push (改推其他银行), and is decided anew from there."""
    require(by, Do.ISSUE_LIST)
    if by.district is None or case.district_id != by.district.pk:
        raise NotFound()
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(fields={"reason": _("请写明改推原因。")})
    if len(reason) > 500:
        raise Invalid(fields={"reason": _("最多 500 字。")})
    case = lock_case(case)
    if case.stage != Stage.DECLINED:
        raise WrongStage()
    if not banks_left(case, now):
        raise NoBankLeft()
    advance(case, Stage.RECOMMENDED, by=by, now=now, kind="reopened", detail={"reason": reason})


def _check_form(items: Sequence[Item]) -> None:
    pairs = [(case.pk, bank.pk) for case, bank in items]
    wrong = rules.form_faults(pairs)
    for place, (_case, bank) in enumerate(items):
        if bank.kind != Organisation.Kind.BANK or not bank.is_active:
            wrong[f"items.{place}.bank"] = _("只能推送给在用的银行。")
    if wrong:
        raise Invalid(fields=wrong)
    if crowded := rules.crowded(pairs):
        raise TooManyBanks(fields=crowded)


def _locked(items: Sequence[Item]) -> dict[int, FinancingCase]:
    locked = FinancingCase.objects.select_for_update(no_key=True, of=("self",)).filter(
        pk__in={case.pk for case, _bank in items}
    )
    locked = locked.select_related("business", "district", "need__visit__organisation").order_by("pk")
    return {case.pk: case for case in with_latest_review(locked)}


def _check_cases(items: Sequence[Item], cases: dict[int, FinancingCase], district: Organisation) -> None:
    pushed = set(
        Recommendation.objects.filter(case__in=cases, state__in=Recommendation.OPEN).values_list(
            "case", "bank"
        )
    )
    declined = declined_pairs(cases)
    twice, early, refused = {}, {}, {}
    for place, (case, bank) in enumerate(items):
        now_is = cases.get(case.pk)
        if now_is is None or now_is.district_id != district.pk:
            raise NotFound(fields={f"items.{place}.case": _("没有找到该办件。")})
        if (case.pk, bank.pk) in pushed:
            twice[f"items.{place}.case"] = _("该办件已推送给%(bank)s。") % {"bank": bank.name}
        elif now_is.stage != Stage.RECOMMENDED:
            stage = Stage(now_is.stage).label
            early[f"items.{place}.case"] = _("该办件现在是“%(stage)s”,不能推送。") % {"stage": stage}
        elif (case.pk, bank.pk) in declined:
            refused[f"items.{place}.bank"] = _("%(bank)s已不予授信,须先完成会诊修复。") % {"bank": bank.name}
    if twice:
        raise AlreadyPushed(fields=twice | early)
    if early:
        raise WrongStage(fields=early)
    if refused:
        raise BankHasDeclined(fields=refused)


def _consents(items: Sequence[Item], now: datetime) -> dict[tuple[int, int], Consent]:
    """The live consent behind each item, locked: a withdrawal of this moment waits for us, or we see it."""
    every = consents_to_banks({case.business_id for case, _bank in items})
    every = list(every.select_for_update(no_key=True, of=("self",)))
    live, ended = {}, {}
    for consent in reversed(every):  # the latest is put in last and stays
        found = live if is_live(consent, now) else ended
        found[consent.business_id, consent.recipient_id] = consent
    named = {business for business, _bank in live}
    wrong = {
        f"items.{place}.bank": _why_not(ended.get((case.business_id, bank.pk)), bank)
        for place, (case, bank) in enumerate(items)
        if (case.business_id, bank.pk) not in live
    }
    if wrong:
        nowhere = any(case.business_id not in named for case, _bank in items)
        raise (NoConsent if nowhere else BankNotNamed)(fields=wrong)
    return live


def _why_not(ended: Consent | None, bank: Organisation) -> str:
    if ended is None:
        return _("企业没有授权向%(bank)s提供信息。") % {"bank": bank.name}
    at = ended.withdrawn_at or ended.expires_at
    said = {"bank": bank.name, "day": at.astimezone(SHANGHAI).strftime("%Y-%m-%d")}
    if ended.withdrawn_at:
        return _("企业已于%(day)s撤回对%(bank)s的授权。") % said
    return _("企业对%(bank)s的授权已于%(day)s到期。") % said


def _receipts(items: Sequence[Item], now: datetime) -> dict[int, list[CreditLookup]]:
    """What each case may still rely on; a bank is not told what has expired since the review."""
    found = {case.pk: list(CreditLookup.usable(case, now)) for case, _bank in items}
    stale = {
        f"items.{place}.case": LookupExpired.sentence
        for place, (case, _bank) in enumerate(items)
        if not found[case.pk]
    }
    if stale:
        raise LookupExpired(fields=stale)
    return found


def _told(case: FinancingCase, consent: Consent, receipts: list[CreditLookup]) -> dict:
    """Credit items go only to a bank whose own consent covers the lookup."""
    review = next(iter(case.recommending), None)
    return snapshot(case, consent, review, receipts if Scope.CREDIT_LOOKUP in consent.scopes else [])


def _issue(district, items, cases, consents, receipts, *, by: User, now: datetime) -> RecommendationList:
    frozen = [
        _told(cases[case.pk], consents[case.business_id, bank.pk], receipts[case.pk]) for case, bank in items
    ]
    number = _next_number(district, now)
    content = [
        (cases[case.pk].number, bank.code, told) for (case, bank), told in zip(items, frozen, strict=True)
    ]
    made = RecommendationList.objects.create(
        number=number, district=district, issued_at=now, issued_by=by, items_count=len(items),
        digest=digest_of(number, now, content),
    )  # fmt: skip
    for case in cases.values():
        advance(case, Stage.WITH_BANK, by=by, now=now, kind="listed", detail={"list": number})
    clocks = [
        _push(made, cases[case.pk], bank, told, by=by, now=now)
        for (case, bank), told in zip(items, frozen, strict=True)
    ]
    works = [sla.Work(clock.case, clock.bound) for clock in clocks]
    sla.start_where_ruled(works=works, kinds=(DeadlineKind.RECEIPT, DeadlineKind.CONTACT), now=now)
    sla.notify_all_assigned(deadlines=clocks, now=now)
    return made


def _next_number(district: Organisation, now: datetime) -> str:
    """Called with the district locked. The largest so far and one more; the unique constraint is the last word."""
    day = now.astimezone(SHANGHAI).strftime("%Y%m%d")
    prefix = rules.list_number(district.code, day, 0)[:-2]
    numbers = RecommendationList.objects.filter(number__startswith=prefix).values_list("number", flat=True)
    return rules.list_number(district.code, day, 1 + max((int(n[len(prefix) :]) for n in numbers), default=0))


def _push(
    made: RecommendationList, case, bank: Organisation, told: dict, *, by: User, now: datetime
) -> Deadline:
    clock = sla.start_clock(case=case, kind=DeadlineKind.BANK_DECISION, bound=bank, now=now)
    pushed = Recommendation.objects.create(
        list=made, case=case, bank=bank, deadline=clock, snapshot=told, pushed_at=now
    )
    detail = {"list": made.number, "recommendation": pushed.pk, "due_at": clock.due_at.isoformat()}
    audit.record(case, "pushed", by=by, now=now, bank=bank, detail=detail)
    return clock
