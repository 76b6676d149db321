"""The chain of events: append-only, and a link that was bent is found."""

import hashlib
import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction

from lending import audit
from lending.models import BankDecision, CreditLookup, Event, FinancingCase
from tests.factories import NOW
from tests.lending import story


def tamper(statement: str, *values) -> None:
    """What only an owner of the database could do: with the trigger out of the way."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still waiting cannot be altered
        cursor.execute("ALTER TABLE lending_event DISABLE TRIGGER append_only")
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE lending_event ENABLE TRIGGER append_only")


def broken() -> list[tuple[int, str]]:
    return [(seq, what) for _number, seq, what in audit.broken_links()]


@pytest.mark.django_db
def test_each_link_carries_the_digest_of_the_one_before(cast):
    case = story.looked_up(cast)
    events = list(case.events.order_by("seq"))
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.previous_digest for event in events] == ["", events[0].digest, events[1].digest]
    assert [event.digest for event in events] == [
        hashlib.sha256(event.content().encode()).hexdigest() for event in events
    ]
    assert (broken(), story.fresh(case).events_count) == ([], 3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value"),
    [("kind", "'other'"), ("detail", "'{}'"), ("at", "at + interval '1 second'"), ("by_id", "NULL"), ("to_stage", "'intake'"),
     ("organisation_id", "NULL"), ("from_stage", "'closed'")],
)  # fmt: skip
def test_a_changed_word_is_found(cast, column, value):
    story.looked_up(cast)
    tamper(f"UPDATE lending_event SET {column} = {value} WHERE seq = 3")  # noqa: S608
    assert broken() == [(3, "content differs")]


@pytest.mark.django_db
def test_a_link_made_to_fit_its_changed_content_breaks_the_next(cast):
    case = story.looked_up(cast)
    second = case.events.get(seq=2)
    second.kind = "other"
    tamper("UPDATE lending_event SET kind = 'other', digest = %s WHERE id = %s", hashlib.sha256(second.content().encode()).hexdigest(), second.pk)  # fmt: skip
    assert broken() == [(3, "previous digest differs")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seq", "found"), [(1, [(1, "missing")]), (2, [(2, "missing")]), (3, [(3, "tail is cut")])]
)
def test_a_missing_link_is_found_even_at_the_end(cast, seq, found):
    story.looked_up(cast)
    tamper("DELETE FROM lending_event WHERE seq = %s", seq)
    assert broken() == found


@pytest.mark.django_db
def test_only_the_chain_that_was_bent_is_named(cast):
    good, bad = story.visited(cast), story.visited(cast)
    tamper("UPDATE lending_event SET kind = 'other' WHERE case_id = %s AND seq = 1", bad.pk)
    assert [number for number, _seq, _what in audit.broken_links()] == [bad.number]
    assert good.number != bad.number


@pytest.mark.django_db
def test_the_command_says_whether_the_chain_holds(cast):
    case = story.visited(cast)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    tamper("UPDATE lending_event SET kind = 'other' WHERE seq = 1")
    with pytest.raises((SystemExit, Exception)) as end:
        call_command("verify_audit", stdout=out, stderr=out)
    assert getattr(end.value, "code", getattr(end.value, "returncode", 1)) == 1
    assert case.number in out.getvalue() + str(end.value)


@pytest.mark.django_db
@pytest.mark.parametrize("deed", ["update", "delete", "save"])
def test_the_database_refuses_to_rewrite_an_event(cast, deed):
    story.visited(cast)
    event = Event.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        {"update": lambda: Event.objects.update(kind="x"), "delete": event.delete, "save": event.save}[deed]()
    assert broken() == []


@pytest.mark.django_db
def test_receipts_are_not_rewritten_either(cast):
    story.looked_up(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditLookup.objects.update(answer="no_record")
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditLookup.objects.all().delete()
    assert BankDecision.objects.count() == 0


@pytest.mark.django_db
def test_what_is_digested_is_what_is_read_back(cast):
    case = story.visited(cast)
    detail = {"金额": "50万", "n": 1.5, "when": NOW, "nested": {"b": [1, None, True]}}
    event = audit.record(case, "noted", by=cast.panel, now=NOW, detail=detail)
    assert Event.objects.get(pk=event.pk).content() == event.content()
    assert broken() == []


@pytest.mark.django_db
def test_a_last_link_made_to_fit_its_changed_content_is_found_by_the_case(cast):
    last = story.looked_up(cast).events.get(seq=3)
    last.kind = "other"
    tamper("UPDATE lending_event SET kind = 'other', digest = %s WHERE id = %s", hashlib.sha256(last.content().encode()).hexdigest(), last.pk)  # fmt: skip
    assert broken() == [(3, "last digest differs")]


@pytest.mark.django_db
def test_a_copy_of_the_case_read_before_another_event_still_finds_the_end_of_the_chain(cast):
    early = story.visited(cast)
    audit.record(story.fresh(early), "noted", by=cast.panel, now=NOW)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(early, "undone", by=cast.panel, now=NOW)
        raise ZeroDivisionError
    audit.record(story.fresh(early), "noted", by=cast.panel, now=NOW)
    assert [audit.record(early, "noted", by=cast.panel, now=NOW).seq, broken()] == [5, []]


@pytest.mark.django_db(transaction=True)
def test_events_of_the_same_moment_follow_each_other(cast):
    case = story.visited(cast)
    start = threading.Barrier(6)

    def note(number: int) -> None:
        start.wait()
        try:
            with transaction.atomic():
                audit.record(story.fresh(case), f"noted_{number}", by=cast.panel, now=NOW)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=note, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert list(case.events.order_by("seq").values_list("seq", flat=True)) == list(range(1, 9))
    assert (broken(), FinancingCase.objects.get().events_count) == ([], 8)


@pytest.mark.django_db
def test_a_stage_written_past_the_workflow_is_found(cast):
    case = story.looked_up(cast)
    FinancingCase.objects.filter(pk=case.pk).update(stage="with_bank")
    assert broken() == [(3, "stage differs")]


@pytest.mark.django_db
@pytest.mark.parametrize("cases", [1, 3])
def test_the_walk_takes_one_query_however_many_cases_there_are(cast, cases, django_assert_num_queries):
    for _ in range(cases):
        story.visited(cast)
    with django_assert_num_queries(1):
        assert broken() == []
