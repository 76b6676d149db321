"""The case line: six dots, their states along the way, and what each pair of eyes finds under them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lending.bank_decision.rules import Answer
from lending.bank_decision.services import confirm_outcome, decide, disburse
from lending.district_review.services import review
from lending.models import FinancingCase, Recommendation
from lending.progress import queries
from lending.progress.line import line
from lending.progress.viewer import OWNER, PANEL, viewer_of
from lending.progress.withdrawing import withdraw_case
from tests.factories import NOW
from tests.lending import story

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
D, C, W, R = "done", "current", "waiting", "refused"


def seen(case, user=None, viewer=None, now=NOW) -> list[dict]:
    viewer = viewer or (viewer_of(user) if user else PANEL)
    cases = (
        queries.cases_seen_by(user) if user else FinancingCase.objects.select_related("business", "district")
    )
    if user is None:
        from django.db.models import F

        cases = cases.annotate(seen_stage=F("stage"))
    return line(queries.with_story(cases, viewer).get(pk=case.pk), viewer, now)


def states(case, **how) -> list[str]:
    return [step["state"] for step in seen(case, **how)]


def both(cast):
    return (cast.first_bank, cast.other_bank)


def grant(item, by, amount="500000.00"):
    decide(
        recommendation=item, by=by, now=NOW,
        answer=Answer(outcome="approved", credit_line_yuan=Decimal(amount), annual_rate_pct=Decimal("3.85"), term_months=12,
                      guarantee="credit", decided_on=TODAY),
    )  # fmt: skip


def decline(item, by, code="R18"):
    decide(
        recommendation=item,
        by=by,
        now=NOW,
        answer=Answer(outcome="declined", decided_on=TODAY, reason_code=code),
    )


def pay(item, by):
    disburse(
        recommendation=item,
        amount_yuan=Decimal("1.00"),
        annual_rate_pct=Decimal("3.85"),
        disbursed_on=TODAY,
        by=by,
        now=NOW,
    )


def test_the_dots_fill_along_the_way(cast):
    case = story.visited(cast, consent=False)
    assert states(case) == [C, W, W, W, W, W]
    assert states(story.visited(cast)) == [D, C, W, W, W, W]
    assert states(story.looked_up(cast)) == [D, D, C, W, W, W]
    assert states(story.recommended(cast)) == [D, D, D, C, W, W]
    item = story.pushed(cast)
    assert states(item.case) == [D, D, D, D, C, W]
    grant(item, cast.bank)
    assert states(item.case) == [D, D, D, D, D, C]
    pay(item, cast.bank)
    assert states(item.case) == [D, D, D, D, D, D]


def test_a_case_that_ended_shows_where(cast):
    case = story.looked_up(cast)
    review(
        case=case, by=cast.panel, now=NOW, outcome="not_recommended", criteria=story.five(), reason="不符合"
    )
    assert states(case) == [D, D, R, W, W, W]
    for make, place in (
        (story.visited, 1),
        (story.looked_up, 2),
        (story.recommended, 3),
        (lambda c: story.pushed(c).case, 4),
    ):
        case = make(cast)
        withdraw_case(case=case, by=None, now=NOW)
        assert states(case).index(R) == place
    item = story.pushed(cast)
    decide(recommendation=item, by=cast.bank, now=NOW, answer=Answer(outcome="no_need", decided_on=TODAY))
    confirm_outcome(decision=item.decisions.get(), is_confirmed=True, by=cast.panel, now=NOW)
    assert states(item.case) == [D, D, D, D, R, W]


def test_a_returned_case_stands_at_the_review_with_its_clock(cast):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="缺租约")
    step = seen(case)[2]
    assert (step["state"], step["detail"], step["organisation"], step["chip"].state) == (
        C,
        "退回补正",
        "走访单位",
        "running",
    )


def test_a_done_dot_says_when_who_and_where(cast):
    item = story.pushed(cast)
    steps = seen(item.case)[:4]
    assert [(step["at"], step["by"], step["organisation"]) for step in steps] == [
        (NOW, "周访", "沪江示范银行徐汇区支行"),
        (NOW, "陈审", "徐汇区"),
        (NOW, "陈审", "徐汇区"),
        (NOW, "陈审", "徐汇区"),
    ]
    assert [step["by"] for step in seen(item.case, viewer=OWNER)[:4]] == [""] * 4


def test_a_refusal_branches_to_the_next_bank(cast):
    item = story.pushed(cast, banks=both(cast))
    decline(item, cast.bank)
    first, second = seen(item.case)[4]["branches"]
    assert (first["organisation"], first["label"], first["state"], first["detail"]) == (
        "沪江示范银行", "不予授信", "late", "R18 超出该行区域或客群",
    )  # fmt: skip
    assert (second["organisation"], second["label"], second["state"], second["detail"]) == (
        "申浦示范银行", "待接收", "progress", "12月5日24时前答复",
    )  # fmt: skip


def test_each_bank_finds_its_own_branch_alone(cast):
    item = story.pushed(cast, banks=both(cast))
    for user, name in ((cast.bank, "沪江示范银行"), (cast.bank_other, "申浦示范银行")):
        steps = seen(item.case, user=user)
        assert [branch["organisation"] for branch in steps[4]["branches"]] == [name]
        assert steps[4]["organisation"] == name


def test_the_dots_of_a_bank_that_declined_do_not_move_on_without_it(cast):
    story.pushed(cast, banks=both(cast))
    first, other = Recommendation.objects.order_by("pk")
    decline(first, cast.bank)
    grant(other, cast.bank_other)
    pay(other, cast.bank_other)
    assert states(first.case, user=cast.bank) == [D, D, D, D, C, W]
    assert seen(first.case, user=cast.bank)[4]["detail"] == "银行未授信"
    assert states(first.case, user=cast.bank_other) == [D, D, D, D, D, D]


def test_the_officer_finds_other_banks_without_their_names(cast):
    case = story.recommended(cast, banks=both(cast))
    item = story.issued_list(cast, [(case, cast.other_bank)]).items.get()
    grant(item, cast.bank_other)
    step = seen(case, user=cast.officer)[4]
    assert [
        (branch["organisation"], branch.get("detail"), branch.get("by")) for branch in step["branches"]
    ] == [("其他银行", None, None)]


def test_the_clock_that_ends_first_is_shown(cast):
    case = story.recommended(cast, banks=both(cast))
    item = story.issued_list(cast, [(case, cast.first_bank)]).items.get()
    assert seen(case, now=NOW + timedelta(days=15))[4]["chip"].label == "今天到期"
    assert seen(case, now=item.deadline.due_at)[4]["chip"].label == "超期 1 天"
