"""Who gets a letter: people by role at the organisation concerned, who stands in for them, and the organisation's own
mailbox; and from when on it may leave."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.language import in_chinese
from accounts.models import Organisation, User
from accounts.roles import Role
from lending.sla import hours, queries
from lending.sla.calendar import Calendar, day_of
from lending.sla.hours import Hours
from lending.sla.kinds import Step
from lending.sla.ladder import ABOVE, Audience
from lending.sla.models import Deadline

ROLE = {
    Audience.OFFICER: Role.FIELD_OFFICER,
    Audience.REVIEWERS: Role.BANK_REVIEWER,
    Audience.COORDINATORS: Role.BANK_COORDINATOR,
    Audience.PANEL: Role.PANEL,
    Audience.CITY: Role.CITY,
}
# What a person may do without. That a clock has run out, or is about to, is nobody's to unsubscribe from.
MUTABLE = (Step.ASSIGNED, Step.DUE_SOON, Step.NAG)


class Facts(NamedTuple):
    """What the sweep needs to know of one clock."""

    pk: int
    kind: str
    policy: int
    state: str
    due_at: datetime
    steps_done: int
    bound: int
    district: int
    city: int | None
    officer: int | None  # None: the owner declared the need alone
    branch: int | None  # which branch of the bank has the case; None: head office


FACTS = (
    "pk", "kind", "policy_id", "state", "due_at", "steps_done", "bound_id", "case__district_id",
    "case__district__parent_id", "case__origin_visit__officer_id", "branch_id",
)  # fmt: skip


class Addressee(NamedTuple):
    """`why` is kept in Chinese; `why_code` (a key of `in_words`) lets the mail say it in the reader's language."""

    email: str
    user: int | None
    organisation: int
    why: str
    why_code: str
    instead_of: int | None = None


class Place(NamedTuple):
    pk: int
    name: str
    email: str
    hours: Hours


class Person(NamedTuple):
    pk: int
    name: str
    email: str
    role: str
    place: int | None
    is_active: bool
    away_from: date | None
    away_until: date | None
    substitute: int | None
    muted: list[str]

    def is_away(self, on: date) -> bool:
        return self.away_from is not None and self.away_from <= on <= self.away_until


PERSON = (
    "pk", "name", "email", "role", "organisation", "is_active", "away_from", "away_until", "substitute", "muted_steps",
)  # fmt: skip
Found = dict[str, Addressee | None]  # by address; None: can be reached, and does not want this letter


def in_words(code: str, *, place: str, role: str, absent: str = "") -> str:
    """Why somebody gets a letter, in the language that is on. `absent` is whom they stand in for."""
    base, _dot, above = code.partition(".")
    facts = {"place": place, "role": role, "absent": absent}
    if base == "officer":
        said = _("您代走访该企业的%(absent)s收件") if absent else _("您是走访该企业的人员")
    elif base == "mailbox":
        said = _("这是%(place)s登记的通知邮箱")
    else:
        said = _("您是%(place)s的%(role)s,并代%(absent)s收件") if absent else _("您是%(place)s的%(role)s")
    return (said % facts) + (_("(应收件的下级没有可用邮箱)") if above else "")


def facts_of(pks: Iterable[int]) -> list[Facts]:
    rows = Deadline.objects.filter(pk__in=pks).order_by("due_at", "pk").values_list(*FACTS)
    return [Facts(*row) for row in rows]


class Directory:
    """Everybody who may get a letter about these clocks at `now`, read with the same few queries however many clocks
    there are."""

    def __init__(self, clocks: Iterable[Facts], *, now: datetime) -> None:
        clocks = list(clocks)
        self._now = now
        places = {place for c in clocks for place in (c.bound, c.district, c.city, c.branch) if place}
        officers = {c.officer for c in clocks if c.officer}
        self._places = _places(places, officers)
        self._people = _people(places, officers, day_of(now))
        self._at: dict[tuple[str, int], list[Person]] = {}
        for person in self._people.values():
            if person.is_active and person.email:
                self._at.setdefault((person.role, person.place), []).append(person)
        self._found: dict[tuple, list[Addressee] | None] = {}
        self._openings: dict[int | None, datetime] = {}

    def addressees(self, clock: Facts, audiences: tuple[Audience, ...], step: Step) -> list[Addressee] | None:
        """Each address once. Where an audience has nobody, the level above it gets the letter instead; None where
        nobody up to the city has an address, while an empty list is a letter that nobody wants."""
        officer = clock.officer if Audience.OFFICER in audiences else None
        key = (audiences, step, clock.bound, clock.branch, clock.district, clock.city, officer)
        if key not in self._found:
            self._found[key] = self._look_up(clock, audiences, step)
        return self._found[key]

    def send_after(self, organisation: int, due_at: datetime) -> datetime:
        """From when on a letter about that due time may leave for a place: never held up to a moment still to come."""
        opening = self._opening(organisation)
        if opening < due_at or due_at <= self._now:
            return opening
        return hours.before(due_at, self._now, self._hours(organisation))

    def _look_up(self, clock: Facts, audiences: tuple[Audience, ...], step: Step) -> list[Addressee] | None:
        found: Found = {}
        for audience in audiences:
            for address, addressee in self._reach(clock, audience, step):
                known = found.setdefault(address, addressee)
                if known and addressee and addressee.instead_of and not known.instead_of:
                    found[address] = addressee  # gets it anyway, and stands in
        return [addressee for addressee in found.values() if addressee] if found else None

    def _reach(
        self, clock: Facts, audience: Audience | None, step: Step
    ) -> list[tuple[str, Addressee | None]]:
        asked = audience
        while audience:
            is_first = audience == asked or (asked == Audience.OFFICER and clock.officer is None)
            if found := list(self._of(clock, audience, step, "" if is_first else ".above")):
                return found
            audience = ABOVE.get(audience)
        return []

    def _of(
        self, clock: Facts, audience: Audience, step: Step, above: str
    ) -> Iterator[tuple[str, Addressee | None]]:
        if audience == Audience.OFFICER:
            if officer := self._people.get(clock.officer):
                yield from self._letter_to(officer, step, "officer", officer.place or clock.bound)
            return
        for place in self._where(clock, audience):
            found = False
            for person in self._at.get((ROLE[audience], place), ()):
                found = True
                yield from self._letter_to(person, step, "role" + above, place)
            if mailbox := self._places[place].email:
                found = True
                yield mailbox.lower(), self._addressee(mailbox, None, place, "mailbox" + above)
            if found:  # a branch with people of its own needs no one at head office
                return

    def _where(self, clock: Facts, audience: Audience) -> list[int]:
        if audience == Audience.REVIEWERS:
            return [clock.branch, clock.bound] if clock.branch else [clock.bound]
        if audience == Audience.COORDINATORS:
            return [clock.bound]
        if audience == Audience.PANEL:
            return [clock.district]
        return [clock.city] if clock.city else []

    def _letter_to(
        self, person: Person, step: Step, code: str, place: int
    ) -> Iterator[tuple[str, Addressee | None]]:
        """One letter at most: to the person, to whoever stands in, or to nobody because it is not wanted."""
        if step in MUTABLE and step in person.muted and person.is_active and person.email:
            yield person.email.lower(), None
        elif reader := self._reader(person, step, code):
            absent = None if reader is person else person
            yield reader.email.lower(), self._addressee(reader.email, reader, place, code, absent)

    def _reader(self, person: Person, step: Step, code: str) -> Person | None:
        """The person where they are there; else the first who may stand in, is there, and is of the same role at the
        same organisation; at last the person, if there is an address."""
        day = day_of(self._opening(person.place))
        if person.is_active and person.email and not person.is_away(day):
            return person
        for one in self._stand_ins(person, day, code):
            is_same = (one.role, one.place) == (person.role, person.place)
            is_there = one.is_active and one.email and not one.is_away(day)
            if is_same and is_there and not (step in MUTABLE and step in one.muted):
                return one
        return person if person.is_active and person.email else None

    def _stand_ins(self, person: Person, day: date, code: str) -> Iterator[Person]:
        """The chain of substitutes. Of who visited, only the one they named, on the days they named: nobody else may
        open the case (`lending.access.visits_answered_for`)."""
        seen, one = {person.pk}, self._people.get(person.substitute)
        if code == "officer":
            if one and person.is_away(day):
                yield one
            return
        while one and one.pk not in seen:
            seen.add(one.pk)
            yield one
            one = self._people.get(one.substitute)

    def _addressee(
        self, email: str, reader: Person | None, place: int, code: str, absent: Person | None = None
    ) -> Addressee:
        with in_chinese():
            role = str(Role(reader.role).label) if reader else ""
            name = self._places[place].name if place in self._places else ""
            why = in_words(code, place=name, role=role, absent=absent.name if absent else "")
        return Addressee(
            email, reader.pk if reader else None, place, why[:200], code, absent.pk if absent else None
        )

    def _hours(self, place: int | None) -> Hours:
        known = self._places.get(place)
        return known.hours if known else Hours(settings.ALERT_FROM_HOUR, settings.ALERT_UNTIL_HOUR)

    def _opening(self, place: int | None) -> datetime:
        if place not in self._openings:
            self._openings[place] = hours.opening(self._now, self._hours(place), self._calendar.is_workday)
        return self._openings[place]

    @cached_property
    def _calendar(self) -> Calendar:
        """Asked for only where some place minds rest days."""
        if all(place.hours.on_rest_days for place in self._places.values()):
            return Calendar()
        return queries.calendar(day_of(self._now))


def _places(pks: set[int], officers: set[int]) -> dict[int, Place]:
    of_officers = User.objects.filter(pk__in=officers).values("organisation")
    rows = Organisation.objects.filter(Q(pk__in=pks) | Q(pk__in=of_officers)).values_list(
        "pk", "name", "email", "letters_from_hour", "letters_until_hour", "is_written_to_on_rest_days"
    )
    site = settings.ALERT_FROM_HOUR, settings.ALERT_UNTIL_HOUR
    return {
        pk: Place(pk, name, email, Hours(*(site if first is None else (first, until)), on_rest_days))
        for pk, name, email, first, until, on_rest_days in rows
    }


def _people(places: set[int], officers: set[int], today: date) -> dict[int, Person]:
    """The people at those places who may get letters, the officers, and where one of these is not to be reached, their
    colleagues; who has left is kept for whom they named."""
    named = Q(is_active=True) | Q(substitute__isnull=False)
    concerned = (
        Q(organisation__in=places) | Q(pk__in=officers) | Q(organisation__in=_without(officers, today))
    )
    rows = User.objects.filter(concerned, named, role__in=ROLE.values()).order_by("pk").values_list(*PERSON)
    return {row[0]: Person(*row) for row in rows}


def _without(officers: set[int], today: date) -> QuerySet:
    """Organisations of officers who are away, or soon enough to matter."""
    return User.objects.filter(away_until__gte=today, pk__in=officers).values("organisation")
