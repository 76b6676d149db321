"""Who works on a batch: a claim on its row that has to be renewed, so that a dead worker's batch is free again."""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from visits.codes.batches.models import CodeBatch

LEASE = timedelta(seconds=90)  # several times what lies between two renewals
MOST_CLAIMS = 4  # in a row without getting on: then a person has to look


class ClaimLost(Exception):
    """The batch was cancelled, or somebody else works on it: stop and say nothing."""


def free(now: datetime) -> QuerySet[CodeBatch]:
    """Batches nobody works on, the longest waiting first."""
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return CodeBatch.objects.filter(unclaimed, state__in=CodeBatch.OPEN).order_by("pk")


class Claim:
    """The moment on the row is the proof: whoever else takes the batch writes another one."""

    def __init__(self, pk: int, until: datetime) -> None:
        self.pk, self.until = pk, until
        self.before = until  # a renewal that is rolled back leaves this one on the row

    @classmethod
    def take(cls, pk: int, now: datetime) -> "Claim | None":
        until = now + LEASE
        taken = free(now).filter(pk=pk).update(
            state=CodeBatch.State.RUNNING, claimed_until=until, claims=F("claims") + 1
        )  # fmt: skip
        return cls(pk, until) if taken else None

    def keep(self, now: datetime, **changes) -> None:
        """Renew the claim and write how far the work is, which also forgives earlier interruptions."""
        until = now + LEASE
        self._write(claimed_until=until, claims=1, **changes)
        self.before, self.until = self.until, until

    def give_back(self) -> None:
        """Free for the next worker at once; a claim that is already lost is none of ours."""
        CodeBatch.objects.filter(pk=self.pk, claimed_until__in=[self.until, self.before]).update(
            claimed_until=None
        )

    def end(self, state: str, now: datetime, **changes) -> None:
        self._write(state=state, finished_at=now, claimed_until=None, **changes)

    def _write(self, **changes) -> None:
        mine = CodeBatch.objects.filter(pk=self.pk, state=CodeBatch.State.RUNNING, claimed_until=self.until)
        if not mine.update(**changes):
            raise ClaimLost()
