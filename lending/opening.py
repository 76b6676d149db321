"""A recorded visit with a need opens a case, or joins the one that is open."""

from datetime import datetime

from django.db.models import BigIntegerField, Case, Exists, Func, QuerySet, Subquery, Value, When
from django.dispatch import receiver
from django.urls import reverse

from accounts.clock import day_of
from accounts.models import User
from accounts.prepared import Question
from lending import audit
from lending.case import NUMBERS, FinancingCase, case_number
from lending.stages import OPEN, Stage
from lending.workflow import advance, begin
from visits.consent.queries import consents_for_lookup
from visits.models import Business, FinancingNeed, Visit
from visits.signals import CaseAnswer, visit_recorded

STILL_OPEN_TO_CHANGE = (Stage.INTAKE, Stage.RETURNED)
IDS = f"{FinancingCase._meta.db_table}_id_seq"


@receiver(visit_recorded)
def on_visit_recorded(
    sender, visit: Visit | None, need: FinancingNeed | None, by: User | None, now: datetime, **_
) -> CaseAnswer | None:
    if need is None:
        return None
    if visit is None:  # who records a visit has the lock already
        # the lock of the business row lines up two visits to one firm, so the second one joins the first one's case
        Business.objects.select_for_update(no_key=True).get(pk=need.business_id)
    stands = _STANDS.first(business=need.business_id, now=now)
    if stands["open_case"] is not None:
        # then the case: one that a withdrawal is closing right now is waited for, and once closed is no longer found
        open_cases = FinancingCase.objects.select_for_update(no_key=True, of=("self",)).filter(stage__in=OPEN)
        if case := open_cases.select_related("need").filter(pk=stands["open_case"]).first():
            return _join(case, need, visit, by=by, now=now)
        stands = _STANDS.first(business=need.business_id, now=now)
    return _open(stands, need, visit, by=by, now=now)


def missing_for(need: FinancingNeed, now: datetime) -> list[str]:
    """What a need still lacks before credit data may be looked up, in the API's dotted names."""
    return missing_of(need, consents_for_lookup(need.business, now=now).exists())


def missing_of(need: FinancingNeed, may_look_up: bool) -> list[str]:
    lacking = {
        "need.amount_yuan": need.amount_yuan is None,
        "need.purpose": not need.purpose,
        "consent": not may_look_up,
    }
    return [name for name, is_lacking in lacking.items() if is_lacking]


def _how_it_stands(business: int, now: datetime) -> QuerySet:
    """The district, the open case and whether credit may be looked up; where no case is open, a key and a number for
    one. A statement of its own after the lock: what another visit wrote while we waited must be seen."""
    firm = Business(pk=business)
    open_case = FinancingCase.objects.filter(business=firm, stage__in=sorted(OPEN)).values("pk")
    return Business.objects.filter(pk=business).values("district_id", "district__code").annotate(
        open_case=Subquery(open_case),
        may_look_up=Exists(consents_for_lookup(firm, now=now)),
        key=_next_of(IDS), serial=_next_of(NUMBERS),
    )  # fmt: skip


def _next_of(sequence: str) -> Case:
    drawn = Func(Value(sequence), function="nextval", output_field=BigIntegerField())
    return Case(When(open_case__isnull=True, then=drawn))


_STANDS = Question(_how_it_stands, business=int, now=datetime)


def _open(
    stands: dict, need: FinancingNeed, visit: Visit | None, *, by: User | None, now: datetime
) -> CaseAnswer:
    district_id, district_code = stands["district_id"], stands["district__code"]
    if district_id is None and by and by.district:
        district_id, district_code = by.district.pk, by.district.code
    if district_id is None:  # kept as a visit; a case must belong to a district's team
        return CaseAnswer(missing=["district"], reason="district_unknown")
    number = case_number(district_code, day_of(now).year, stands["serial"])
    case = FinancingCase(
        pk=stands["key"], number=number, business_id=need.business_id, district_id=district_id, origin_visit=visit, need=need,
        amount_yuan=need.amount_yuan, opened_at=now,
    )  # fmt: skip
    lacking = missing_of(need, stands["may_look_up"])
    detail = _told(visit) | {"amount_yuan": need.amount_yuan}
    begin(case, by=by, now=now, detail=detail, is_whole=not lacking)
    follow_path = "" if visit else reverse("track", args=[case.track_token])
    return CaseAnswer(number=number, missing=lacking, follow_path=follow_path)


def _told(visit: Visit | None) -> dict[str, str]:
    return {"visit": str(visit.pk), "mode": visit.mode} if visit else {"declared_by": "owner"}


def _join(
    case: FinancingCase, need: FinancingNeed, visit: Visit | None, *, by: User | None, now: datetime
) -> CaseAnswer:
    """A further visit to a firm with an open case completes it where it waits, and is otherwise only noted.

    Whoever scans the code at a door may be anybody: what is declared there is noted for the team and changes nothing
    that somebody else began. The owner completes a case behind its own link (`progress.amending`).
    """
    if visit is None:
        audit.record(case, "need_declared", by=by, now=now, detail={"need": need.pk})
        return CaseAnswer(number=case.number, reason="case_already_open")
    audit.record(case, "visit_added", by=by, now=now, detail=_told(visit))
    if case.stage not in STILL_OPEN_TO_CHANGE or _is_older_than_the_return(case, visit):
        return CaseAnswer(number=case.number, reason="case_already_open")
    lacking = missing_for(need, now)
    if whole := next((one for one in _newest_first(need, case) if not missing_for(one, now)), None):
        case.need, case.amount_yuan = whole, whole.amount_yuan
        case.save(update_fields=["need", "amount_yuan"])
        advance(case, Stage.AUTHORISED, by=by, now=now, kind="supplemented")
        lacking = []
    return CaseAnswer(number=case.number, missing=lacking, reason="case_already_open")


def _is_older_than_the_return(case: FinancingCase, visit: Visit) -> bool:
    """A visit that came in late answers nothing that the team asked only afterwards."""
    return case.stage == Stage.RETURNED and (visit.ended_at or visit.started_at) < case.stage_since


def _newest_first(need: FinancingNeed, case: FinancingCase) -> list[FinancingNeed]:
    """The need just told and, where the case waits for its first completion, the one it was opened with: a visit may
    bring only the consent that was missing, and visits may come in another order than they were made."""
    if case.stage != Stage.INTAKE:
        return [need]
    return sorted([need, case.need], key=lambda one: one.declared_at, reverse=True)
