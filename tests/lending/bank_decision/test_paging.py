"""The inbox by pages: due moments are midnights, so a whole page, and more than one, may share one."""

from datetime import timedelta

import pytest

from lending.bank_decision.api import InboxPage
from lending.models import Deadline, Recommendation
from tests.factories import NOW
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
URL = "/api/v1/recommendations/"


def walked(client, query: str, most: int = 30) -> tuple[list[int], list[str]]:
    """Ids in the order of the pages, and the link back from each page."""
    ids, backs, link = [], [], f"{URL}?{query}"
    for _turn in range(most):
        page = client.get(link).json()
        ids += [row["id"] for row in page["results"]]
        backs.append(page["previous"])
        link = page["next"]
        if link is None:
            return ids, backs
    return ids, backs


@pytest.fixture
def eleven(cast, monkeypatch):
    """Two due on one day, seven on the next, two after that; pages of two and an offset cut off at three."""
    monkeypatch.setattr(InboxPage, "offset_cutoff", 3)
    made = [stage.push(cast).pk for _turn in range(11)]
    for pks, day in ((made[9:], 1), (made[:7], 2), (made[7:9], 3)):
        Deadline.objects.filter(recommendation__in=pks).update(due_at=NOW + timedelta(days=day))
    return made[9:] + made[:7] + made[7:9]


def test_more_equal_moments_than_the_offset_reaches_are_walked_to_the_end(cast, api, eleven):
    assert walked(api(cast.bank), "page_size=2")[0] == eleven


def test_the_way_back_is_the_way_there(cast, api, eleven):
    client, (_ids, backs) = api(cast.bank), walked(api(cast.bank), "page_size=2")
    found, link = [], backs[-1]
    while link:
        page = client.get(link).json()
        found = [row["id"] for row in page["results"]] + found
        link = page["previous"]
    assert (backs[0], found) == (None, eleven[:10])


def test_rows_that_arrive_meanwhile_shift_nothing(cast, api, eleven):
    client = api(cast.bank)
    first = client.get(f"{URL}?page_size=4").json()
    late = stage.push(cast)
    Deadline.objects.filter(recommendation=late).update(due_at=NOW + timedelta(hours=1))
    second = client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == eleven[4:8]
    assert client.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize(
    "position", ["x", "2026-11-20", "2026-11-20T00:00:00+00:00_x", "_1", "2026_1_1", "\0", "9" * 99]
)
def test_an_invented_position_is_refused(cast, api, eleven, position):
    from base64 import b64encode
    from urllib.parse import urlencode

    cursor = b64encode(urlencode({"p": position}).encode()).decode()
    answer = api(cast.bank).get(URL, {"cursor": cursor})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["cursor"])


def test_every_item_has_a_moment_to_be_sorted_by():
    assert Recommendation._meta.get_field("deadline").null is False
