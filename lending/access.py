"""Who sees which cases and what hangs on them; a bank sees only what was pushed to it."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now, TruncDate

from accounts.access import EVERYTHING, sees
from accounts.clock import SHANGHAI
from accounts.models import Organisation, User
from accounts.roles import BANK_ROLES, Role
from lending.models import (
    Alert,
    BankDecision,
    CalendarDay,
    CalendarYear,
    ContactAttempt,
    CreditLookup,
    CriterionGuide,
    Deadline,
    DeadlinePolicy,
    DeclineReason,
    DeliveryReport,
    Disbursement,
    DistrictReview,
    Event,
    FinancingCase,
    OutcomeConfirmation,
    PolicyStep,
    Recommendation,
    RecommendationList,
    Repair,
    Stall,
    Suspension,
    Sweep,
)
from visits.models import Business, FinancingNeed, Visit

NOTHING = Q(pk__in=[])


@sees(CalendarYear, *Role)
@sees(CalendarDay, *Role)
@sees(DeadlinePolicy, *Role)
@sees(PolicyStep, *Role)
@sees(DeclineReason, *Role)
@sees(CriterionGuide, *Role)
@sees(Sweep, Role.CITY, Role.AUDITOR, Role.SYSTEM_ADMIN)
@sees(Stall, Role.CITY, Role.AUDITOR, Role.SYSTEM_ADMIN)
@sees(DeliveryReport, Role.CITY, Role.AUDITOR)
@sees(Event, Role.AUDITOR, Role.CITY)
@sees(Alert, Role.AUDITOR, Role.CITY)
@sees(FinancingCase, Role.CITY)
@sees(DistrictReview, Role.CITY)
@sees(RecommendationList, Role.CITY)
@sees(Recommendation, Role.CITY)
@sees(BankDecision, Role.CITY)
@sees(Disbursement, Role.CITY)
@sees(OutcomeConfirmation, Role.CITY)
@sees(Repair, Role.CITY)
@sees(Deadline, Role.CITY, Role.AUDITOR)
@sees(Suspension, Role.CITY)
def all_rows(user: User) -> Q:
    return EVERYTHING


def _district(path: str):
    """Rows whose case, reached by `path`, belongs to the user's district team."""

    def gate(user: User) -> Q:
        return Q(**{f"{path}district": user.district}) if user.district else NOTHING

    return gate


sees(FinancingCase, Role.PANEL)(_district(""))
sees(RecommendationList, Role.PANEL)(_district(""))
for _model in (Event, CreditLookup, DistrictReview, Recommendation, Deadline, Repair):
    sees(_model, Role.PANEL)(_district("case__"))
for _model in (BankDecision, ContactAttempt):
    sees(_model, Role.PANEL)(_district("recommendation__case__"))
sees(Disbursement, Role.PANEL)(_district("decision__recommendation__case__"))
sees(OutcomeConfirmation, Role.PANEL)(_district("decision__recommendation__case__"))
for _model in (Alert, Suspension):
    sees(_model, Role.PANEL)(_district("deadline__case__"))


def visits_answered_for(user: User) -> QuerySet[Visit]:
    """An officer's own, and those of colleagues who are away today and have named this officer: their letters come
    here (`sla.recipients`: to nobody else, so that every link opens), and lead to the case. What may be *done* to a visit stays with who made it."""
    today = TruncDate(Now(), tzinfo=SHANGHAI)
    stood_in_for = Q(
        officer__substitute=user, officer__away_from__lte=today, officer__away_until__gte=today,
        officer__role=user.role, officer__organisation=user.organisation_id,
    )  # fmt: skip
    return Visit.objects.filter(Q(officer=user) | stood_in_for)


@sees(FinancingCase, Role.FIELD_OFFICER)
def cases_of_own_visits(user: User) -> Q:
    return Q(Exists(visits_answered_for(user).filter(case_number=OuterRef("number"))))


@sees(Event, Role.FIELD_OFFICER)
def events_of_own_visits(user: User) -> Q:
    return Q(Exists(visits_answered_for(user).filter(case_number=OuterRef("case__number"))))


@sees(Recommendation, *BANK_ROLES)
def pushed_to_the_bank(user: User) -> Q:
    """Head office sees its bank's, a branch only what was allotted to it."""
    if user.bank is None:
        return NOTHING
    own = Q(bank=user.bank)
    return own & Q(branch=user.organisation) if user.organisation.kind == Organisation.Kind.BRANCH else own


def _pushed(user: User, path: str) -> Q:
    pushed = Recommendation.objects.filter(pushed_to_the_bank(user))
    return Q(Exists(pushed.filter(**{path: OuterRef("pk")})))


@sees(FinancingCase, *BANK_ROLES)
def cases_pushed_to_the_bank(user: User) -> Q:
    return _pushed(user, "case")


@sees(Business, *BANK_ROLES)
def businesses_pushed_to_the_bank(user: User) -> Q:
    return _pushed(user, "case__business")


@sees(FinancingNeed, *BANK_ROLES)
def needs_pushed_to_the_bank(user: User) -> Q:
    return _pushed(user, "case__need")


@sees(RecommendationList, *BANK_ROLES)
def lists_with_an_item_for_the_bank(user: User) -> Q:
    return _pushed(user, "list")


@sees(Deadline, *BANK_ROLES)
def clocks_of_the_bank(user: User) -> Q:
    """Of every kind; a clock knows the branch that has the case, as `pushed_to_the_bank`."""
    if user.bank is None:
        return NOTHING
    own = Q(bound=user.bank)
    return own & Q(branch=user.organisation) if user.organisation.kind == Organisation.Kind.BRANCH else own


@sees(Suspension, *BANK_ROLES)
def suspensions_of_its_clocks(user: User) -> Q:
    return Q(deadline__in=Deadline.objects.filter(clocks_of_the_bank(user)))


# What a bank may read of the way by which a case came to it. What happened after that is its business only where it
# did it itself: a further push or another bank's answer would tell it about its competitors.
BEFORE_THE_PUSH = (
    "opened", "authorised", "visit_added", "supplemented", "credit_looked_up", "recommended", "listed",
)  # fmt: skip


@sees(Event, *BANK_ROLES)
def events_the_bank_may_read(user: User) -> Q:
    """Of cases pushed to it: its own deeds, and how the case came to it up to its last push."""
    pushed = Recommendation.objects.filter(pushed_to_the_bank(user), case=OuterRef("case"))
    before = Q(
        Exists(pushed.filter(pushed_at__gte=OuterRef("at"))), bank__isnull=True, kind__in=BEFORE_THE_PUSH
    )
    return Q(Exists(pushed), bank=user.bank) | before


def _through_recommendation(path: str):
    def gate(user: User) -> Q:
        return Q(**{f"{path}__in": Recommendation.objects.filter(pushed_to_the_bank(user))})

    return gate


for _model in (BankDecision, ContactAttempt):
    sees(_model, *BANK_ROLES)(_through_recommendation("recommendation"))
sees(Disbursement, *BANK_ROLES)(_through_recommendation("decision__recommendation"))


@sees(Alert, *BANK_ROLES)
def alerts_to_the_bank(user: User) -> Q:
    """Letters about its own clocks, and addressed to it; a branch those addressed to itself.

    Not by the address alone: the officer who visited hears of a supplement, and that case may go to another bank."""
    if user.bank is None:
        return NOTHING
    own = Exists(Deadline.objects.filter(clocks_of_the_bank(user), pk=OuterRef("deadline")))
    if user.organisation.kind == Organisation.Kind.BRANCH:
        return Q(own, organisation=user.organisation)
    return Q(own) & (Q(organisation=user.bank) | Q(organisation__parent=user.bank))
