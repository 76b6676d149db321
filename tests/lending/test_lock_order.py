"""Different deeds on one district at the same moment line up instead of deadlocking."""

import threading

import pytest
from django.db import OperationalError, connection

from lending.district_review.services import review
from lending.errors import WrongStage
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


def test_a_late_verdict_and_the_list_with_the_same_cases_never_deadlock(cast):
    """Both sides want the case and the district; whoever comes second is refused in words, not killed."""
    for _ in range(6):
        ready = [story.recommended(cast) for _ in range(4)]
        items = [(case, cast.first_bank) for case in ready]
        answers = at_once(
            lambda items=items: issue_list(district=cast.xuhui, items=items, by=cast.panel, now=story.NOW),
            *(
                lambda case=case: review(
                    case=case, by=cast.panel2, now=story.NOW, outcome="return", criteria={}, reason="请补合同"
                )
                for case in ready
            ),
        )
        assert [answer for answer in answers if isinstance(answer, OperationalError)] == []
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert {type(answer) for answer in refused} == {WrongStage}
