import json
from datetime import date, datetime, time

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import Refusal
from accounts.queries import districts_by_key
from lending.sla import queries, receipts
from lending.sla.calendar import ONE_DAY, SHANGHAI, Rule, Suspended, add
from lending.sla.kinds import DeadlineKind

LONGEST = {"days": 3660, "months": 120}
YEARS = range(1990, 2200)


class Command(BaseCommand):
    help = "When a deadline that starts on a day runs out, and how that comes about, as JSON. Writes nothing."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--from", dest="start", required=True, metavar="DATE", help="day of the push: 2026-11-20"
        )
        length = parser.add_mutually_exclusive_group()
        length.add_argument("--days", type=int, metavar="N")
        length.add_argument("--months", type=int, metavar="N")
        parser.add_argument("--working", action="store_true", help="count working days")
        parser.add_argument("--roll", action="store_true", help="a last day that is a rest day rolls forward")
        parser.add_argument(
            "--suspended",
            action="append",
            default=[],
            metavar="DATE:DAYS",
            help="that many days after DATE do not count; may be given several times",
        )
        parser.add_argument("--district", default="", metavar="CODE", help="for the policy in force there")
        parser.add_argument("--programme", default="", metavar="CODE", help="for the policy of that list")
        parser.add_argument("--kind", default=DeadlineKind.BANK_DECISION, choices=DeadlineKind.values)

    def handle(self, *, start: str, **options) -> None:
        day = _day(start)
        try:
            rule, policy = _rule(day, **{name: options[name] for name in _ASKED})
            calendar = queries.calendar(day)
            moment = datetime.combine(day, time(), SHANGHAI)
            computed = add(moment, rule, calendar, [_suspended(said) for said in options["suspended"]])
        except Refusal as refusal:
            raise CommandError(str(refusal.sentence)) from None
        occasion = receipts.OCCASION[DeadlineKind(options["kind"])]
        receipt = receipts.receipt(moment, rule, calendar, computed, policy=policy, occasion=occasion)
        answer = {key: receipt[key] for key in ("due_on", "due_at", "provisional")} | {"receipt": receipt}
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


_ASKED = ("days", "months", "working", "roll", "district", "programme", "kind")


def _day(said: str) -> date:
    try:
        day = datetime.fromisoformat(said)
    except ValueError:
        raise CommandError(f"--from is {said!r}; it must be a day such as 2026-11-20.") from None
    day = day.astimezone(SHANGHAI) if day.tzinfo else day
    if day.year not in YEARS:
        raise CommandError(f"--from is {said!r}; years from {YEARS[0]} to {YEARS[-1]} are known here.")
    return day.date()


def _suspended(said: str) -> Suspended:
    first, _colon, days = said.partition(":")
    if not days.isdecimal() or int(days) > LONGEST["days"]:
        raise CommandError(f"--suspended is {said!r}; it must be a day and a number such as 2026-11-25:3.")
    after = _day(first)
    return Suspended(after, after + ONE_DAY * int(days))


def _rule(day: date, *, days, months, working, roll, district, programme, kind) -> tuple[Rule, dict]:
    """The rule asked for, or the policy in force with whatever was asked for on top of it."""
    where = _district(district) if district else None
    unit = "months" if months is not None else "days"
    length = months if months is not None else days
    if length is not None:
        if not 1 <= length <= LONGEST[unit]:
            raise CommandError(f"--{unit} must be from 1 to {LONGEST[unit]}.")
        rule, told = Rule(length, unit, working, roll), {"id": None, "source": "as given"}
    else:
        policy = queries.policy_in_force(
            kind, day, district=where, programmes=[programme] if programme else []
        )
        asked = queries.rule_of(policy)
        rule = Rule(
            asked.length, asked.unit, asked.is_working_days or working, asked.is_rolled_forward or roll
        )
        told = {"id": policy.pk, "source": policy.source}
    if rule.unit == "months" and rule.is_working_days:
        raise CommandError("Months are calendar months: --working goes with days.")
    return rule, told


def _district(said: str):
    found = districts_by_key().get(said)
    if found is None:
        raise CommandError(f"--district {said!r} is not a district; give a code such as 310104.")
    return found
