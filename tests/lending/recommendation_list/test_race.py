"""Two members issue at the same moment, over two real connections."""

import threading

import pytest
from django.db import connections

from accounts.errors import Refusal
from lending.models import Deadline, Recommendation, RecommendationList
from lending.recommendation_list.services import issue_list
from tests.factories import NOW
from tests.lending import story

pytestmark = pytest.mark.django_db(transaction=True)


def together(*deeds) -> list:
    """Run the deeds at the same moment; their answers or the codes of their refusals."""
    start, said = threading.Barrier(len(deeds)), []

    def run(deed):
        start.wait()
        try:
            said.append(deed())
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return said


def issuing(cast, who, *items):
    return lambda: issue_list(district=cast.xuhui, items=items, by=who, now=NOW).number


def test_the_same_case_is_pushed_once(cast):
    case = story.recommended(cast)
    item = (case, cast.first_bank)
    said = together(issuing(cast, cast.panel, item), issuing(cast, cast.panel2, item))
    assert sorted(said) == ["TJ-310104-20261120-01", "already_pushed"]
    assert (RecommendationList.objects.count(), Recommendation.objects.count()) == (1, 1)
    assert Deadline.objects.filter(kind="bank_decision").count() == 1


def test_two_lists_get_two_numbers(cast):
    first, second = story.recommended(cast), story.recommended(cast)
    said = together(
        issuing(cast, cast.panel, (first, cast.first_bank)),
        issuing(cast, cast.panel2, (second, cast.first_bank)),
    )
    assert sorted(said) == ["TJ-310104-20261120-01", "TJ-310104-20261120-02"]


def test_lists_that_name_the_same_cases_in_another_order_do_not_lock_each_other_out(cast):
    cases = [story.recommended(cast) for _ in range(4)]
    items = [(case, cast.first_bank) for case in cases]
    said = together(issuing(cast, cast.panel, *items), issuing(cast, cast.panel2, *reversed(items)))
    assert sorted(said) == ["TJ-310104-20261120-01", "already_pushed"]
    assert Recommendation.objects.count() == 4
