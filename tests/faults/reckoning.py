"""The reckoning after a fault: what was owed, against the ledger, against what the mail server has on disk.

`owed` is recounted from clocks and people in plain SQL, not taken from the ledger.
"""

from collections import Counter
from typing import NamedTuple

from tests.faults.site import LEASE, SWEEP, Site

OWED = """
SELECT person.email, "case".number
FROM lending_deadline AS clock
JOIN lending_financingcase AS "case" ON "case".id = clock.case_id
JOIN accounts_user AS person ON person.organisation_id = clock.bound_id
WHERE person.role IN ('bank_reviewer', 'bank_coordinator')
"""
ROWS_SHOWN = 100  # of a mail; who has more is told to look
LEDGER = """
SELECT letter.recipient, "case".number, letter.step, letter.state, letter.message_id, letter.sent_at IS NOT NULL,
    extract(epoch FROM letter.due_at)::float, extract(epoch FROM letter.claimed_until - now())::float
FROM lending_alert AS letter
JOIN lending_deadline AS clock ON clock.id = letter.deadline_id
JOIN lending_financingcase AS "case" ON "case".id = clock.case_id
"""
# Seconds within which a letter leaves while nothing is broken: a sweep, a sending, and the time the tests take to
# write down the clocks.
PROMPT = 2 * SWEEP + 5


class Row(NamedTuple):
    recipient: str
    case: str
    step: str
    state: str
    message_id: str
    has_sent_at: bool
    due_at: float
    lease_left: float | None


class Reckoning(NamedTuple):
    owed: int
    lost: int  # letters owed that are in no mail the server accepted
    doubled: int  # mails the server accepted again, under the same Message-ID
    twice_under_two_ids: int  # letters that are in mails of different Message-IDs
    late: int  # letters that left after `PROMPT`
    latest: float  # seconds
    unexplained: list[Row]

    def line(self, fault: str) -> str:
        return (
            f"\nfaults: {fault}: {self.owed} letters owed, {self.lost} lost, {self.doubled} mails doubled, "
            f"{self.late} letters late (the latest by {self.latest:.0f} s)"
        )


def reckon(site: Site) -> Reckoning:
    owed = set(site.sql(OWED))
    ledger = [Row(*row) for row in site.sql(LEDGER)]
    mails = site.mail.accepted()
    cut = {mail["id"] for mail in mails if len(mail["cases"]) >= ROWS_SHOWN}
    ids_of: dict[tuple, set] = {}
    first_at: dict[tuple, float] = {}
    for mail in mails:
        for case in mail["cases"]:
            ids_of.setdefault((mail["to"], case), set()).add(mail["id"])
            first_at.setdefault((mail["to"], case), mail["at"])
    waits = [
        first_at[row.recipient, row.case] - row.due_at
        for row in ledger
        if row.step == "overdue" and row[:2] in first_at
    ]
    in_ledger = Counter(row[:2] for row in ledger if row.step == "overdue")
    assert {pair for pair in owed if in_ledger[pair] != 1} | (set(in_ledger) - owed) == set()
    return Reckoning(
        owed=len(owed),
        lost=len(owed - set(ids_of)),
        doubled=sum(times - 1 for times in Counter(mail["id"] for mail in mails).values()),
        twice_under_two_ids=sum(len(ids) > 1 for ids in ids_of.values()),
        late=sum(wait > PROMPT for wait in waits),
        latest=max([0.0, *(wait - PROMPT for wait in waits)]),
        unexplained=[row for row in ledger if not _is_explained(row, ids_of, cut)],
    )


def _is_explained(row: Row, ids_of: dict[tuple, set], cut: set[str]) -> bool:
    """A letter is sent and in a mail of that id; or it waits, and no lease holds it for longer than a lease."""
    if row.state == "sent":
        return row.has_sent_at and row.message_id in ids_of.get(row[:2], cut)
    if row.state == "pending":
        return not row.has_sent_at and (row.lease_left or 0) <= LEASE
    return False


def settle(fault: str, site: Site, *, doubled_at_most: int) -> Reckoning:
    """Says how it ended, and asks for what holds after every fault."""
    done = reckon(site)
    print(done.line(fault))
    assert done.unexplained == []
    assert (done.lost, done.twice_under_two_ids, site.pending()) == (0, 0, 0)
    assert done.doubled <= doubled_at_most
    return done
