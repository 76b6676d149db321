"""The district's page of one case, as its template takes it."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.access import may
from accounts.models import User
from accounts.roles import Do
from lending.credit_lookup.queries import name_of_source
from lending.district_review import rules
from lending.district_review.forms import ReviewForm
from lending.models import DistrictReview, FinancingCase
from lending.progress import case_facts, pausing
from lending.progress.case_facts import CaseFacts
from lending.progress.ending import ENDED_FROM
from lending.progress.line import interim, line, running_clock
from lending.progress.timeline import timeline
from lending.progress.viewer import viewer_of
from lending.sla.chips import linked
from lending.stages import CLOSED, Stage

# which buttons the bar holds in which stage, the main one last
OUTCOMES_IN = {
    Stage.AUTHORISED: (rules.NOT_RECOMMENDED, rules.RETURN),
    Stage.UNDER_REVIEW: (rules.NOT_RECOMMENDED, rules.RETURN, rules.RECOMMEND),
    Stage.RETURNED: (rules.NOT_RECOMMENDED,),
    Stage.RECOMMENDED: (rules.RETURN,),
}

MISSING = {
    "need.amount_yuan": gettext_lazy("需求金额"), "need.purpose": gettext_lazy("贷款用途"),
    "consent": gettext_lazy("查询公共信用信息的授权"),
}  # fmt: skip


def page(case: FinancingCase, user: User, now: datetime, form: ReviewForm | None = None) -> dict:
    facts = case_facts.facts_of(case, user, now)
    viewer = viewer_of(user)
    outcomes = outcomes_open(facts, user)
    is_judging = rules.NOT_RECOMMENDED in outcomes
    decided = facts.reviews[0] if facts.reviews else None
    # what was judged is shown with what it was judged by
    receipts = facts.usable if is_judging or not decided else list(decided.lookups.all())
    criteria = case_facts.criteria_of(facts, receipts, now)
    form = form or fresh_form(facts, criteria)
    return clocks_of(case, now) | {
        "case": case,
        "facts": facts,
        "stage": Stage(case.stage),
        "is_closed": case.stage in CLOSED,
        "line": line(case, viewer, now),
        "events": [entry_row(entry) for entry in reversed(timeline(case, viewer))],
        "may_work": may(user, Do.REVIEW),
        "outcomes": outcomes,
        "form": form,
        "is_judging": is_judging,
        "criteria": cards(criteria, form) if is_judging else past_cards(criteria, decided),
        "decided": decided,
        "receipts": [receipt_row(receipt, facts, now) for receipt in facts.lookups],
        "pauses": pausing.of_case(case, user, now),
        "to_confirm": case_facts.waiting_for_a_word(case) if may(user, Do.CONFIRM_OUTCOME) else [],
        "may_look_up": may(user, Do.LOOK_UP_CREDIT) and facts.may_be_looked_up and not facts.is_unverified,
        "must_verify": may(user, Do.LOOK_UP_CREDIT) and facts.may_be_looked_up and facts.is_unverified,
        "may_resume": may(user, Do.REVIEW) and case.stage == Stage.RETURNED and not facts.is_own_visit,
        "may_reopen": may(user, Do.ISSUE_LIST) and case.stage == Stage.DECLINED,
        "may_repair": may(user, Do.REVIEW) and case.stage in (Stage.DECLINED, Stage.IN_REPAIR),
        "remedies": case_facts.remedies(case) if case.stage == Stage.DECLINED else [],
        "repair": case_facts.repair_under_way(case) if case.stage == Stage.IN_REPAIR else None,
        # after a refusal the same form stands beside the other two ways on
        "may_end": may(user, Do.REVIEW) and case.stage in ENDED_FROM - {Stage.DECLINED},
        "may_push": may(user, Do.ISSUE_LIST) and case.stage == Stage.RECOMMENDED,
        "has_answer": bool(facts.usable),
        "missing": [MISSING.get(name, name) for name in facts.missing],
    }


def clocks_of(case: FinancingCase, now: datetime) -> dict:
    return {"chip": linked(running_clock(case), now), "interim": interim(case, now)}


def outcomes_open(facts: CaseFacts, user: User) -> tuple[str, ...]:
    """What this person may conclude now; nobody judges a case they visited."""
    if not may(user, Do.REVIEW) or facts.is_own_visit:
        return ()
    open_now = OUTCOMES_IN.get(Stage(facts.case.stage), ())
    return open_now if facts.usable else tuple(outcome for outcome in open_now if outcome != rules.RECOMMEND)


def fresh_form(facts: CaseFacts, criteria: list[dict]) -> ReviewForm:
    """Notes drafted from the evidence, verdicts empty, the owner's first choice ticked where the owner named it."""
    wished = set(facts.case.need.preferred_banks)
    initial = {f"{criterion['code']}_note": criterion["draft"] for criterion in criteria}
    initial |= {
        "seen": facts.case.events_count,
        "banks": [b.code for b in facts.banks_named if b.code in wished],
    }
    return ReviewForm(initial=initial, banks=facts.banks_named)


def cards(criteria: list[dict], form: ReviewForm) -> list[dict]:
    """Cards to be judged, with what was typed or as the form starts."""
    for card in criteria:
        name = card["code"]
        wrong = [*form.errors.get(f"{name}_met", ()), *form.errors.get(f"{name}_note", ())]
        card |= {
            "met": {"yes": True, "no": False}.get(form[f"{name}_met"].value()),
            "note": form[f"{name}_note"].value() or "", "error": next(iter(wrong), ""), "is_readonly": False,
        }  # fmt: skip
    return criteria


def past_cards(criteria: list[dict], decided: DistrictReview | None) -> list[dict]:
    """Cards as the last review judged them."""
    findings = {finding.criterion: finding for finding in decided.findings.all()} if decided else {}
    for card in criteria:
        finding = findings.get(card["code"])
        card |= {
            "met": finding.is_met if finding else None, "note": finding.evidence if finding else "",
            "error": "", "is_readonly": True,
        }  # fmt: skip
    return criteria


def entry_row(entry) -> dict:
    return {
        "at": entry.at, "event": entry.name, "by": entry.by, "organisation": entry.organisation,
        "detail": entry.detail, "state": entry.state,
    }  # fmt: skip


def receipt_row(receipt, facts: CaseFacts, now: datetime) -> dict:
    """有记录, 无记录 and 未取到 are three different things, and look it."""
    looks = {
        "found": ("progress", "document"), "no_record": ("rest", "minus"), "not_fetched": ("soon", "offline"),
    }  # fmt: skip
    state, icon = looks[receipt.answer]
    return {
        "receipt": receipt, "source": name_of_source(receipt.source), "state": state, "icon": icon, "label": receipt.get_answer_display(),
        "is_used": receipt in facts.usable, "is_expired": receipt.expires_at is not None and receipt.expires_at <= now,
        "adverse": sum(1 for item in receipt.items if item["is_adverse"]),
    }  # fmt: skip


def case_url(case: FinancingCase) -> str:
    return reverse("district-case", args=[case.number])
