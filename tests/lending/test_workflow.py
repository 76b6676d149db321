"""Turning the page: every pair of stages, the clocks that turn with it, and two hands on one page."""

import threading

import pytest
from django.db import IntegrityError, connections, transaction

from accounts.errors import Refusal
from lending.errors import AlreadyMoved, WrongStage
from lending.models import Deadline, Event, FinancingCase
from lending.stages import CLOSED, DOTS, NEXT, OPEN, Stage
from lending.workflow import advance
from tests.factories import NOW
from tests.lending import story

# written out a second time, by hand: a slip in the table of the product must not be copied into its test
ALLOWED = {
    "intake": "authorised withdrawn",
    "authorised": "under_review returned not_recommended withdrawn",
    "under_review": "recommended returned not_recommended withdrawn",
    "returned": "authorised under_review not_recommended withdrawn",
    "recommended": "with_bank returned closed_unfunded withdrawn",
    "with_bank": "approved declined closed_unfunded withdrawn",
    "approved": "disbursed declined closed_unfunded withdrawn",
    "declined": "in_repair recommended approved closed_unfunded withdrawn",
    "in_repair": "recommended closed_unfunded withdrawn",
    "not_recommended": "", "disbursed": "", "closed_unfunded": "", "withdrawn": "",
}  # fmt: skip


def put(case: FinancingCase, stage: str) -> FinancingCase:
    """Straight into a stage, without a way there."""
    FinancingCase.objects.filter(pk=case.pk).update(
        stage=stage, closed_at=NOW if Stage(stage) in CLOSED else None
    )
    return story.fresh(case)


def test_the_table_says_what_was_agreed():
    assert {left.value: " ".join(sorted(to)) for left, to in NEXT.items()} == {
        left: " ".join(sorted(to.split())) for left, to in ALLOWED.items()
    }


def test_every_stage_is_open_or_closed_and_every_open_one_may_be_withdrawn():
    assert set(Stage) == OPEN | CLOSED
    assert {stage for stage in OPEN if Stage.WITHDRAWN not in NEXT[stage]} == set()


def test_every_stage_but_withdrawn_has_its_dot():
    counted = [stage for _label, stages in DOTS for stage in stages]
    assert sorted(counted) == sorted(set(Stage) - {Stage.WITHDRAWN})


@pytest.mark.django_db
@pytest.mark.parametrize("left", ALLOWED)
def test_each_step_is_taken_or_refused(cast, left):
    case = story.visited(cast)
    for to in Stage.values:
        with transaction.atomic():
            before = put(case, left)
            if to in ALLOWED[left].split():
                advance(before, Stage(to), by=cast.panel, now=NOW, kind="tried")
                after = story.fresh(case)
                assert (after.stage, after.closed_at is not None) == (to, Stage(to) in CLOSED)
                event = case.events.last()
                assert (event.kind, event.from_stage, event.to_stage) == ("tried", left, to)
            else:
                with pytest.raises(WrongStage):
                    advance(before, Stage(to), by=cast.panel, now=NOW, kind="tried")
                assert story.fresh(case).stage == left
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_review_clock_runs_while_the_case_is_under_review(cast):
    case = put(story.visited(cast), "authorised")
    advance(case, Stage.UNDER_REVIEW, by=cast.panel, now=NOW, kind="in")
    assert list(Deadline.objects.values_list("kind", "bound__code", "state")) == [
        ("panel_review", "310104", "running")
    ]
    advance(case, Stage.RETURNED, by=cast.panel, now=NOW, kind="back")
    assert list(Deadline.objects.order_by("pk").values_list("kind", "state")) == [
        ("panel_review", "met"),
        ("supplement", "running"),
    ]


@pytest.mark.django_db
def test_a_withdrawn_case_cancels_its_clocks(cast):
    item = story.pushed(cast)
    advance(story.fresh(item.case), Stage.WITHDRAWN, by=None, now=NOW, kind="withdrawn")
    assert set(Deadline.objects.filter(kind="bank_decision").values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.django_db
def test_a_page_read_before_another_turned_it_does_not_turn_again(cast):
    case = story.looked_up(cast)
    mine, theirs = story.fresh(case), story.fresh(case)
    advance(theirs, Stage.RETURNED, by=cast.panel2, now=NOW, kind="theirs")
    with pytest.raises(AlreadyMoved):
        advance(mine, Stage.RECOMMENDED, by=cast.panel, now=NOW, kind="mine")
    assert (story.fresh(case).stage, Event.objects.filter(kind="mine").count()) == ("returned", 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_hands_at_the_same_moment_one_turns_the_page(cast):
    case = story.looked_up(cast)
    read, said = threading.Barrier(2), []

    def turn(to: Stage) -> None:
        mine = story.fresh(case)
        read.wait()  # both have read the old stage before either writes
        try:
            advance(mine, to, by=cast.panel, now=NOW, kind=f"to_{to}")
            said.append("moved")
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=turn, args=(to,)) for to in (Stage.RECOMMENDED, Stage.RETURNED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["already_moved", "moved"]
    moved = Event.objects.filter(case=case, kind__startswith="to_").get()
    assert (story.fresh(case).stage, moved.to_stage) == (moved.to_stage, story.fresh(case).stage)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"stage": "lost"}, {"stage": "withdrawn"}, {"closed_at": NOW}, {"stage_since": NOW.replace(year=2020)}],
    ids=["unknown stage", "closed without time", "time without being closed", "before it was opened"],
)
def test_the_database_holds_what_a_case_promises(cast, change):
    case = story.visited(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        FinancingCase.objects.filter(pk=case.pk).update(**change)


@pytest.mark.django_db
def test_a_firm_has_one_open_case(cast):
    case = story.visited(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        FinancingCase.objects.create(
            number="310104-2026-0999999", business=case.business, district=case.district, origin_visit=case.origin_visit,
            need=case.need, stage="intake", stage_since=NOW, opened_at=NOW,
        )  # fmt: skip
