"""Different deeds on one district at the same moment line up instead of deadlocking."""

import threading

import pytest
from django.db import OperationalError, connection

from lending.district_review.services import review
from lending.recommendation_list.services import issue_list
from tests.lending import story

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds) -> list[object]:
    """Run the deeds in threads of their own connections; their answers or refusals, in order."""
    answers, start = [None] * len(deeds), threading.Barrier(len(deeds))

    def run(place: int, deed) -> None:
        start.wait()
        try:
            answers[place] = deed()
        except Exception as error:  # handed to the test
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_reviews_and_lists_of_one_district_never_deadlock(cast):
    for _ in range(8):
        ready = [story.recommended(cast) for _ in range(3)]
        waiting = [story.looked_up(cast) for _ in range(3)]
        answers = at_once(
            lambda ready=ready: issue_list(
                district=cast.xuhui,
                items=[(case, cast.first_bank) for case in ready],
                by=cast.panel,
                now=story.NOW,
            ),
            *(
                lambda case=case: review(
                    case=case, by=cast.panel, now=story.NOW, outcome="recommend", criteria=story.five()
                )
                for case in waiting
            ),
        )
        assert [type(answer) for answer in answers if isinstance(answer, OperationalError)] == []
        assert [answer for answer in answers if isinstance(answer, Exception)] == []
