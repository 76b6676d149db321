"""Everything the district's page of one case is written from, read in a fixed number of queries. Never writes."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from accounts.models import Organisation, User
from lending.credit_lookup.queries import name_of_source
from lending.credit_lookup.services import STAGES as LOOKED_UP_IN
from lending.credit_lookup.verifying import is_unverified
from lending.district_review import evidence, rules
from lending.district_review import queries as review_queries
from lending.district_review.models import Criterion, DistrictReview
from lending.models import CreditLookup, DeclineReason, FinancingCase, Recommendation, Repair
from lending.opening import missing_for
from lending.progress import queries
from lending.progress.viewer import viewer_of
from lending.sla.calendar import day_of
from lending.stages import Stage
from visits.consent.models import Consent, Scope
from visits.consent.queries import consents_for_lookup
from visits.consent.rules import SIGNED_BY_MISTAKE
from visits.intake.queries import complaints_of
from visits.models import FinancingNeed, OwnerReport, Visit
from visits.presence.queries import with_presence
from visits.presence.rules import Presence, declared_by_owner

EARTH_M = 6_371_000


@dataclass(frozen=True)
class ConsentState:
    consent: Consent
    state: str  # live, withdrawn, expired
    scopes: frozenset[str]  # of all that is live for this recipient; of the last that was, where nothing is

    @property
    def is_taken_back(self) -> bool:
        """By the owner: what ended because the officer annulled a visit is no word of theirs."""
        return self.state == "withdrawn" and self.consent.withdrawn_reason != SIGNED_BY_MISTAKE

    @property
    def may_look_up(self) -> bool:
        return self.state == "live" and Scope.CREDIT_LOOKUP in self.scopes

    @property
    def may_share(self) -> bool:
        return self.state == "live" and Scope.SHARE_NEED in self.scopes

    @property
    def matters(self) -> list[str]:
        """What it is for, in the order and words of the notice."""
        return [str(scope.label) for scope in Scope if scope in self.scopes]


@dataclass(frozen=True)
class CaseFacts:
    case: FinancingCase
    visits: list[Visit]
    consents: list[ConsentState]
    lookups: list[CreditLookup]  # the newest first, what was not fetched included
    usable: list[CreditLookup]  # the latest answer per source that may still be relied on
    reviews: list[DistrictReview]
    is_own_visit: bool
    missing: list[str]
    declared: list[
        FinancingNeed
    ]  # declared at the door while this case was open: to be checked with the owner
    reports: list[OwnerReport]
    has_lookup_consent: bool
    is_unverified: bool  # nobody has been there, and the team has not noted that it asked the firm

    @property
    def banks_named(self) -> list[Organisation]:
        """Active banks that the owner's live consents name, the owner's preference first."""
        preferred = {code: place for place, code in enumerate(self.case.need.preferred_banks)}
        told = {state.consent.recipient for state in self.consents if state.may_share}
        named = {one for one in told if one.is_active and one.kind == Organisation.Kind.BANK}
        return sorted(named, key=lambda bank: (preferred.get(bank.code, 99), bank.code))

    @property
    def is_unvisited(self) -> bool:
        """The owner declared it alone, and nobody has been there since."""
        return self.case.origin_visit_id is None and not any(v.annulled_at is None for v in self.visits)

    @property
    def presence(self) -> Presence | None:
        """What stands in place of a visit's, where there is none; each visit brings its own."""
        return declared_by_owner() if self.is_unvisited else None

    @property
    def may_be_looked_up(self) -> bool:
        return self.case.stage in LOOKED_UP_IN and self.has_lookup_consent


def case_for_the_desk(user: User):
    cases = queries.with_story(queries.cases_seen_by(user), viewer_of(user))
    return cases.select_related("business", "district", "need__visit__officer", "need__visit__organisation")


def facts_of(case: FinancingCase, user: User, now: datetime) -> CaseFacts:
    lookups = list(case.lookups.select_related("by").order_by("-requested_at", "source", "-pk"))
    of_the_case = Q(case_number=case.number) | Q(pk__in=[case.origin_visit_id, case.need.visit_id])
    visits = (
        Visit.objects.filter(of_the_case).select_related("officer", "organisation").order_by("-started_at")
    )
    reviews = (
        case.reviews.select_related("reviewer")
        .prefetch_related("findings", "banks", "lookups")
        .order_by("-reviewed_at", "-pk")
    )
    return CaseFacts(
        case=case,
        visits=with_presence(visits),
        consents=consents_of(case, now),
        lookups=lookups,
        usable=_usable(lookups, now),
        reviews=list(reviews),
        is_own_visit=any(visit.officer_id == user.pk for visit in visits),
        missing=missing_for(case.need, now) if case.stage == Stage.INTAKE else [],
        declared=_declared_at_the_door(case),
        reports=list(complaints_of(case.number)),
        has_lookup_consent=consents_for_lookup(case.business, now=now).exists(),
        is_unverified=is_unverified(case),
    )


def _declared_at_the_door(case: FinancingCase) -> list[FinancingNeed]:
    needs = FinancingNeed.objects.filter(declaration__case_number=case.number, declaration__follow_path="")
    return list(needs.order_by("-declared_at"))


def consents_of(case: FinancingCase, now: datetime) -> list[ConsentState]:
    return _one_per_recipient(Consent.objects.filter(business=case.business_id), now)


def consents_of_the_owner(case: FinancingCase, now: datetime) -> list[ConsentState]:
    return _one_per_recipient(queries.consents_shown_to_the_owner(case), now)


def _one_per_recipient(consents: QuerySet[Consent], now: datetime) -> list[ConsentState]:
    """A live one before an ended one, the newer before the older."""
    drawn = Q(signing__signature_png__isnull=False)
    rows = consents.select_related("recipient", "signing__notice").defer("signing__signature_png")
    rows = rows.annotate(is_drawn=ExpressionWrapper(drawn, BooleanField()))
    found: dict[int, ConsentState] = {}
    for consent in rows.order_by("given_at", "pk"):
        state = (
            "withdrawn"
            if consent.withdrawn_at
            else "live"
            if consent.given_at <= now < consent.expires_at
            else "expired"
        )
        before, scopes = found.get(consent.recipient_id), frozenset(consent.scopes)
        if before is not None and before.state == state == "live":
            scopes |= before.scopes
        if before is None or before.state != "live" or state == "live":
            found[consent.recipient_id] = ConsentState(consent, state, scopes)
    return sorted(found.values(), key=lambda each: (each.state != "live", each.consent.recipient.code))


def _usable(lookups: list[CreditLookup], now: datetime) -> list[CreditLookup]:
    latest: dict[str, CreditLookup] = {}
    for receipt in lookups:  # the newest first
        if receipt.answer != CreditLookup.Answer.NOT_FETCHED and receipt.expires_at > now:
            latest.setdefault(receipt.source, receipt)
    return [latest[source] for source in sorted(latest)]


def criteria_of(facts: CaseFacts, receipts: list[CreditLookup], now: datetime) -> list[dict]:
    """The five cards: name, 参考口径, evidence out of these receipts and a first draft of the note; no verdict."""
    guides = review_queries.guides(facts.case.district, day_of(now))
    names = {receipt.source: name_of_source(receipt.source) for receipt in receipts}
    items = [item | {"source": names[receipt.source]} for receipt in receipts for item in receipt.items]
    found = evidence.evidence(items, list(names.values()), _visit_facts(facts))
    return [
        {
            "code": name, "label": str(Criterion(name).label), "guide": guides.get(name), "evidence": found[name],
            "draft": evidence.note(found[name]),
        }
        for name in rules.CRITERIA
    ]  # fmt: skip


def _visit_facts(facts: CaseFacts) -> evidence.Facts:
    case, need = facts.case, facts.case.need
    # an on-site visit proves the premises whichever visit the need was told at
    on_site = (
        visit for visit in facts.visits if visit.mode == Visit.Mode.ON_SITE and visit.annulled_at is None
    )
    visit = next(on_site, need.visit)
    declared_on = None if need.visit_id else day_of(need.declared_at)
    signed = next((state.consent for state in facts.consents if state.state == "live"), None)
    return evidence.Facts(
        status=case.business.status, registered_on=case.business.registered_on, address=case.business.address,
        visit_mode=visit.mode if visit else "", visit_mode_name=str(visit.get_mode_display()) if visit else "",
        visited_on=day_of(visit.started_at) if visit else None,
        visited_by=f"{visit.organisation.name} {visit.officer.name}" if visit else "",
        distance_m=_distance_m(case, visit) if visit else None, declared_on=declared_on,
        confirmed_on=day_of(need.confirmed_at) if need.confirmed_at else None,
        is_witnessed=bool(signed and signed.signing.witnessed_by_id),
        amount_yuan=case.amount_yuan, purpose_name=str(need.get_purpose_display()) if need.purpose else "",
        purpose_text=need.purpose_text, signed_name=signed.signing.signed_name if signed else "",
        signed_on=day_of(signed.given_at) if signed else None,
    )  # fmt: skip


def _distance_m(case: FinancingCase, visit: Visit) -> int | None:
    """Metres between where the phone was and where the business stands on the map, to the nearest ten."""
    here, there = (visit.lat, visit.lon), (case.business.lat, case.business.lon)
    if None in here + there:
        return None
    north = math.radians(float(here[0] - there[0]))
    east = math.radians(float(here[1] - there[1])) * math.cos(math.radians(float(here[0])))
    return round(EARTH_M * math.hypot(north, east) / 10) * 10


def expires_soon(receipt: CreditLookup, now: datetime) -> bool:
    return receipt.expires_at is not None and receipt.expires_at - now < timedelta(days=5)


def waiting_for_a_word(case: FinancingCase) -> list[Recommendation]:
    """Reports of banks that are no decisions and wait for the panel: 放弃, 无真实需求, 无法联系, 他行获贷."""
    return [push for push in case.pushes if push.state == Recommendation.State.CONFIRMING and push.in_force]


def remedies(case: FinancingCase) -> list[DeclineReason]:
    """The reasons of the refusals in force that can be mended, the latest refusal first."""
    found = [
        decision.reason for push in reversed(case.pushes) for decision in push.in_force if decision.reason
    ]
    return list(dict.fromkeys(reason for reason in found if reason.is_repairable))


def repair_under_way(case: FinancingCase) -> Repair | None:
    return case.repairs.filter(finished_at__isnull=True).select_related("opened_by").first()
