"""Two members of the team at the same moment, over two real connections."""

import threading

import pytest
from django.db import connections

from lending.models import DistrictReview, Event, Finding
from tests.factories import NOW
from tests.lending import story
from tests.lending.story import five


@pytest.mark.django_db(transaction=True)
def test_one_wins_and_nothing_of_the_other_stays(cast):
    from accounts.errors import Refusal
    from lending.district_review.services import review

    case = story.looked_up(cast)
    start, said = threading.Barrier(2), []

    def judge(who, outcome):
        start.wait()
        try:
            review(case=story.fresh(case), by=who, now=NOW, outcome=outcome, criteria=five(), reason=outcome)
            said.append((outcome, 201))
        except Refusal as refusal:
            said.append((outcome, refusal.status))
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=judge, args=pair)
        for pair in ((cast.panel, "recommend"), (cast.panel2, "not_recommended"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(status for _, status in said) == [201, 409]
    (winner,) = [outcome for outcome, status in said if status == 201]
    assert list(DistrictReview.objects.values_list("outcome", "reason")) == [(winner, winner)]
    assert Finding.objects.count() == 5
    assert story.fresh(case).stage == {"recommend": "recommended"}.get(winner, winner)
    assert Event.objects.filter(case=case, kind__in=("recommended", "not_recommended")).count() == 1
