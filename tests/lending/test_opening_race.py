"""A visit and a withdrawal at the same moment, over two real connections."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from lending.models import FinancingCase
from lending.stages import Stage
from lending.workflow import advance
from tests.factories import NOW
from tests.lending import story
from visits.field.services import record_visit

pytestmark = pytest.mark.django_db(transaction=True)
# pg_locks is always as of now; pg_stat_activity would be frozen inside our transaction
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def wait_for_a_waiter() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for the lock")


def test_a_visit_that_waited_for_a_withdrawal_opens_a_new_case(cast):
    first = story.visited(cast)
    said, answers = story.said(first.business, banks=(cast.first_bank,)), []

    def visit():
        answers.append(record_visit(said=said, by=cast.officer, now=NOW).visit.case_number)
        connections.close_all()

    thread = threading.Thread(target=visit)
    with transaction.atomic():
        case = FinancingCase.objects.select_for_update(no_key=True).get(pk=first.pk)
        advance(case, Stage.WITHDRAWN, by=None, now=NOW, kind="withdrawn")
        thread.start()
        wait_for_a_waiter()
    thread.join(30)
    second = FinancingCase.objects.exclude(pk=first.pk).get()
    assert (answers, second.stage) == ([second.number], "authorised")
    assert first.events.order_by("seq").last().kind == "withdrawn"
