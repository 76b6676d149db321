"""All that a visit has to know before it is written, in one statement: the business, whether the visit is there
already, what stands against it, the organisations and the notice it names, and what the owner took back since."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, F, JSONField, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from accounts.access import visible_to
from accounts.clock import day_of
from accounts.models import Organisation, User
from accounts.prepared import Question
from accounts.roles import Role
from visits.consent.models import ConsentNotice
from visits.consent.rules import SIGNED_BY_MISTAKE
from visits.field.models import Visit
from visits.protection import rules as protection
from visits.protection.queries import house_of, with_protection
from visits.register.models import Business

BUSINESS = ("id", "credit_code", "name", "district_id")
NAMED = """(SELECT jsonb_agg(jsonb_build_object('id', id, 'code', code, 'name', name, 'kind', kind))
    FROM accounts_organisation WHERE is_active AND code = ANY(%s))"""
# what ended because another visit was annulled is no word of the owner's (decision 0035)
WITHDRAWN = f"""(SELECT jsonb_object_agg(w.recipient_id, w.at) FROM (SELECT recipient_id, max(withdrawn_at) AS at
    FROM visits_consent WHERE business_id = visits_business.id AND withdrawn_at > %s
      AND withdrawn_reason <> '{SIGNED_BY_MISTAKE}' GROUP BY recipient_id) w)"""  # noqa: S608  constants only


@dataclass(frozen=True)
class Place:
    business: Business
    district: Organisation | None
    is_repeat: bool
    facts: protection.Facts
    named: dict[str, Organisation]  # by code, active ones only
    notice: ConsentNotice | None
    withdrawn: dict[int, datetime]  # of recipients, by key: taken back after the visit was made


def find(
    *,
    visit_id: UUID,
    officer: User,
    credit_code: str = "",
    business_id: int | None = None,
    started_at: datetime,
    signed_at: datetime,
    codes: Collection[str],
    notice_version: str,
    now: datetime,
) -> Place | None:
    """By `business_id` whoever's it is to visit, for it stood on the scanned door; by `credit_code` what this officer
    may see. Every question has all its holes filled, so that one statement serves all visits."""
    is_scanned = business_id is not None
    question = _question(is_scanned, officer.district is not None)
    found = question.first(
        officer=officer.pk, district=officer.district and officer.district.pk, house=house_of(officer),
        business=business_id if is_scanned else credit_code, visit=visit_id, started_at=started_at, signed_at=signed_at,
        codes=list(codes), version=notice_version, now=now,
    )  # fmt: skip
    if found is None:
        return None
    bank = officer.bank
    facts = protection.facts_of(found["protection"], day=day_of(started_at), bank_id=bank and bank.pk)
    return Place(
        business=Business.from_db(DEFAULT_DB_ALIAS, BUSINESS, [found[name] for name in BUSINESS]),
        district=_organisation(found["where"]), is_repeat=found["is_repeat"], facts=facts,
        named={one["code"]: _organisation(one) for one in found["named"] or ()},
        notice=ConsentNotice(**found["notice"]) if found["notice"] else None,
        withdrawn={int(key): datetime.fromisoformat(at) for key, at in (found["withdrawn"] or {}).items()},
    )  # fmt: skip


def _organisation(told: dict | None) -> Organisation | None:
    return Organisation(**told) if told and told["id"] is not None else None


@cache
def _question(is_scanned: bool, has_district: bool) -> Question:
    def ask(
        officer: int, district: int, house: int, business: int | str, visit: UUID, started_at: datetime, signed_at: datetime,
        codes: list[str], version: str, now: datetime, day: date,
    ) -> QuerySet:  # fmt: skip
        person = User(pk=officer, role=Role.FIELD_OFFICER)
        person.__dict__["district"] = Organisation(pk=district) if has_district else None
        person.__dict__["bank"] = Organisation(pk=house)
        rows = (
            Business.objects.filter(pk=business)
            if is_scanned
            else visible_to(person, Business).filter(credit_code=business)
        )
        notices = ConsentNotice.objects.filter(version=version, effective_from__lte=day)
        return with_protection(rows, officer=person, at=started_at).values(*BUSINESS).annotate(
            where=JSONObject(id="district_id", code="district__code", name="district__name"),
            is_repeat=Exists(Visit.objects.filter(pk=visit)),
            protection=F("protection"),
            named=RawSQL(NAMED, [codes], output_field=JSONField()),  # noqa: S611  constant text
            notice=Subquery(notices.values(told=JSONObject(id="id", scopes="scopes", valid_days="valid_days"))[:1]),
            withdrawn=RawSQL(WITHDRAWN, [signed_at], output_field=JSONField()),  # noqa: S611
        )  # fmt: skip

    return Question(
        ask, officer=int, district=int, house=int, business=int if is_scanned else str, visit=UUID, started_at=datetime,
        signed_at=datetime, codes=list, version=str, now=datetime, derived={"day": ("now", day_of)},
    )  # fmt: skip
