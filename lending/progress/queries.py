"""Reads of cases across the stages. Never writes."""

from datetime import datetime

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from accounts.access import visible_to
from accounts.models import Organisation, User
from accounts.roles import BANK_ROLES
from lending.access import BEFORE_THE_PUSH
from lending.models import BankDecision, Disbursement, Event, FinancingCase, Recommendation
from lending.progress.viewer import Eyes, Viewer
from lending.sla import queries as clocks
from lending.stages import Stage
from visits.models import Consent, Visit

UNDRAWN = (Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN)


def cases_seen_by(user: User) -> QuerySet[FinancingCase]:
    """Visible cases with `seen_stage`: for a bank what its own part has come to, for everybody else the stage."""
    cases = visible_to(user, FinancingCase).select_related("business", "district")
    if user.role in BANK_ROLES:
        return _with_the_banks_own_stage(cases, user.bank)
    return cases.annotate(seen_stage=F("stage"))


def _with_the_banks_own_stage(cases: QuerySet[FinancingCase], bank: Organisation) -> QuerySet[FinancingCase]:
    """A bank that declined must not read from the stage that another one has granted since."""
    own = Recommendation.objects.filter(case=OuterRef("pk"), bank=bank).order_by("-pushed_at", "-pk")
    said = BankDecision.objects.filter(
        recommendation__case=OuterRef("pk"), recommendation__bank=bank, superseded_by__isnull=True
    ).order_by("-recommendation__pushed_at", "-pk")
    paid = Disbursement.objects.filter(
        decision__recommendation__case=OuterRef("pk"), decision__recommendation__bank=bank
    )
    return cases.annotate(
        own_state=Subquery(own.values("state")[:1]),
        own_outcome=Subquery(said.values("outcome")[:1]),
        own_paid=Exists(paid),
    ).annotate(
        seen_stage=Case(
            When(own_state__in=Recommendation.OPEN, then=Value(Stage.WITH_BANK)),
            When(own_state=Recommendation.State.WITHDRAWN, then=Value(Stage.WITHDRAWN)),
            When(own_outcome__in=BankDecision.GRANTED, own_paid=True, then=Value(Stage.DISBURSED)),
            # its own approval, never drawn: the end of the case is the end of its part
            When(own_outcome__in=BankDecision.GRANTED, stage__in=UNDRAWN, then=F("stage")),
            When(own_outcome__in=BankDecision.GRANTED, then=Value(Stage.APPROVED)),
            When(own_outcome=BankDecision.Outcome.DECLINED, then=Value(Stage.DECLINED)),
            default=Value(Stage.CLOSED_UNFUNDED),
            output_field=CharField(),
        )
    )


def consents_shown_to_the_owner(case: FinancingCase) -> QuerySet[Consent]:
    """What the link of this case shows and withdraws. A link that an officer handed over knows all the firm's consents;
    one that came about by declaring at the door knows only those of its own case: its holder may be anybody, and with
    which banks a firm had to do before is not for anybody to read."""
    consents = Consent.objects.filter(business=case.business_id)
    if case.origin_visit_id is not None:
        return consents
    of_its_visits = Visit.objects.filter(case_number=case.number).values("pk")
    own = Q(signing__visit_id__isnull=True, given_at__gte=case.opened_at) | Q(
        signing__visit_id__in=of_its_visits
    )
    return consents.filter(own)


def withdrawn_from(case: FinancingCase) -> dict[int, Organisation]:
    """Whom the owner's story may name beside each `consent_withdrawn`: {consent: recipient}."""
    ended = [event.detail.get("consent") for event in case.story if event.kind == "consent_withdrawn"]
    shown = consents_shown_to_the_owner(case).filter(pk__in=ended).select_related("recipient")
    return {consent.pk: consent.recipient for consent in shown} if ended else {}


def pushed_to(cases: QuerySet[FinancingCase], bank: Organisation, user: User) -> QuerySet[FinancingCase]:
    """Cases of which `user` may know that they were pushed to `bank`."""
    pushes = visible_to(user, Recommendation).filter(case=OuterRef("pk"), bank=bank)
    return cases.filter(Exists(pushes))


def overdue(
    cases: QuerySet[FinancingCase], viewer: Viewer, now: datetime, is_overdue: bool
) -> QuerySet[FinancingCase]:
    """By the running clocks of `kinds.MAIN` that this viewer is shown; late means `now >= due_at`."""
    late = clocks.overdue(now).filter(case=OuterRef("pk"))
    if viewer.eyes is Eyes.BANK:
        late = late.filter(bound=viewer.bank)
    return cases.filter(Exists(late) if is_overdue else ~Exists(late))


def with_story(cases: QuerySet[FinancingCase], viewer: Viewer) -> QuerySet[FinancingCase]:
    """Everything the line and the timeline are built from, in a number of queries that does not grow with the rows:
    `case.story` (events, oldest first), `case.pushes` (with their decisions in force) and `case.clocks`,
    the open ones of every kind: which of them make a case overdue, `line.running_clock` knows."""
    events = Event.objects.select_related("by", "organisation", "bank").order_by("seq")
    decisions = BankDecision.objects.filter(superseded_by__isnull=True).select_related("reason", "decided_by")
    decisions = decisions.prefetch_related("disbursements").order_by("pk")
    pushes = Recommendation.objects.select_related("bank", "deadline", "list").order_by("pushed_at", "pk")
    own_clocks = clocks.open_clocks().select_related("bound").order_by("pk")
    if viewer.eyes is Eyes.BANK:
        events = events.filter(Q(bank=viewer.bank) | Q(bank__isnull=True, kind__in=BEFORE_THE_PUSH))
        pushes, own_clocks = pushes.filter(bank=viewer.bank), own_clocks.filter(bound=viewer.bank)
    in_force = Prefetch("decisions", queryset=decisions, to_attr="in_force")
    return cases.prefetch_related(
        Prefetch("events", queryset=events, to_attr="story"),
        Prefetch("recommendations", queryset=pushes.prefetch_related(in_force), to_attr="pushes"),
        Prefetch("deadlines", queryset=own_clocks, to_attr="clocks"),
    )
