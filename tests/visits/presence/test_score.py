"""The score of presence, reason by reason, at its edges."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW
from visits.presence import rules
from visits.presence.rules import Facts, Fix, presence

HERE = (Decimal("31.18830"), Decimal("121.43650"))
M_NORTH = Decimal(1) / Decimal("111194.93")  # degrees of latitude in a metre on the sphere


def fix(north_m: float = 0, *, accuracy_m: int | None = 15, after_s: float = 0) -> Fix:
    return Fix(
        HERE[0] + Decimal(str(north_m)) * M_NORTH, HERE[1], accuracy_m, NOW + timedelta(seconds=after_s)
    )


BEST = Facts(
    mode="on_site", has_need=True, code="current", code_version=2, fix=fix(), place=HERE,
    lasted=timedelta(minutes=5), photos=1, clock_skew_s=3,
)  # fmt: skip


def codes(**changes) -> set[str]:
    return {reason.code for reason in presence(replace(BEST, **changes)).reasons}


def test_all_that_can_speak_for_a_visit_makes_a_hundred():
    found = presence(BEST)
    told = {reason.code: reason.points for reason in found.reasons}
    assert (found.score, found.state, told) == (
        100, "done",
        {"signed_in": 15, "code_current": 30, "place_near": 30, "duration_plausible": 10, "photo": 15},
    )  # fmt: skip


def test_a_visit_with_nothing_but_its_record_is_weak_and_says_what_is_lacking():
    found = presence(Facts(mode="on_site"))
    assert (found.score, found.state, [r.code for r in found.reasons]) == (
        15, "late", ["signed_in", "no_code", "no_place", "no_photo"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "words"), [("phone", "电话走访,没有到场可证"), ("online", "线上走访,没有到场可证")]
)
def test_by_telephone_or_online_there_is_no_presence_to_prove(mode, words):
    found = presence(replace(BEST, mode=mode))
    assert (found.score, found.state, [r.words for r in found.reasons]) == (None, "rest", [words])


def test_a_need_the_owner_declared_has_not_been_visited():
    found = rules.declared_by_owner()
    assert (found.score, found.reasons[0].words) == (None, "企业主自行申报,尚未走访")


EDGES = [
    # the doubt or the proof · facts just inside · facts just outside
    ("code_current", {"code": "current"}, {"code": "superseded"}),
    ("code_superseded", {"code": "superseded"}, {"code": "typed"}),
    ("code_typed", {"code": "typed"}, {"code": ""}),
    ("no_code", {"code": ""}, {"code": "typed"}),
    ("place_near", {"fix": fix(514, accuracy_m=15)}, {"fix": fix(516, accuracy_m=15)}),
    ("place_apart", {"fix": fix(516, accuracy_m=15)}, {"fix": fix(514, accuracy_m=15)}),
    ("place_far", {"fix": fix(2016, accuracy_m=15)}, {"fix": fix(2014, accuracy_m=15)}),
    ("place_far", {"fix": fix(2001, accuracy_m=None)}, {"fix": fix(1999, accuracy_m=None)}),
    ("place_unknown", {"place": None}, {"place": HERE}),
    ("no_place", {"fix": None}, {"fix": fix()}),
    ("accuracy_poor", {"fix": fix(accuracy_m=201)}, {"fix": fix(accuracy_m=200)}),
    ("accuracy_poor", {"fix": fix(accuracy_m=None)}, {"fix": fix(accuracy_m=0)}),
    ("duration_plausible", {"lasted": timedelta(seconds=60)}, {"lasted": timedelta(seconds=59)}),
    ("duration_short", {"lasted": timedelta(seconds=59.9)}, {"lasted": timedelta(seconds=60)}),
    ("duration_short", {"lasted": timedelta(0)}, {"lasted": timedelta(0), "has_need": False}),
    ("duration_plausible", {"has_need": False}, {"lasted": None}),
    ("photo", {"photos": 1}, {"photos": 0}),
    ("no_photo", {"photos": 0}, {"photos": 3}),
    ("photo_repeated", {"photo_repeats": ["11月3日"]}, {"photo_repeats": []}),
    ("clock_off", {"clock_skew_s": 601}, {"clock_skew_s": 600}),
    ("clock_off", {"clock_skew_s": -601}, {"clock_skew_s": -600}),
    ("clock_off", {"clock_skew_s": 259200}, {"clock_skew_s": None}),
    # 60.03 km less twice 15 m: 60 km in 30 minutes is 120 km/h, allowed to the second
    ("impossible_travel", {"others": [fix(60_040, after_s=1799)]}, {"others": [fix(60_030, after_s=1801)]}),
    ("impossible_travel", {"others": [fix(60_040, after_s=-1799)]}, {"others": [fix(60_030, after_s=-1801)]}),
    ("impossible_travel", {"others": [fix(2_040)]}, {"others": [fix(1_029)]}),  # the same second: under 1 km tells nothing
    ("impossible_travel", {"others": [fix(5_000, accuracy_m=100)]}, {"others": [fix(5_000, accuracy_m=4500)]}),
    ("burst", {"visits_around": 5}, {"visits_around": 4}),
    ("uploaded_late", {"waited": timedelta(hours=24, seconds=1)}, {"waited": timedelta(hours=24)}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "inside", "outside"), EDGES, ids=[f"{n}-{edge[0]}" for n, edge in enumerate(EDGES)]
)
def test_each_reason_holds_up_to_its_edge_and_not_beyond(code, inside, outside):
    assert (code in codes(**inside), code in codes(**outside)) == (True, False)


def test_every_reason_of_the_table_is_told_by_some_facts_and_none_else():
    told = set().union(*(codes(**facts) for _, *pair in EDGES for facts in pair))
    assert told == set(rules.WEIGHTS)


def test_doubts_stand_first_and_a_repeated_photo_does_not_count_as_a_photo():
    found = presence(replace(BEST, photo_repeats=["11月3日"], clock_skew_s=7200))
    assert [(r.code, r.points, r.state) for r in found.reasons][:3] == [
        ("photo_repeated", -40, "late"), ("clock_off", -10, "soon"), ("code_current", 30, "done"),
    ]  # fmt: skip
    assert ("photo" in {r.code for r in found.reasons}, found.score) == (False, 35)


facts = st.builds(
    Facts, mode=st.just("on_site"), has_need=st.booleans(), code=st.sampled_from(["", "typed", "superseded", "current"]),
    code_version=st.integers(1, 9), fix=st.none() | st.builds(fix, st.floats(-1e5, 1e5), accuracy_m=st.none() | st.integers(0, 9999)),
    place=st.none() | st.just(HERE), lasted=st.none() | st.timedeltas(timedelta(0), timedelta(days=2)),
    photos=st.integers(0, 3), photo_repeats=st.lists(st.just("11月3日"), max_size=2),
    clock_skew_s=st.none() | st.integers(-300_000, 300_000), visits_around=st.integers(1, 50),
    others=st.lists(st.builds(fix, st.floats(-1e6, 1e6), after_s=st.floats(-1e5, 1e5)), max_size=2),
    waited=st.timedeltas(timedelta(0), timedelta(days=30)),
)  # fmt: skip


@given(facts)
def test_the_score_is_the_sum_of_its_reasons_within_0_and_100(told):
    found = presence(told)
    assert found.score == max(0, min(100, sum(reason.points for reason in found.reasons)))
    assert all(reason.words and reason.points == rules.WEIGHTS[reason.code] for reason in found.reasons)


@given(facts)
def test_nothing_that_speaks_against_a_visit_ever_raises_its_score(told):
    clean = replace(
        told, clock_skew_s=None, others=(), visits_around=1, waited=timedelta(0), photo_repeats=()
    )
    assert presence(told).score <= presence(clean).score


hashes = st.integers(-(1 << 63), (1 << 63) - 1)


@given(hashes, st.sets(st.integers(0, 63), max_size=8))
def test_hashes_of_up_to_four_differing_bits_are_alike_and_share_a_part(one, flipped):
    other = rules.unsigned(one)
    for bit in flipped:
        other ^= 1 << bit
    telling = rules.is_telling(one) and rules.is_telling(other)
    assert rules.is_alike(one, other) == (telling and len(flipped) <= 4)
    if rules.is_alike(one, other):
        assert set(rules.parts_of(one)) & set(rules.parts_of(other))


@pytest.mark.parametrize(
    ("bits", "telling"), [(0, False), (0b111111, False), (0b1111111, True), ((1 << 64) - 1, False)]
)
def test_a_picture_of_nothing_is_like_no_other(bits, telling):
    assert (rules.is_telling(bits), bool(rules.parts_of(bits)), rules.is_alike(bits, bits)) == (telling,) * 3
