"""Taking in a filled-in feedback sheet: row by row, each through the same form and the same service as the page."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.access import require, visible_to
from accounts.errors import Refusal
from accounts.models import User
from accounts.roles import Do
from accounts.templatetags.doorstep import shanghai
from lending.bank_decision import queries, rules, services
from lending.bank_decision.feedback_sheet import COLUMNS, KEY, Line, write
from lending.bank_decision.forms import GUARANTEES, DecisionForm, reasons
from lending.bank_decision.models import BankDecision
from lending.bank_decision.outcomes import Outcome
from lending.errors import AlreadyDecided
from lending.models import Recommendation

YES = ("是", "√", "Y", "y", "1", "TRUE", "True")
HEADINGS = {field: heading for heading, field, _width in COLUMNS if field}


@dataclass(frozen=True)
class Taken:
    """What became of a row. `state` is done, rest (nothing to do, it stands already) or late (refused)."""

    number: int
    name: str
    state: str
    sentence: str


def sheet_of(user: User) -> bytes:
    """The bank's unanswered work, most urgent first, ready to be filled in."""
    rows = visible_to(user, Recommendation).filter(state__in=("pushed", "received", "contacted"))
    rows = queries.with_all_that_a_row_shows(rows).order_by("deadline__due_at", "pk")
    blank = [None] * (len(COLUMNS) - 6)
    lines = [
        [row.pk, row.case.number, row.case.business.name, row.case.business.credit_code, _wan(row),
         shanghai(row.deadline.due_at, "due"), *blank]
        for row in rows[:1000]
    ]  # fmt: skip
    grouped = [text for _label, group in reasons()[1:] for _code, text in group]
    guarantees = [str(label) for _code, label in GUARANTEES]
    yes = ["是", "否"]
    choices = {
        "决定": [str(one.label) for one in Outcome], "担保方式": guarantees, "首贷户": yes, "无还本续贷": yes,
        "未授信原因": grouped,
    }  # fmt: skip
    return write(lines, choices)


def take(*, lines: list[Line], by: User, now: datetime) -> list[Taken]:
    """Every row in its own transaction, so a refused one stops none; sending the sheet again changes nothing."""
    require(by, Do.DECIDE)
    keys = {line.key for line in lines if line.key is not None}
    rows = {
        row.pk: row
        for row in visible_to(by, Recommendation).filter(pk__in=keys).select_related("case__business")
    }
    return [_take(line, rows.get(line.key), by=by, now=now) for line in lines]


def _take(line: Line, row: Recommendation | None, *, by: User, now: datetime) -> Taken:
    if row is None:
        return Taken(line.number, line.said[KEY][:40], "late", _("没有这个推荐号,或不属于贵行。"))
    name, form = row.case.business.name, DecisionForm(as_typed(line.said, rules.day_of(now)))
    if not form.is_valid():
        return Taken(
            line.number, name, "late", in_words({field: errors[0] for field, errors in form.errors.items()})
        )
    answer = form.answer()
    try:
        services.decide(recommendation=row, answer=answer, by=by, now=now)
    except AlreadyDecided as refusal:
        if is_same(queries.current_decision(row), answer):
            return Taken(line.number, name, "rest", _("此前已登记相同的决定。"))
        return Taken(line.number, name, "late", str(refusal.sentence))
    except Refusal as refusal:
        return Taken(line.number, name, "late", in_words(refusal.fields) or str(refusal.sentence))
    doubts = rules.unusual(answer, queries.requested_yuan(row))
    said = _("已登记:%(outcome)s。") % {"outcome": Outcome(answer.outcome).label}
    return Taken(line.number, name, "done", said + in_words(doubts))


def as_typed(said: dict[str, str], today: date) -> dict[str, str]:
    """The sheet's words as the form's values: labels become codes, 是 a tick, "R03 欠税 → …" its code, no day today."""
    outcomes = {str(one.label): one.value for one in Outcome}
    guarantees = {str(label): code for code, label in GUARANTEES}
    typed = dict(said)
    typed["outcome"] = outcomes.get(said["outcome"], said["outcome"])
    typed["guarantee"] = guarantees.get(said.get("guarantee", ""), said.get("guarantee", ""))
    typed["reason_code"] = said.get("reason_code", "").split(" ")[0]
    typed["decided_on"] = (
        (said.get("decided_on") or today.isoformat())[:10].replace("/", "-").replace(".", "-")
    )
    for tick in ("is_first_loan", "is_no_repay_renewal"):
        typed[tick] = "on" if said.get(tick) in YES else ""
    return typed


def in_words(fields: dict[str, str]) -> str:
    names = {"credit_line_yuan": "credit_line_wan"}
    told = ((HEADINGS.get(names.get(field, field), ""), sentence) for field, sentence in fields.items())
    return "".join(f"{heading}:{sentence}" if heading else str(sentence) for heading, sentence in told)


def is_same(decision: BankDecision | None, answer: rules.Answer) -> bool:
    """Whether the decision that stands says what the row says."""
    if decision is None:
        return False
    reason = decision.reason.code if decision.reason else ""
    stands = (decision.outcome, decision.credit_line_yuan, decision.annual_rate_pct, decision.term_months,
              decision.guarantee, reason, decision.decided_on)  # fmt: skip
    said = (answer.outcome, answer.credit_line_yuan, answer.annual_rate_pct, answer.term_months, answer.guarantee,
            answer.reason_code, answer.decided_on)  # fmt: skip
    return stands == said


def _wan(row: Recommendation) -> float | None:
    asked = queries.requested_yuan(row)
    return None if asked is None else float(asked / 10_000)
