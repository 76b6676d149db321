"""What stands against a visit, as the officer reads it at the door. No query."""

from datetime import date

from django.utils.translation import gettext as _

from visits.protection.marks import Answer, Mark
from visits.protection.rules import ON_SITE, Facts, answer_to, cooling_off_until, lead_until, marks


def warning(facts: Facts) -> dict | None:
    """For `templates/visits/field/_protection.html`: {"lines": [{"mark", "text"}], "todo", "asks_reason", "answer"};
    None where nothing stands against it. "answer" is that of a visit in person."""
    found = marks(facts)
    if not found:
        return None
    answer = answer_to(found, facts.policy, mode=ON_SITE)
    return {
        "lines": [{"mark": mark, "text": sentence(mark, facts)} for mark in found],
        "answer": answer, "asks_reason": answer != Answer.MARK, "todo": TODO[answer](),
    }  # fmt: skip


def sentence(mark: Mark, facts: Facts) -> str:
    if mark == Mark.DO_NOT_DISTURB:
        return _("企业主要求勿扰,至%(day)s(含)。") % {"day": _day(facts.undisturbed_until)}
    if mark == Mark.COOLING_OFF:
        return _("%(bank)s%(on)s走访过,冷静期至%(until)s。") % {
            "bank": facts.visited_by, "on": _day(facts.visited_on), "until": _day(cooling_off_until(facts, facts.policy)),
        }  # fmt: skip
    bank, until = facts.lead.name, lead_until(facts, facts.policy)
    if until is None:
        return _("这家由%(bank)s主办(按清单和网格分配)。") % {"bank": bank}
    return _("这家由%(bank)s主办(%(since)s首访,保护至%(until)s)。") % {
        "bank": bank, "since": _day(facts.lead.since), "until": _day(until),
    }  # fmt: skip


def _day(day: date) -> str:
    return _("%(month)s月%(day)s日") % {"month": day.month, "day": day.day}


TODO = {
    Answer.MARK: lambda: _("可以登记;记录会带上标记,区级工作专班看得到。"),
    Answer.REASON: lambda: _("仍要走访,请写明理由;记录会带上标记,区级工作专班看得到。"),
    Answer.REFUSE: lambda: _("按本区规则不登记实地走访。确有必要,请用电话或线上联系,并写明理由。"),
}
