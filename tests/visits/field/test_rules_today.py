"""What state an assigned business is in, which are shown and in what order; no database."""

from datetime import date

import pytest

from visits.field.rules_today import Asked, Assigned, State, chosen, counts, distance_m, progress, state_of

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, State.WAITING),
        ({"outcome": "no_need", "is_today": False}, State.DONE),
        ({"outcome": "wrong_address", "is_today": False}, State.DONE),
        ({"outcome": "deferred", "is_today": False}, State.AGAIN),
        ({"outcome": "deferred", "is_today": True}, State.RESTING),
        ({"outcome": "unreachable", "is_today": False, "tried": 2}, State.AGAIN),
        ({"outcome": "unreachable", "is_today": True, "tried": 2}, State.RESTING),
        ({"outcome": "unreachable", "is_today": True, "tried": 3}, State.GONE),
        ({"outcome": "unreachable", "is_today": False, "tried": 1, "needed": 0}, State.GONE),
        ({"outcome": "no_need", "is_today": True, "is_closed": True}, State.CLOSED),
    ],
)
def test_where_a_business_stands(known, state):
    facts = {"is_closed": False, "outcome": None, "tried": 0, "needed": 3, "is_today": None}
    assert state_of(**(facts | known)) == state


def one(pk, state=State.WAITING, grid=1, lists=(1,), **facts) -> Assigned:
    return Assigned(pk, grid, lists, state, **facts)


ROWS = [
    one(1), one(2, grid=2), one(3, lists=(1, 2)), one(4, State.AGAIN, tried=2), one(5, State.RESTING), one(6, State.GONE),
    one(7, State.DONE), one(8, State.CLOSED), one(9, until=TODAY),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "pks"),
    [
        (Asked(), [1, 2, 3, 4, 5, 9]), (Asked("again"), [4, 5]), (Asked("peace"), [9]), (Asked("gone"), [6]),
        (Asked("done"), [7]), (Asked("closed"), [8]), (Asked(grid=2), [2]), (Asked(list=2), [3]), (Asked(grid=2, list=2), []),
    ],
)  # fmt: skip
def test_what_each_chip_shows(asked, pks):
    assert [row.pk for row in chosen(ROWS, asked)] == pks


def test_a_chip_says_how_many_it_would_show():
    counted = counts(ROWS, Asked(grid=1))
    for name in ("open", "again", "peace", "gone", "done", "closed"):
        assert counted.shows[name] == len(chosen(ROWS, Asked(name, grid=1))), name
    assert {pk: counted.grids[pk] for pk in (1, 2)} == {
        pk: len(chosen(ROWS, Asked(grid=pk))) for pk in (1, 2)
    }
    assert {pk: counted.lists[pk] for pk in (1, 2)} == {
        pk: len(chosen(ROWS, Asked(grid=1, list=pk))) for pk in (1, 2)
    }


def test_the_nearest_come_first_those_without_a_place_after_them_and_who_wants_peace_last():
    here = (31.2, 121.4)
    rows = [
        one(1), one(2, lat=31.21, lon=121.4), one(3, lat=31.2001, lon=121.4, until=TODAY), one(4, lat=31.201, lon=121.4), one(5),
    ]  # fmt: skip
    assert [row.pk for row in chosen(rows, Asked(near=here))] == [4, 2, 1, 5, 3]


@pytest.mark.parametrize(
    ("lat", "lon", "metres"),
    [(31.2, 121.4, 0), (31.21, 121.4, 1112), (31.2, 121.41, 951)],  # haversine: 1111.9 and 951.1
)
def test_distances_are_right_to_a_percent(lat, lon, metres):
    assert distance_m(one(1, lat=lat, lon=lon), (31.2, 121.4)) == pytest.approx(metres, rel=0.01, abs=1)


def test_the_whole_assignment_counts_what_is_finished_and_leaves_out_closed_firms():
    assert progress(ROWS) == {"done": 2, "gone": 1, "total": 8}


def test_the_chips_sum_up_to_the_whole():
    shows, whole = counts(ROWS, Asked()).shows, progress(ROWS)
    assert shows["open"] + shows["gone"] + shows["done"] == whole["total"]
    assert (shows["gone"] + shows["done"], shows["gone"]) == (whole["done"], whole["gone"])
