"""Append-only events: one chain per case, each link carrying the digest of the one before.

A database trigger refuses UPDATE and DELETE, so only an owner of the database could rewrite history; `verify_audit`
then finds the first broken link, and a cut tail by `FinancingCase.events_count`.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

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
    event = Event(
        case=case, at=now, kind=kind, from_stage=from_stage, to_stage=case.stage, by=by,
        organisation=by.organisation if by else None, bank=bank,
        # round-trip through JSON so that what is digested is what will be read back
        detail=json.loads(json.dumps(detail or {}, default=str)),
    )  # fmt: skip
    if not _linked(event, case):  # this copy of the case was read before somebody else's event
        locked = FinancingCase.objects.select_for_update(no_key=True)
        case.refresh_from_db(fields=["events_count", "last_digest"], from_queryset=locked)
        _linked(event, case)
    event.save(force_insert=True)
    return event


def _linked(event: Event, case: FinancingCase) -> bool:
    """Put the event behind the last one this copy of the case knows of; False where that is no longer the last."""
    event.seq, event.previous_digest = case.events_count + 1, case.last_digest
    event.digest = hashlib.sha256(event.content().encode()).hexdigest()
    as_known = {"events_count": case.events_count, "last_digest": case.last_digest}
    is_last = FinancingCase.objects.filter(pk=case.pk, **as_known).update(
        events_count=event.seq, last_digest=event.digest
    )
    if is_last:
        case.events_count, case.last_digest = event.seq, event.digest
    return bool(is_last)


def broken_links() -> Iterator[tuple[str, int, str]]:
    """Walk every chain; yields (case number, seq, what is wrong), nothing where all chains hold."""
    for case in FinancingCase.objects.order_by("pk").iterator(chunk_size=500):
        fault = _fault_in(case)
        if fault:
            yield case.number, *fault


def _fault_in(case: FinancingCase) -> tuple[int, str] | None:
    previous, found = "", 0
    for found, event in enumerate(case.events.order_by("seq"), start=1):
        if event.seq != found:
            return found, "missing"
        if event.previous_digest != previous:
            return found, "previous digest differs"
        if hashlib.sha256(event.content().encode()).hexdigest() != event.digest:
            return found, "content differs"
        previous = event.digest
    if found != case.events_count:
        return found + 1, "tail is cut"
    return None if previous == case.last_digest else (found, "last digest differs")
