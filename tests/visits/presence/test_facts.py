"""From what is stored to the score: which rows speak for or against a visit, in how many queries."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories as make
from tests.visits.presence import pictures
from visits.codes.services import issue_code, reissue
from visits.models import FinancingNeed, Visit
from visits.presence.queries import with_presence
from visits.presence.services import keep_photo

pytestmark = pytest.mark.django_db
NOW = make.NOW
HERE = {"lat": "31.1883", "lon": "121.4365", "accuracy_m": 15}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def visited(cast):
    """`visited(minutes, **facts)`: a visit of the officer so many minutes after 10:00."""

    def one(after: float = 0, *, of=None, by=None, need: bool = False, **facts) -> Visit:
        by = by or cast.officer
        at = NOW + after * MINUTE
        of = of or make.business(lat="31.18830", lon="121.43650")
        told = {"mode": "on_site", "outcome": "no_need", "started_at": at, "ended_at": at + 2 * MINUTE, "recorded_at": at + 2 * MINUTE,
                "district": cast.xuhui, "content_digest": "x"} | facts  # fmt: skip
        visit = Visit.objects.create(
            id=uuid.uuid4(), business=of, officer=by, organisation=by.organisation, **told
        )
        if need:
            FinancingNeed.objects.create(visit=visit, business=of, declared_at=at)
        return visit

    return one


def codes(visit: Visit) -> set[str]:
    (found,) = with_presence([visit])
    return {reason.code for reason in found.presence.reasons}


def photo(visit: Visit, sent: bytes, minutes: float = 5) -> None:
    keep_photo(
        visit_id=visit.pk, photo_id=uuid.uuid4(), sent=sent, by=visit.officer, now=NOW + minutes * MINUTE
    )


def test_a_visit_with_everything_scores_a_hundred(cast, visited):
    shop = make.business(lat="31.18830", lon="121.43650")
    code = issue_code(subject=shop, by=cast.panel, now=NOW - timedelta(days=1))
    visit = visited(of=shop, code=code, need=True, **HERE)
    photo(visit, pictures.jpeg(1))
    (found,) = with_presence([visit])
    assert (found.presence.score, [p.sha256 for p in found.photos_taken] != []) == (100, True)


def test_a_visit_by_telephone_has_no_score(visited):
    (found,) = with_presence([visited(mode="phone")])
    assert (found.presence.score, [r.code for r in found.presence.reasons]) == (None, ["not_on_site"])


@pytest.mark.parametrize(("ended_after", "code"), [(1, "code_superseded"), (3, "code_current")])
def test_a_code_replaced_before_the_visit_arrived_counts_less(cast, visited, ended_after, code):
    shop = make.business()
    old = issue_code(subject=shop, by=cast.panel, now=NOW - timedelta(days=1))
    visit = visited(of=shop, code=old)
    reissue(code=old, by=cast.panel, now=NOW + ended_after * MINUTE, reason="换发")
    assert code in codes(Visit.objects.get(pk=visit.pk))


def test_a_code_expired_since_is_current_for_a_visit_made_before(cast, visited):
    shop = make.business()
    code = issue_code(subject=shop, by=cast.panel, now=NOW - timedelta(days=1))
    visit = visited(of=shop, code=code)
    reissue(code=code, by=cast.panel, now=NOW + timedelta(days=30), reason="换发")
    assert "code_current" in codes(visit)


def test_a_code_typed_by_hand_is_told_from_one_scanned(cast, visited):
    shop = make.business()
    code = issue_code(subject=shop, by=cast.panel, now=NOW - timedelta(days=1))
    assert "code_typed" in codes(visited(of=shop, code=code, is_code_typed=True))


def test_without_an_end_a_form_lasted_until_it_arrived_and_an_outbox_says_nothing(visited):
    quick = {"ended_at": None, "recorded_at": NOW + timedelta(seconds=30), "need": True}
    assert "duration_short" in codes(visited(channel="form", **quick))
    assert not {"duration_short", "duration_plausible"} & codes(visited(channel="outbox", **quick))


FAR = {"lat": "31.6883", "lon": "121.4365", "accuracy_m": 15}  # 55 km north


@pytest.mark.parametrize("minutes", [-20, 20])
def test_two_places_too_far_apart_speak_against_both_visits(visited, minutes):
    one, other = visited(**HERE), visited(minutes, **FAR)
    assert ["impossible_travel" in codes(visit) for visit in (one, other)] == [True, True]


def test_only_standing_visits_with_a_position_of_the_same_officer_count_for_travel(cast, visited):
    one = visited(**HERE)
    visited(20, by=cast.officer2, **FAR)
    visited(20, **FAR, annulled_at=NOW, annulled_by=cast.officer, annulled_reason="错")
    visited(25)
    assert "impossible_travel" not in codes(one)
    visited(27, **FAR)
    assert "impossible_travel" in codes(one)


def test_five_visits_within_minutes_are_a_burst_and_calls_are_not_counted(visited):
    one = visited()
    for minutes in (-5, -2, 3):
        visited(minutes)
    visited(1, mode="phone")
    visited(5.1)
    assert "burst" not in codes(one)
    visited(5)
    assert "burst" in codes(one)


def test_the_same_file_at_another_visit_before_speaks_against_the_later_one_only(cast, visited):
    one, other = visited(), visited(60, by=cast.officer2)
    photo(one, pictures.jpeg(1), 5)
    photo(other, pictures.jpeg(1), 65)
    assert [("photo_repeated" in codes(one), "photo" in codes(one)), "photo_repeated" in codes(other)] == [
        (False, True),
        True,
    ]
    (told,) = with_presence([other])
    assert told.presence.reasons[0].words == "照片与11月20日的另一次走访相同或几乎相同"


def test_the_same_picture_encoded_anew_and_smaller_is_recognised(visited):
    one, other = visited(), visited(60)
    photo(one, pictures.jpeg(1, size=(1600, 1200), quality=90), 5)
    photo(other, pictures.jpeg(1, size=(900, 675), quality=40), 65)
    assert "photo_repeated" in codes(other)


def test_other_pictures_and_a_second_photo_of_one_visit_are_no_repeat(visited):
    one, other = visited(), visited(60)
    photo(one, pictures.jpeg(1), 5)
    photo(one, pictures.jpeg(1, quality=40), 6)
    photo(other, pictures.jpeg(2), 65)
    assert ["photo_repeated" in codes(visit) for visit in (one, other)] == [False, False]


def test_dark_pictures_are_like_no_other_but_the_very_same_file_is(visited):
    one, other, third = visited(), visited(60), visited(120)
    photo(one, pictures.black(), 5)
    photo(other, pictures.black((640, 480)), 65)
    photo(third, pictures.black(), 125)
    assert ["photo_repeated" in codes(visit) for visit in (one, other, third)] == [False, False, True]


@pytest.mark.parametrize(
    ("waited", "late"), [(timedelta(hours=24), False), (timedelta(hours=24, seconds=1), True)]
)
def test_how_long_a_visit_waited_on_the_phone_counts_from_its_end(visited, waited, late):
    visit = visited(channel="outbox", recorded_at=NOW + 2 * MINUTE + waited)
    assert ("uploaded_late" in codes(visit)) == late


def test_one_visit_costs_as_many_queries_as_five_and_nothing_is_written(cast, visited):
    counts = []
    visited(-600, **HERE)  # a neighbour for the first, too
    for n in (1, 5):
        visits = [visited(60 * place + n, need=True, **HERE) for place in range(n)]
        for seed, visit in enumerate(visits):
            photo(visit, pictures.jpeg(seed), 60 * seed + 5)
        with CaptureQueriesContext(connection) as asked:
            with_presence(visits)
        counts.append([query["sql"].split()[0] for query in asked.captured_queries])
    assert counts == [["SELECT"] * 4] * 2


def test_no_visits_ask_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert with_presence([]) == []
