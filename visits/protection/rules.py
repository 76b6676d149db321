"""When a firm is left in peace, without a database. Days are calendar days in Shanghai; the day of a visit is not
counted, so a cooling-off of 30 days after 1 November holds through 1 December. A length of 0 turns a rule off."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from accounts.clock import day_of
from visits.protection.marks import Answer, Mark

ON_SITE = "on_site"
# outcomes of visits at which nobody was disturbed: they start neither a cooling-off nor a lead (`visits_protection` too)
NOBODY_MET = ("unreachable", "wrong_address")


@dataclass(frozen=True)
class Policy:
    """The rules in force on the day of a visit; as here, with every rule off, where none has come into force."""

    lead_window_days: int = 0
    cooling_off_days: int = 0
    unreachable_days: int = 1
    do_not_disturb_max_days: int = 0
    answer: str = Answer.MARK
    photo: str = "optional"
    location: str = "optional"


@dataclass(frozen=True)
class Lead:
    """The lead bank of a firm: `is_assigned`, or the first to have come within the window, on `since`."""

    bank_id: int
    name: str
    is_assigned: bool
    since: date | None = None


@dataclass(frozen=True)
class Facts:
    """What is known about one firm for one visitor on one day.

    `bank_id` is the visitor's bank, None where they come from no bank; `visited_on` the day another organisation
    last met somebody there, `visited_by` its name; `undisturbed_until` the last day of an owner's wish for peace."""

    day: date
    bank_id: int | None = None
    lead: Lead | None = None
    visited_on: date | None = None
    visited_by: str = ""
    undisturbed_until: date | None = None
    policy: Policy = Policy()


def marks(facts: Facts, policy: Policy | None = None) -> list[Mark]:
    """What stands against a visit on `facts.day`, the owner's own word first. Empty where nothing does.

    The owner's wish binds everybody, the lead bank too, and telephone calls as well. A bank's own follow-up is no
    second visit; whoever comes from no bank (a street office) is asked for no lead."""
    policy = policy or facts.policy
    found = []
    if facts.undisturbed_until and facts.day <= facts.undisturbed_until:
        found.append(Mark.DO_NOT_DISTURB)
    if (until := cooling_off_until(facts, policy)) and facts.day <= until:
        found.append(Mark.COOLING_OFF)
    if policy.lead_window_days and facts.bank_id and facts.lead and facts.lead.bank_id != facts.bank_id:
        found.append(Mark.NOT_LEAD_BANK)
    return found


def cooling_off_until(facts: Facts, policy: Policy) -> date | None:
    """The last day of the cooling-off after another organisation's visit; None where there is none."""
    if not policy.cooling_off_days or facts.visited_on is None:
        return None
    return facts.visited_on + timedelta(days=policy.cooling_off_days)


def lead_until(facts: Facts, policy: Policy) -> date | None:
    """The last day of a lead that came about by visiting first; an assigned one lasts as long as its assignment."""
    if facts.lead is None or facts.lead.since is None:
        return None
    return facts.lead.since + timedelta(days=policy.lead_window_days)


def answer_to(found: Iterable[Mark], policy: Policy, *, mode: str) -> Answer | None:
    """What the policy asks of a visit with these marks; None where it may be recorded as it is.

    Only a visit in person is refused: an owner whose case waits for a paper must be reached by telephone or online,
    so that a policy that refuses asks for the reason there."""
    if not list(found):
        return None
    asked = Answer(policy.answer)
    return Answer.REASON if asked == Answer.REFUSE and mode != ON_SITE else asked


def is_given_up(days_tried: int, policy: Policy) -> bool:
    """Whether a firm counts as unreachable: tried in vain on enough different days since it was last met."""
    return days_tried >= max(policy.unreachable_days, 1)


def facts_of(told: dict, *, day: date, bank_id: int | None) -> Facts:
    """From what `queries.with_protection` annotates: {"policy", "lead", "last", "until"}, each may be null."""
    lead, last = told["lead"], told["last"]
    return Facts(
        day=day, bank_id=bank_id, policy=policy_of(told["policy"]),
        lead=lead and Lead(lead["id"], lead["name"], lead["is_assigned"], _day(lead["at"])),
        visited_on=last and _day(last["at"]), visited_by=last["name"] if last else "",
        undisturbed_until=told["until"] and date.fromisoformat(told["until"]),
    )  # fmt: skip


def policy_of(told: dict | None) -> Policy:
    return Policy(**{field.name: told[field.name] for field in fields(Policy)}) if told else Policy()


def _day(moment: str | None) -> date | None:
    return None if moment is None else day_of(datetime.fromisoformat(moment))
