"""The officer's day without a database: what state each assigned business is in, which are shown and in what order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import cos, hypot, radians

UNREACHABLE, DEFERRED = "unreachable", "deferred"
METRES_PER_DEGREE = 111_195  # of a great circle, mean earth radius 6,371 km


class State(StrEnum):
    """Where one assigned business stands today; each is in exactly one."""

    WAITING = "waiting"  # nobody has been there
    AGAIN = "again"  # tried in vain on too few days, or put off
    RESTING = "resting"  # as AGAIN, and called on today: a second attempt on the same day counts for nothing
    GONE = "gone"  # tried on as many days as the policy asks: counts as unreachable
    DONE = "done"
    CLOSED = "closed"  # the register says so


OPEN = frozenset({State.WAITING, State.AGAIN, State.RESTING})  # not finished
LEFT_FOR_TODAY = OPEN - {State.RESTING}
NOT_COUNTED = frozenset({State.CLOSED})


@dataclass(frozen=True, slots=True)
class Assigned:
    """One business of an officer's lists and grids. `tried` days in vain of `needed`; `until` do not disturb."""

    pk: int
    grid: int
    lists: tuple[int, ...]
    state: State
    tried: int = 0
    needed: int = 3
    until: date | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `show` is a key of SHOWS."""

    show: str = "open"
    grid: int | None = None
    list: int | None = None
    near: tuple[float, float] | None = None  # latitude, longitude; then nearest first


# open + gone + done = the whole assignment of `progress`; again and peace are parts of open; closed firms count nowhere
SHOWS: dict[str, frozenset[State]] = {
    "open": OPEN, "again": frozenset({State.AGAIN, State.RESTING}), "peace": OPEN, "gone": frozenset({State.GONE}),
    "done": frozenset({State.DONE}), "closed": frozenset({State.CLOSED}),
}  # fmt: skip


def is_shown(show: str, state: State, is_left_in_peace: bool) -> bool:
    return state in SHOWS[show] and (is_left_in_peace or show != "peace")


@dataclass(frozen=True)
class Counts:
    """How many businesses each chip would show, the other chips staying as they are."""

    shows: Counter
    grids: Counter
    lists: Counter


def state_of(
    *, is_closed: bool, outcome: str | None, tried: int, needed: int, is_today: bool | None
) -> State:
    """By the last visit that stands, whoever made it."""
    if is_closed:
        return State.CLOSED
    if outcome is None:
        return State.WAITING
    if outcome == UNREACHABLE and tried >= max(needed, 1):
        return State.GONE
    if outcome in (UNREACHABLE, DEFERRED):
        return State.RESTING if is_today else State.AGAIN
    return State.DONE


def chosen(rows: Iterable[Assigned], asked: Asked) -> list[Assigned]:
    """What is shown, in the order of `rows` (oldest first) or the nearest first; who was called on today
    comes after them, and whoever asked for peace last."""
    found = [row for row in rows if _fits(row, asked)]
    if asked.near:
        found.sort(key=lambda row: distance_m(row, asked.near))
    return sorted(found, key=lambda row: (row.until is not None, row.state == State.RESTING))


def counts(rows: Iterable[Assigned], asked: Asked) -> Counts:
    """A business on two lists counts on each. Thousands of rows come in a few hundred kinds, and only those are asked."""
    shows, grids, lists = Counter(), Counter(), Counter()
    kinds = Counter((row.state, row.until is not None, row.grid, row.lists) for row in rows)
    for (state, in_peace, grid, on_lists), number in kinds.items():
        in_grid = asked.grid is None or grid == asked.grid
        in_list = asked.list is None or asked.list in on_lists
        if in_grid and in_list:
            shows.update({name: number for name in SHOWS if is_shown(name, state, in_peace)})
        if is_shown(asked.show, state, in_peace):
            grids[grid] += number * in_list
            lists.update(dict.fromkeys(on_lists, number * in_grid))
    return Counts(shows, grids, lists)


def progress(rows: Iterable[Assigned]) -> dict[str, int]:
    """The whole assignment: {"done": finished, "gone": of them unreachable, "total"}; closed firms are not counted."""
    states = Counter(row.state for row in rows)
    total = sum(number for state, number in states.items() if state not in NOT_COUNTED)
    return {"done": states[State.DONE] + states[State.GONE], "gone": states[State.GONE], "total": total}


def distance_m(row: Assigned, near: tuple[float, float]) -> float:
    """Metres as the crow flies, right to a percent within a city; infinite where the register has no position."""
    if row.lat is None or row.lon is None:
        return float("inf")
    lat, lon = near
    return METRES_PER_DEGREE * hypot(row.lat - lat, (row.lon - lon) * cos(radians((row.lat + lat) / 2)))


def _fits(row: Assigned, asked: Asked) -> bool:
    return (
        is_shown(asked.show, row.state, row.until is not None)
        and (asked.grid is None or row.grid == asked.grid)
        and (asked.list is None or asked.list in row.lists)
    )
