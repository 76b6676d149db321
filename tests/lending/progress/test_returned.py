"""What waits for the officer stands first on their page."""

import pytest

from lending.district_review.services import review
from tests.factories import NOW
from tests.lending import story

pytestmark = pytest.mark.django_db
PART = "/m/returned/"


def returned(cast, reason="租赁合同缺页,请补拍完整。"):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason=reason)
    return case


def test_a_returned_case_is_shown_with_what_is_missing_and_leads_to_the_case(cast, web):
    case = returned(cast)
    part = web(cast.officer).get(PART).content.decode()
    assert all(
        words in part for words in ("退回补正", "租赁合同缺页", case.number, f"/m/cases/{case.number}/")
    )


def test_a_visit_without_amount_or_consent_is_shown_with_what_is_missing(cast, web):
    story.visited(cast, consent=False)
    assert "还差:企业授权" in web(cast.officer).get(PART).content.decode()


def test_where_nothing_waits_the_part_is_empty(cast, web):
    story.looked_up(cast)
    assert web(cast.officer).get(PART).content.strip() == b""


def test_another_officer_s_returned_case_is_not_shown(cast, web):
    returned(cast)
    assert web(cast.officer2).get(PART).content.strip() == b""


def test_the_first_page_asks_for_it(cast, web):
    assert f'data-part="{PART}"' in web(cast.officer).get("/m/").content.decode()


@pytest.mark.parametrize("make", [returned, lambda cast: story.visited(cast, consent=False)])
def test_one_and_three_cases_cost_the_same_number_of_statements(cast, web, django_assert_num_queries, make):
    client = web(cast.officer)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make(cast)
        with django_assert_num_queries(9, exact=False) as asked:
            client.get(PART)
        counts.append(len(asked))
    assert counts[0] == counts[1]
