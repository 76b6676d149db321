"""Append-only events: one chain per case, each link carrying the digest of the one before.

A database trigger refuses UPDATE and DELETE to everybody who does not own the table. It is no proof against an owner,
who can take the trigger away, and neither is the chain: no secret is in the digests, so whoever may write every table
can compute all of them anew from the link he bends to the end, with the count and the last digest on the case, and
`verify_audit` would find nothing. It does find what was changed with less care: a word, a missing link, a cut tail, a
stage written past `workflow.advance`. Against an owner only copies out of his reach help: backups kept elsewhere, and
the last digests noted at another place.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from lending.case import FinancingCase
from lending.stages import Stage


class Event(models.Model):
    """What happened to a case: who, when, from which stage to which, and the details in plain JSON."""

    case = models.ForeignKey(FinancingCase, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField(_("时间"))
    kind = models.CharField(_("事件"), max_length=40)
    from_stage = models.CharField(max_length=20, choices=Stage, blank=True)
    to_stage = models.CharField(_("环节"), max_length=20, choices=Stage)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("经办人"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    # whose business this event is besides the district's: a bank sees the events bound to it and the neutral ones
    bank = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    detail = models.JSONField(default=dict)
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("办件事件")
        ordering = ("case", "seq")
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="event_seq_once_per_case")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    def content(self) -> str:
        """The bytes that the digest covers, in one canonical spelling."""
        parts = [self.case_id, self.seq, self.at.timestamp(), self.kind, self.from_stage, self.to_stage, self.by_id,
                 self.organisation_id, self.bank_id, self.detail, self.previous_digest]  # fmt: skip
        return json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)


def record(
    case: FinancingCase,
    kind: str,
    *,
    by: User | None,
    now: datetime,
    from_stage: str = "",
    bank: Organisation | None = None,
    detail: dict | None = None,
) -> Event:
    """Append one event; call inside the transaction of the deed. Bumping the counter takes the row lock of the case."""
    event = _told(case, kind, by=by, now=now, from_stage=from_stage, bank=bank, detail=detail)
    if not _linked(event, case):  # this copy of the case was read before somebody else's event
        locked = FinancingCase.objects.select_for_update(no_key=True)
        case.refresh_from_db(fields=["events_count", "last_digest"], from_queryset=locked)
        _linked(event, case)
    event.save(force_insert=True)
    return event


def first_event(
    case: FinancingCase,
    kind: str,
    *,
    by: User | None,
    now: datetime,
    from_stage: str = "",
    detail: dict | None = None,
) -> Event:
    """The next event of a case that is not in the database yet, though its key is known; nothing is written. The case
    carries count and digest on, so that it can be inserted together with its first events."""
    event = _told(case, kind, by=by, now=now, from_stage=from_stage, bank=None, detail=detail)
    event.seq, event.previous_digest = case.events_count + 1, case.last_digest
    event.digest = _digest(event)
    case.events_count, case.last_digest = event.seq, event.digest
    return event


def _told(
    case: FinancingCase, kind: str, *, by: User | None, now: datetime, from_stage: str, bank: Organisation | None,
    detail: dict | None,
) -> Event:  # fmt: skip
    return Event(
        case=case, at=now, kind=kind, from_stage=from_stage, to_stage=case.stage, by=by,
        organisation=by.organisation if by else None, bank=bank,
        # round-trip through JSON so that what is digested is what will be read back
        detail=json.loads(json.dumps(detail or {}, default=str)),
    )  # fmt: skip


def _digest(event: Event) -> str:
    return hashlib.sha256(event.content().encode()).hexdigest()


def _linked(event: Event, case: FinancingCase) -> bool:
    """Put the event behind the last one this copy of the case knows of; False where that is no longer the last."""
    event.seq, event.previous_digest = case.events_count + 1, case.last_digest
    event.digest = _digest(event)
    as_known = {"events_count": case.events_count, "last_digest": case.last_digest}
    is_last = FinancingCase.objects.filter(pk=case.pk, **as_known).update(
        events_count=event.seq, last_digest=event.digest
    )
    if is_last:
        case.events_count, case.last_digest = event.seq, event.digest
    return bool(is_last)


CASE = ("pk", "number", "stage", "events_count", "last_digest")
EVENT = (
    "seq", "at", "kind", "from_stage", "to_stage", "by_id", "organisation_id", "bank_id", "detail", "previous_digest",
    "digest",
)  # fmt: skip


def broken_links() -> Iterator[tuple[str, int, str]]:
    """Walk every chain; yields (case number, seq, what is wrong), nothing where all chains hold.

    One query, and so one moment: read apart, a case that moves meanwhile would seem to have a link too many.
    """
    columns = (*CASE, *(f"events__{name}" for name in EVENT))
    rows = FinancingCase.objects.order_by("pk", "events__seq").values_list(*columns).iterator(chunk_size=2000)
    for (pk, number, *facts), links in groupby(rows, key=lambda row: row[: len(CASE)]):
        told = (dict(zip(EVENT, row[len(CASE) :], strict=True)) for row in links)
        fault = _fault_in((Event(case_id=pk, **one) for one in told if one["seq"] is not None), *facts)
        if fault:
            yield number, *fault


def _fault_in(
    events: Iterator[Event], stage: str, events_count: int, last_digest: str
) -> tuple[int, str] | None:
    previous, seq, reached = "", 0, stage
    for seq, event in enumerate(events, start=1):
        if event.seq != seq:
            return seq, "missing"
        if event.previous_digest != previous:
            return seq, "previous digest differs"
        if _digest(event) != event.digest:
            return seq, "content differs"
        previous, reached = event.digest, event.to_stage
    if seq != events_count:
        return seq + 1, "tail is cut"
    if previous != last_digest:
        return seq, "last digest differs"
    return None if reached == stage else (seq, "stage differs")
