"""Who reads the letters of somebody who is away, and which letters a person may do without."""

from datetime import date, timedelta

import pytest

from accounts.models import Organisation, User
from accounts.roles import Role
from lending.models import Alert, Deadline
from lending.sla import services as sla
from lending.sla.kinds import DeadlineKind, Step
from lending.sla.sweep import sweep
from tests import factories as make
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)


def away(person: User, substitute: User, *, since: date = FIRST, until: date = LAST) -> None:
    User.objects.filter(pk=person.pk).update(away_from=since, away_until=until, substitute=substitute)


def mutes(person: User, *steps: Step) -> None:
    User.objects.filter(pk=person.pk).update(muted_steps=list(steps))


def supplement(cast) -> Deadline:
    return making.clock(cast, kind=DeadlineKind.SUPPLEMENT)


def reader(clock: Deadline) -> tuple[str, str]:
    """Who is reminded of a supplement before it is late, and for whom."""
    sweep(now=clock.due_at - 4 * DAY)
    alert = Alert.objects.select_related("instead_of").get(deadline=clock, step="due_soon")
    return alert.recipient.split("@")[0], alert.instead_of.username if alert.instead_of else ""


def told(clock: Deadline, step: str) -> dict[str, str]:
    rows = Alert.objects.filter(deadline=clock, step=step).select_related("instead_of")
    return {row.recipient.split("@")[0]: row.instead_of.username if row.instead_of else "" for row in rows}


# ---- Substitutes ----
def test_a_colleague_reads_the_letters_of_somebody_who_is_away(cast):
    away(cast.officer, cast.officer2)
    assert reader(supplement(cast)) == ("officer2", "officer")
    assert Alert.objects.get().why == "您代走访该企业的周访收件"


@pytest.mark.parametrize(("days", "who"), [(-1, "officer"), (0, "officer2"), (1, "officer2"), (2, "officer")])
def test_away_is_from_the_first_day_to_the_last_and_not_a_day_more(cast, days, who):
    """Away on two days; the letter is owed at the beginning of a day before, in, and after."""
    clock = supplement(cast)
    first = (clock.due_at - 4 * DAY).astimezone(make.SHANGHAI).date() - days * DAY
    away(cast.officer, cast.officer2, since=first, until=first + DAY)
    assert reader(clock)[0] == who


def test_where_the_substitute_is_away_or_has_left_too_the_next_one_reads(cast):
    third = make.user("bank3", Role.BANK_REVIEWER, cast.first_bank)
    fourth = make.user("bank4", Role.BANK_REVIEWER, cast.first_bank)
    away(cast.bank, cast.bank2)
    away(cast.bank2, third)
    User.objects.filter(pk=third.pk).update(is_active=False, substitute=fourth)
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    assert told(clock, "overdue") == {"bank4": "bank", "bankhead": ""}


def test_for_an_officer_nobody_further_down_the_chain_reads_who_could_not_open_the_case(cast):
    third = make.user("officer3", Role.FIELD_OFFICER, cast.branch)
    away(cast.officer, cast.officer2)
    away(cast.officer2, third)
    there = reader(supplement(cast))
    User.objects.filter(pk=cast.officer.pk).update(email="")
    without = supplement(cast)
    sweep(now=without.due_at - 4 * DAY)
    assert (there, told(without, "due_soon")) == (("officer", ""), {"panel": "", "panel2": ""})


def test_two_who_name_each_other_and_are_both_away_read_their_own(cast):
    away(cast.officer, cast.officer2)
    away(cast.officer2, cast.officer)
    assert reader(supplement(cast)) == ("officer", "")


@pytest.mark.parametrize("change", [
    {"role": Role.BANK_REVIEWER}, {"organisation": None}, {"is_active": False}, {"email": ""},
    {"muted_steps": ["due_soon"]},
])  # fmt: skip
def test_a_substitute_who_cannot_or_may_not_read_it_leaves_the_letter_to_the_person(cast, change):
    away(cast.officer, cast.officer2)
    User.objects.filter(pk=cast.officer2.pk).update(**change)
    assert reader(supplement(cast)) == ("officer", "")


def test_a_substitute_in_another_branch_does_not_read_it(cast):
    elsewhere = make.branch(cast.first_bank, cast.pudong)
    away(cast.officer, make.user("officer5", Role.FIELD_OFFICER, elsewhere))
    assert reader(supplement(cast)) == ("officer", "")


@pytest.mark.parametrize(("until", "who"), [
    (None, {"panel": "", "panel2": ""}), (LAST, {"officer2": "officer"}),
])  # fmt: skip
def test_of_an_officer_who_has_left_a_substitute_reads_on_the_days_named_and_else_the_panel(cast, until, who):
    """Without days the substitute could not open the case (`lending.access.visits_answered_for`)."""
    facts = {"away_from": until and FIRST, "away_until": until, "substitute": cast.officer2}
    User.objects.filter(pk=cast.officer.pk).update(is_active=False, **facts)
    clock = supplement(cast)
    sweep(now=clock.due_at - 4 * DAY)
    assert told(clock, "due_soon") == who


@pytest.mark.parametrize(("absent", "there", "name"), [("bank", "bank2", "钱贷"), ("bank2", "bank", "孙贷")])
def test_who_gets_the_letter_anyway_gets_one_and_it_says_for_whom_too(cast, absent, there, name):
    away(getattr(cast, absent), getattr(cast, there))
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    assert told(clock, "overdue") == {there: absent, "bankhead": ""}
    why = Alert.objects.get(recipient=f"{there}@test.invalid").why
    assert why == f"您是沪江示范银行的银行审核人员,并代{name}收件"


def test_absence_is_that_of_the_day_on_which_the_letter_is_read(cast):
    """The clock runs out in the night to Sunday 6 December; the bank reads its letters on Monday."""
    Organisation.objects.filter(pk=cast.first_bank.pk).update(
        letters_from_hour=9, letters_until_hour=18, is_written_to_on_rest_days=False
    )
    away(cast.bank, cast.bank2, since=date(2026, 12, 7), until=date(2026, 12, 7))
    clock = making.clock(cast)
    sweep(now=clock.due_at)
    assert told(clock, "overdue") == {"bank2": "bank", "bankhead": ""}


# ---- What a person may do without ----
def test_a_letter_that_somebody_does_not_want_is_not_written_to_them(cast):
    mutes(cast.bank, Step.DUE_SOON)
    clock = making.clock(cast)
    sweep(now=clock.due_at - 6 * DAY)
    assert told(clock, "due_soon") == {"bank2": ""}


def test_a_letter_that_nobody_wants_is_told_and_goes_to_nobody_above(cast):
    mutes(cast.bank, Step.DUE_SOON)
    mutes(cast.bank2, Step.DUE_SOON)
    clock = making.clock(cast)
    tally = sweep(now=clock.due_at - 6 * DAY)
    clock.refresh_from_db()
    assert (tally.queued, tally.failed, clock.next_look_at) == (0, 0, clock.due_at - 3 * DAY)


def test_a_mailbox_that_is_a_persons_own_does_not_bring_back_what_they_do_not_want(cast):
    Organisation.objects.filter(pk=cast.first_bank.pk).update(email="Bank@test.invalid")
    mutes(cast.bank, Step.DUE_SOON)
    clock = making.clock(cast)
    sweep(now=clock.due_at - 6 * DAY)
    assert told(clock, "due_soon") == {"bank2": ""}


def test_nobody_does_without_a_letter_about_a_last_day_or_a_late_clock(cast):
    mutes(cast.bank, *Step)
    clock = making.clock(cast)
    sla.notify_all_assigned(deadlines=[clock], now=make.NOW)
    for days in (-6, -3, -1, 0, 1, 3, 5, 12):
        sweep(now=clock.due_at + days * DAY)
    steps = Alert.objects.filter(recipient="bank@test.invalid").values_list("step", flat=True)
    assert sorted(steps) == ["due_in_two", "last_day", "overdue"]


def test_what_an_absent_person_does_not_want_goes_to_no_substitute(cast):
    away(cast.officer, cast.officer2)
    mutes(cast.officer, Step.DUE_SOON)
    clock = supplement(cast)
    sweep(now=clock.due_at - 4 * DAY)
    assert told(clock, "due_soon") == {}


# ---- How much is read ----
def test_a_batch_reads_as_much_for_one_clock_as_for_three(cast, django_assert_num_queries):
    from lending.sla.recipients import Directory, facts_of

    away(cast.officer, cast.officer2)
    clocks = [supplement(cast) for _ in range(3)]
    for many in (clocks[:1], clocks):
        facts = facts_of([clock.pk for clock in many])
        with django_assert_num_queries(2):
            directory = Directory(facts, now=clocks[0].due_at)
            for one in facts:
                directory.addressees(one, ("officer", "panel"), Step.OVERDUE)
