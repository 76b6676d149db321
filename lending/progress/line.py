"""The case line: six dots from the visit to the money, as `templates/_partials/case_line.html` draws them."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.punctuation import listed
from lending.bank_decision.outcomes import DECISIONS, GRANTED, Outcome
from lending.models import Event, FinancingCase, Recommendation
from lending.progress import words
from lending.progress.viewer import Eyes, Viewer
from lending.sla.chips import chip, linked
from lending.sla.kinds import INTERIM, MAIN
from lending.stages import CLOSED, DOTS, Stage

VISIT, LOOKUP, REVIEW, LIST, BANK, MONEY = range(6)
REFUSED = (Stage.NOT_RECOMMENDED, Stage.CLOSED_UNFUNDED, Stage.WITHDRAWN)


def line(case: FinancingCase, viewer: Viewer, now: datetime) -> list[dict]:
    """Six steps. `case` comes from `queries.with_story`, with `seen_stage`."""
    stage = Stage(case.seen_stage)
    here = _place(case, stage)
    steps = []
    for place, (label, _stages) in enumerate(DOTS):
        state = _state(place, here, stage)
        step = {"label": label, "state": state}
        if place == VISIT and case.origin_visit_id is None:
            step["label"] = _("申报")  # nobody has been there for it
        if state == "done":
            step |= _done(case, place, viewer)
        elif state != "waiting":
            step |= _here(case, stage, viewer, now)
        if place == BANK:
            step["branches"] = branches(case, viewer)
        steps.append(step)
    return steps


def dot_of(stage: Stage) -> int | None:
    return next((place for place, (_label, stages) in enumerate(DOTS) if stage in stages), None)


def _place(case: FinancingCase, stage: Stage) -> int:
    """Which dot the case stands on; one that was withdrawn stays where it was."""
    place = dot_of(stage)
    if place is not None:
        return place
    moves = [event for event in case.story if event.to_stage == stage and event.from_stage]
    return (dot_of(Stage(moves[-1].from_stage)) if moves else None) or (BANK if case.pushes else VISIT)


def _state(place: int, here: int, stage: Stage) -> str:
    if place < here or stage is Stage.DISBURSED:
        return "done"
    if place > here:
        return "waiting"
    return "refused" if stage in REFUSED else "current"


def _done(case: FinancingCase, place: int, viewer: Viewer) -> dict:
    """When and by whom the step was finished: the last event that carried the case over this dot."""
    event = next((event for event in case.story if event.kind == "opened"), None) if place == VISIT else None
    event = event or next((event for event in reversed(case.story) if _carries_over(event, place)), None)
    if event is None:
        return {}
    is_hidden = viewer.is_other_bank(event.bank_id)
    named = event.by is not None and not is_hidden and viewer.eyes is not Eyes.OWNER
    place_name = event.organisation.name if event.organisation and not is_hidden else ""
    return {"at": event.at, "by": event.by.name if named else "", "organisation": place_name}


def _carries_over(event: Event, place: int) -> bool:
    if place == MONEY:
        return event.kind == "disbursed"
    if place == LIST and event.kind == "pushed":
        return True
    left = dot_of(Stage(event.from_stage)) if event.from_stage else None
    reached = dot_of(Stage(event.to_stage))
    return left is not None and reached is not None and left <= place < reached


def _here(case: FinancingCase, stage: Stage, viewer: Viewer, now: datetime) -> dict:
    clock = running_clock(case)
    may_read_why = viewer.eyes in (Eyes.PANEL, Eyes.BANK)
    shown = linked(clock, now) if may_read_why else chip(clock, now)
    step = {"at": case.stage_since, "detail": str(stage.label), "chip": shown}
    if viewer.eyes is Eyes.BANK and case.pushes:
        step["at"] = _own_moment(case.pushes[-1])
    if stage not in CLOSED and (acting := _who_acts(case, stage, viewer)):
        step["organisation"] = acting
    return step


def _own_moment(push: Recommendation):
    """Since when the bank's own part stands where it stands: its answer, or the push that it has not answered."""
    answered = push.in_force if push.state == Recommendation.State.DECIDED else ()
    return max((decision.recorded_at for decision in answered), default=push.pushed_at)


def running_clock(case: FinancingCase):
    """The clock that ends first, of those shown to this viewer by which the case may be overdue."""
    running = [clock for clock in case.clocks if clock.kind in MAIN]
    return min(running, key=lambda clock: clock.due_at, default=None)


def interim(case: FinancingCase, now: datetime, bank_id: int | None = None) -> list[dict]:
    """接收, 首次对接 and 放款 that run beside it, of one bank or of all; those that are late stand first. The bank is
    named where there are several."""
    found = [clock for clock in case.clocks if clock.kind in INTERIM and bank_id in (None, clock.bound_id)]
    are_many = len({clock.bound_id for clock in found}) > 1
    return [
        {
            "label": clock.get_kind_display(),
            "bank": clock.bound.name if are_many else "",
            "chip": linked(clock, now),
        }
        for clock in sorted(found, key=lambda clock: clock.due_at)
    ]


def _who_acts(case: FinancingCase, stage: Stage, viewer: Viewer) -> str:
    if stage in (Stage.INTAKE, Stage.RETURNED):
        return _("走访单位")
    if stage in (Stage.WITH_BANK, Stage.APPROVED):
        at_work = [push.bank for push in case.pushes if _is_at_work(push)]
        named = [bank.name for bank in at_work if not viewer.is_other_bank(bank.pk)]
        return listed(named) or (_("银行") if at_work else "")
    return _("%(district)s工作专班") % {"district": case.district.name}


def _is_at_work(push: Recommendation) -> bool:
    return push.state in Recommendation.OPEN or any(d.outcome in GRANTED for d in push.in_force)


def branches(case: FinancingCase, viewer: Viewer) -> list[dict]:
    """One branch per bank that was asked, in order: a refusal leads on to the next."""
    return [_branch(push, viewer) for push in case.pushes]


def _branch(push: Recommendation, viewer: Viewer) -> dict:
    is_hidden = viewer.is_other_bank(push.bank_id)
    decision = next(iter(push.in_force), None) if push.state in ("decided", "confirming") else None
    branch = {
        "organisation": _("其他银行") if is_hidden else push.bank.name,
        "at": push.pushed_at,
        "state": "progress",
    }
    branch["label"] = str(push.get_state_display())
    if push.state == Recommendation.State.WITHDRAWN:
        return branch | {"state": "rest"}
    if decision is None:
        clock = push.deadline
        due = (
            _("%(due)s前答复") % {"due": words.shanghai(clock.due_at, "due")}
            if clock.stopped_at is None
            else ""
        )
        return branch | {"detail": due}
    outcome = Outcome(decision.outcome)
    if (
        viewer.eyes is Eyes.OWNER
        and outcome not in DECISIONS
        and push.state == Recommendation.State.CONFIRMING
    ):
        return (
            branch  # the bank's word on the owner is not the owner's to read before the panel has checked it
        )
    branch |= {"at": decision.recorded_at, "label": str(outcome.label)}
    if push.state == Recommendation.State.CONFIRMING:
        branch |= {"label": _("%(outcome)s(待专班确认)") % {"outcome": outcome.label}, "state": "soon"}
    else:
        branch["state"] = "done" if outcome in GRANTED else "late"
    if not is_hidden:
        branch |= _told(decision, outcome, viewer)
    return branch


def _told(decision, outcome: Outcome, viewer: Viewer) -> dict:
    """Who decided and what: amounts to whoever may know this bank's answer, a refusal in words meant for the reader."""
    told = {"by": decision.decided_by.name if viewer.eyes is not Eyes.OWNER else ""}
    if outcome in GRANTED:
        return told | {"detail": words.granted(decision)}
    if decision.reason is None:
        return told
    if viewer.eyes is Eyes.OWNER:
        return told | {"detail": decision.reason.owner_text}
    said = f"{decision.reason.code} {decision.reason.name}"
    return told | {"detail": f"{said}:{decision.reason_text}" if decision.reason_text else said}
