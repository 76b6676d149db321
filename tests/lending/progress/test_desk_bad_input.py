"""Posts of the case page with what no browser sends: a sentence, never a fault."""

import pytest

from lending.district_review.services import review
from tests.factories import NOW
from tests.lending import story

pytestmark = pytest.mark.django_db
DEEDS = ("resume", "reopen", "repair", "close", "report/1", "lookup", "review")
ODD = ("\0", "x\0y", "长" * 100_000, "<script>alert(1)</script>", "\ud7ff")


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("odd", ODD)
def test_no_text_is_a_fault(cast, web, deed, odd):
    case = story.looked_up(cast)
    fields = dict.fromkeys(
        ("reason", "plan", "department", "result", "mended", "confirmed", "outcome", "seen"), odd
    )
    answer = web(cast.panel).post(f"/district/cases/{case.number}/{deed}/", fields)
    assert answer.status_code in (302, 404, 422)
    assert story.fresh(case).stage == "under_review"


@pytest.mark.parametrize("odd", ["\0", "加\0租约"])
def test_a_nul_in_the_reason_of_a_resumption_is_left_out(cast, web, odd):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="缺租约")
    web(cast.panel).post(f"/district/cases/{case.number}/resume/", {"reason": odd})
    assert story.fresh(case).stage == ("under_review" if odd.strip("\0") else "returned")


def test_the_owner_s_link_is_handed_over_before_the_push_and_not_after(cast, web):
    before, after = story.looked_up(cast), story.pushed(cast).case
    pages = [web(cast.officer).get(f"/m/cases/{case.number}/").content.decode() for case in (before, after)]
    assert ["让企业主扫码" in page for page in pages] == [True, False]
    assert after.track_token not in pages[1]
