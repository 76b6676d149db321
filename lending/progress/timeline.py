"""The events of a case, for one pair of eyes."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from lending.bank_decision.outcomes import GRANTED, Outcome
from lending.models import Event, FinancingCase
from lending.progress import queries, words
from lending.progress.viewer import Eyes, Viewer
from lending.stages import Stage

# whose reasons the officer needs, because something is to be brought
OFFICER_READS = (
    "opened",
    "visit_added",
    "returned",
    "not_recommended",
    "resumed",
    "credit_looked_up",
    "lookup_failed",
    "terminated",
    "visit_annulled",
)
# what went on inside the offices is not the owner's story, and a reason meant for colleagues is not the owner's letter
OWNER_SKIPS = (
    "lookup_failed",
    "lookup_discarded",
    "branch_allotted",
    "recommendation_withdrawn",
    "outcome_refused",
    "suspension_asked",
    "suspension_taken_back",
    "suspension_refused",
    "suspension_lapsed",
    "deadline_changed",
)
OWNER_READS = ("opened", "visit_added", "returned", "not_recommended", "listed", "pushed", "disbursed")


@dataclass(frozen=True)
class Entry:
    """One line of the timeline; `event` is the stable kind, `name` what it is called."""

    at: datetime
    event: str
    name: str
    stage: str
    by: str = ""
    organisation: str = ""
    detail: str = ""
    state: str = ""


def timeline(case: FinancingCase, viewer: Viewer) -> list[Entry]:
    """Oldest first. `case.story` holds the events this viewer may know of (`queries.with_story`)."""
    story = case.story
    if viewer.eyes is Eyes.BANK:
        story = _until_the_own_push(story)
    if viewer.eyes is Eyes.OWNER:
        return _for_the_owner(case, viewer)
    return [_entry(event, viewer) for event in story]


def _for_the_owner(case: FinancingCase, viewer: Viewer) -> list[Entry]:
    """Without what went on inside the offices; what the owner did is told in full, and what others did is explained."""
    recipients = queries.withdrawn_from(case)
    told = []
    for event in case.story:
        if event.kind in OWNER_SKIPS:
            continue
        entry = _entry(event, viewer)
        if event.kind == "consent_withdrawn" and event.detail.get("consent") in recipients:
            recipient = words.recipient_name(recipients[event.detail["consent"]])
            said = _("不再提供给%(name)s。") % {"name": recipient}
            entry = replace(entry, detail=said)
        elif event.kind == "need_declared":
            said = _("有人在您的门牌码上又报了一项需求。没有另立办件,也没有改动本件,专班会与您核对。")
            entry = replace(entry, detail=said)
        told.append(entry)
    return told


def _until_the_own_push(story: list[Event]) -> list[Event]:
    """Neutral events only up to the first push to this bank: later ones tell of pushes to others."""
    first = next((event.seq for event in story if event.bank_id), 0)
    return [event for event in story if event.bank_id or event.seq < first]


def _entry(event: Event, viewer: Viewer) -> Entry:
    is_hidden = viewer.is_other_bank(event.bank_id)
    return Entry(
        at=event.at,
        event=event.kind,
        name=words.name_of(event.kind, event.detail),
        stage=event.to_stage if viewer.eyes is not Eyes.BANK else _stage_for_the_bank(event),
        by=event.by.name if event.by and _may_name(viewer, is_hidden) else "",
        organisation=_("其他银行") if is_hidden else _organisation(event),
        detail="" if is_hidden or not _may_read(event, viewer) else words.detail_of(event.kind, event.detail),
        state=words.state_of(event.kind, event.detail),
    )


def _stage_for_the_bank(event: Event) -> str:
    """What its own deed came to. The stage in the log may be the making of another bank."""
    if event.bank_id is None:
        return event.to_stage
    if event.kind == "disbursed":
        return Stage.DISBURSED.value
    if event.kind == "recommendation_withdrawn":
        return Stage.WITHDRAWN.value
    if event.kind == "closed_unfunded":
        return Stage.CLOSED_UNFUNDED.value
    if event.kind not in ("decided", "decision_corrected", "outcome_confirmed"):
        return Stage.WITH_BANK.value
    outcome = event.detail.get("outcome")
    if outcome in GRANTED:
        return Stage.APPROVED.value
    return Stage.DECLINED.value if outcome == Outcome.DECLINED else Stage.CLOSED_UNFUNDED.value


def _may_name(viewer: Viewer, is_hidden: bool) -> bool:
    return viewer.eyes is not Eyes.OWNER and not is_hidden


def _may_read(event: Event, viewer: Viewer) -> bool:
    if viewer.eyes is Eyes.OFFICER:
        return event.bank_id is not None or event.kind in OFFICER_READS  # other banks' are hidden already
    if viewer.eyes is Eyes.OWNER:
        # a refusal is a code here; the owner reads it in plain words beside the line
        return event.kind in OWNER_READS or (
            event.kind == "decided" and event.detail.get("outcome") in GRANTED
        )
    return viewer.eyes is Eyes.PANEL or event.bank_id is not None or event.kind in ("opened", "listed")


def _organisation(event: Event) -> str:
    place = event.bank if event.kind == "pushed" and event.bank else event.organisation
    return place.name if place else ""
