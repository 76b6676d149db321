"""Writing the alert ledger: which letters a rung of the ladder owes, and the rows of many of them at once."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from lending.sla.kinds import Step
from lending.sla.ladder import Rung
from lending.sla.models import Alert, Deadline
from lending.sla.recipients import Addressee, Directory, Facts

logger = logging.getLogger(__name__)

# Rows go over as two JSON texts, the letters and whom they name, because every letter of a batch names one of a few
# people; building model instances and arrays for them costs six times as much as the insert itself.
# What was dropped, because the due time moved away, and is owed again, because it moved back, is a letter as new.
INSERT = """
INSERT INTO lending_alert AS known (deadline_id, due_at, step, recipient, recipient_user_id, organisation_id, why,
    why_code, instead_of_id, round, channel, state, created_at, send_after, attempts, last_error, message_id, report,
    history)
SELECT letter.deadline, letter.due_at, letter.step, whom.email, whom."user", whom.organisation, whom.why, whom.why_code,
    whom.instead_of, letter.round, 'email', %(state)s, %(now)s, whom.send_after, 0, '', '', '', '[]'
FROM json_to_recordset(%(letters)s::json)
    AS letter(deadline bigint, due_at timestamptz, step text, round smallint, "to" int)
JOIN json_to_recordset(%(people)s::json) AS whom(n int, email text, "user" bigint, organisation bigint, why text,
    why_code text, instead_of bigint, send_after timestamptz) ON whom.n = letter."to"
ORDER BY letter.deadline
ON CONFLICT ON CONSTRAINT alert_once_per_step_and_due_date DO UPDATE
SET state = excluded.state, created_at = excluded.created_at, send_after = excluded.send_after, claimed_until = NULL,
    attempts = 0, message_id = '', last_error = '', recipient_user_id = excluded.recipient_user_id,
    organisation_id = excluded.organisation_id, why = excluded.why, why_code = excluded.why_code,
    instead_of_id = excluded.instead_of_id
WHERE known.state = 'dropped'
"""


class Letter(NamedTuple):
    """One letter owed. `identity` is what makes it the same one: the unique constraint of the ledger."""

    deadline: int
    due_at: datetime
    step: str
    round: int
    to: Addressee
    send_after: datetime

    @property
    def identity(self) -> tuple:
        return self.deadline, self.due_at, self.step, self.round, self.to.email


def letters_for(clock: Facts, rung: Rung, directory: Directory) -> list[Letter] | None:
    """The letters of one rung, none where nobody is to be told. None where nobody can be: that is a matter for the log,
    and the rung is kept."""
    if not rung.to:
        return []
    addressees = directory.addressees(clock, rung.to, rung.step)
    if addressees is None:
        logger.error(
            "nobody can be told of clock %s, step %s: no address up to the city", clock.pk, rung.step
        )
        return None
    return [
        Letter(
            clock.pk,
            clock.due_at,
            rung.step,
            rung.round,
            to,
            directory.send_after(to.organisation, clock.due_at),
        )
        for to in addressees
    ]


def write(letters: Iterable[Letter], now: datetime) -> int:
    """Write the rows; what stands there already is passed over, unless it was dropped. Returns how many are owed anew."""
    # each once, by the first rung that owes it: an upsert may not meet its own row
    letters = list({one.identity: one for one in reversed(list(letters))}.values())[::-1]
    if not letters:
        return 0
    people = {whom: n for n, whom in enumerate(dict.fromkeys((one.to, one.send_after) for one in letters))}
    values = {
        "state": Alert.State.PENDING,
        "now": now,
        "letters": json.dumps(
            [
                {
                    "deadline": one.deadline,
                    "due_at": one.due_at.isoformat(),
                    "step": one.step,
                    "round": one.round,
                    "to": people[one.to, one.send_after],
                }
                for one in letters
            ]
        ),
        "people": json.dumps(
            [
                {"n": n, "send_after": at.isoformat(), **person._asdict()}
                for (person, at), n in people.items()
            ],
            ensure_ascii=False,
        ),
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return cursor.rowcount


def is_push_untold(clock: Deadline) -> bool:
    """Whether the letter about the push waits to be sent, or was never owed because nobody had an address."""
    pending = Alert.objects.filter(
        deadline=clock, due_at=clock.due_at, step=Step.ASSIGNED, state=Alert.State.PENDING
    )
    return clock.state == Deadline.State.RUNNING and (clock.steps_done == 0 or pending.exists())


def there(deadlines: Iterable[int]) -> set[tuple]:
    """The identities of the letters that these clocks owe or owed already, and that `write` passes over."""
    rows = Alert.objects.filter(deadline__in=deadlines).exclude(state=Alert.State.DROPPED)
    return set(rows.values_list("deadline_id", "due_at", "step", "round", "recipient"))
