"""Taking reports into the ledger: sent → delivered or bounced. The same report twice changes nothing.

A report is known by its digest and matched by the Message-ID of one mail to one recipient, 122 random bits that only
the mail systems on the way know. It moves the state of that mail and of nothing else: a mailbox that bounced once gets
the next letter all the same, and the level above is told by the next step of the ladder.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from lending.sla.delivery_report import READ_BYTES, Report, read
from lending.sla.models import Alert, DeliveryReport

State = Alert.State
BECOMES = {"delivered": State.DELIVERED, "failed": State.BOUNCED}  # other actions are noted and move nothing
# A failure outweighs a delivery whichever is told first: an alias may reach one mailbox and miss another.
MOVES_FROM = {State.DELIVERED: (State.SENT,), State.BOUNCED: (State.SENT, State.DELIVERED)}
# A letter still waiting, tried and never answered: the server had it when its sender was killed, and the report proves
# it. One that the server put off has not arrived anywhere, whatever a report says: it stays owed.
IN_FLIGHT = Q(state=State.PENDING, attempts__gt=0, last_error="")


@dataclass
class Taken:
    """Mails read; reports in them that were new, by what they told; known ones; those about no letter of ours."""

    read: int = 0
    delivered: int = 0
    bounced: int = 0
    other: int = 0
    repeated: int = 0
    unknown: int = 0
    no_report: int = 0

    def __iadd__(self, more: "Taken") -> "Taken":
        for name, number in vars(more).items():
            setattr(self, name, getattr(self, name) + number)
        return self


@transaction.atomic
def take(*, raw: bytes, now: datetime) -> Taken:
    """One mail as it came. Whatever is in it, this returns; a mail that is no report leaves no trace."""
    reports = read(raw)
    taken = Taken(read=1, no_report=not reports)
    for number, report in enumerate(reports):
        _take_one(report, _digest(raw, number), now, taken)
    return taken


def _take_one(report: Report, digest: str, now: datetime, taken: Taken) -> None:
    letters = _letters(report)
    row, is_new = DeliveryReport.objects.get_or_create(
        digest=digest,
        defaults={
            "message_id": (letters[0].message_id if letters else next(iter(report.message_ids), ""))[:120],
            "recipient": report.recipient, "action": report.action, "status": report.status,
            "diagnostic": report.diagnostic, "received_at": now, "alerts_count": len(letters),
        },
    )  # fmt: skip
    if not is_new:
        taken.repeated += 1
        return
    state = BECOMES.get(report.action)
    taken.delivered += state == State.DELIVERED
    taken.bounced += state == State.BOUNCED
    taken.other += state is None
    taken.unknown += not letters
    if letters:
        _note(row, state, Alert.objects.filter(pk__in=[letter.pk for letter in letters]), now)


def _letters(report: Report) -> list[Alert]:
    """The ledger rows of that mail, locked; by the first of the ids that is one of ours."""
    for message_id in report.message_ids:
        rows = Alert.objects.filter(message_id=message_id).order_by("pk")
        if letters := list(rows.select_for_update(no_key=True).only("pk", "message_id")):
            return letters
    return []


def _note(row: DeliveryReport, state: State | None, letters: QuerySet[Alert], now: datetime) -> None:
    status = "" if row.status in row.diagnostic else row.status
    said = " ".join(part for part in (row.action, status, row.diagnostic) if part)[:300]
    facts = {"reported_at": now, "report": said}
    if state is None:
        letters.filter(state=State.SENT).update(**facts)
        return
    moved = letters.filter(IN_FLIGHT | Q(state__in=MOVES_FROM[state]))
    moved.update(state=state, sent_at=Coalesce("sent_at", now), claimed_until=None, **facts)


def _digest(raw: bytes, number: int) -> str:
    """Of the report whatever line ends it came with, and of its place among several recipients."""
    seen = raw[:READ_BYTES].replace(b"\r\n", b"\n").strip()
    return hashlib.sha256(seen + b"\x00%d" % number).hexdigest()
