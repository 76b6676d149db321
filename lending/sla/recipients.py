"""Who gets a letter: people by role at the organisation concerned, and the organisation's own mailbox."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from accounts.language import in_chinese
from accounts.models import Organisation, User
from accounts.roles import Role
from lending.sla.ladder import ABOVE, Audience
from lending.sla.models import Deadline

ROLE = {
    Audience.OFFICER: Role.FIELD_OFFICER,
    Audience.REVIEWERS: Role.BANK_REVIEWER,
    Audience.COORDINATORS: Role.BANK_COORDINATOR,
    Audience.PANEL: Role.PANEL,
    Audience.CITY: Role.CITY,
}


class Facts(NamedTuple):
    """What the sweep needs to know of one clock."""

    pk: int
    kind: str
    state: str
    due_at: datetime
    steps_done: int
    bound: int
    district: int
    city: int | None
    officer: int | None  # None: the owner declared the need alone
    branch: int | None  # which branch of the bank has the case; None: head office


# The recommendation that a clock belongs to is reached through the reverse relation, by name: this package lies below
# `recommendation_list` and must not import it.
FACTS = (
    "pk", "kind", "state", "due_at", "steps_done", "bound_id", "case__district_id", "case__district__parent_id",
    "case__origin_visit__officer_id", "recommendation__branch_id",
)  # fmt: skip


class Addressee(NamedTuple):
    email: str
    user: int | None
    organisation: int
    why: str


def facts_of(pks: Iterable[int]) -> list[Facts]:
    rows = Deadline.objects.filter(pk__in=pks).order_by("due_at", "pk").values_list(*FACTS)
    return [Facts(*row) for row in rows]


class Directory:
    """Everybody who may get a letter about these clocks, read with two queries however many clocks there are."""

    def __init__(self, clocks: Iterable[Facts]) -> None:
        clocks = list(clocks)
        places = {place for c in clocks for place in (c.bound, c.district, c.city, c.branch) if place}
        self._places = {
            pk: (name, email)
            for pk, name, email in Organisation.objects.filter(pk__in=places).values_list(
                "pk", "name", "email"
            )
        }
        self._found: dict[tuple, list[Addressee]] = {}
        self._people: dict[tuple[str, int], list[tuple[int, str]]] = {}
        self._officers: dict[int, tuple[str, int]] = {}
        reachable = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
        concerned = Q(organisation__in=places) | Q(pk__in={c.officer for c in clocks})
        for pk, email, role, place in reachable.filter(concerned).values_list(
            "pk", "email", "role", "organisation"
        ):
            self._people.setdefault((role, place), []).append((pk, email))
            self._officers[pk] = (email, place)

    def addressees(self, clock: Facts, audiences: tuple[Audience, ...]) -> list[Addressee]:
        """Each address once. Where an audience has nobody, the level above it gets the letter instead."""
        officer = clock.officer if Audience.OFFICER in audiences else None
        key = (audiences, clock.bound, clock.branch, clock.district, clock.city, officer)
        if key not in self._found:
            self._found[key] = self._look_up(clock, audiences)
        return self._found[key]

    def _look_up(self, clock: Facts, audiences: tuple[Audience, ...]) -> list[Addressee]:
        found: dict[str, Addressee] = {}
        for audience in audiences:
            for addressee in self._reach(clock, audience):
                found.setdefault(addressee.email.lower(), addressee)
        return list(found.values())

    def _reach(self, clock: Facts, audience: Audience | None) -> list[Addressee]:
        asked = audience
        while audience:
            if found := list(self._of(clock, audience)):
                is_first = audience == asked or (asked == Audience.OFFICER and clock.officer is None)
                suffix = "" if is_first else "(应收件的下级没有可用邮箱)"
                return [a._replace(why=(a.why + suffix)[:200]) for a in found]
            audience = ABOVE.get(audience)
        return []

    def _of(self, clock: Facts, audience: Audience) -> Iterator[Addressee]:
        if audience == Audience.OFFICER:
            if clock.officer in self._officers:
                email, place = self._officers[clock.officer]
                yield Addressee(email, clock.officer, place or clock.bound, "您是走访该企业的人员")
            return
        for place in self._where(clock, audience):
            found = list(self._at(place, ROLE[audience]))
            yield from found
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

    def _at(self, place: int, role: Role) -> Iterator[Addressee]:
        name, mailbox = self._places[place]
        with in_chinese():
            title = str(role.label)
        for pk, email in self._people.get((role, place), ()):
            yield Addressee(email, pk, place, f"您是{name}的{title}")
        if mailbox:
            yield Addressee(mailbox, None, place, f"这是{name}登记的通知邮箱")
