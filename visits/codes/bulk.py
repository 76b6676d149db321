"""Issue, renew and revoke codes by the thousand: a handful of statements, whatever the number.

Locks are taken in one order, by everybody: codes by number, then subjects by number as their codes are inserted. So
two people at the same street at once wait for each other and never for good.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from accounts.access import require, visible_to
from accounts.models import User
from accounts.roles import Do
from visits.codes import queries, rules
from visits.codes.models import Code
from visits.errors import CodesChanged


@transaction.atomic
def issue(
    *, kind: str, subjects: Sequence[int], by: User, now: datetime, renew_before: datetime | None = None,
    renewed_at: datetime | None = None, reason: str = "",
) -> int:  # fmt: skip
    """A live code for each of these businesses, officers or grids (primary keys) that this person looks after.

    What has expired, or will until `renew_before`, is revoked and replaced; everything else stays, and so does what was
    issued since the renewal was asked for (`renewed_at`, else now): another sheet has it already. Returns how many were
    made; a colleague who was faster made the others.
    """
    require(by, Do.PRINT_CODES)
    pks = sorted(queries.subjects_seen_by(by, kind).filter(pk__in=subjects).values_list("pk", flat=True))
    due = Q(expires_at__lte=now)
    if renew_before:
        due |= Q(expires_at__lte=renew_before, issued_at__lt=renewed_at or now)
    _retire(Code.objects.filter(due, **{f"{kind}__in": pks}), by=by, now=now, reason=reason or "expired")
    known = dict(_versions(kind, pks))
    new = [
        Code(
            secret=rules.new_secret(), kind=kind, version=known.get(pk, (0, 0))[0] + 1, issued_at=now, issued_by=by,
            expires_at=now + rules.VALID_FOR[kind], **{f"{kind}_id": pk},
        )
        for pk in pks if not known.get(pk, (0, 0))[1]
    ]  # fmt: skip
    # a colleague who prints the same street at the same moment wins; both sheets then show the same codes
    Code.objects.bulk_create(new, ignore_conflicts=True)
    return Code.objects.filter(secret__in=[code.secret for code in new]).count() if new else 0


@transaction.atomic
def revoke(*, codes: QuerySet[Code], by: User, now: datetime, reason: str, expected: int) -> int:
    """Revoke all of these that are live and this person's to revoke; refused where they are no longer `expected` many,
    so that nobody revokes more than the page they agreed to had said."""
    require(by, Do.PRINT_CODES)
    live = visible_to(by, Code).filter(pk__in=codes.order_by().values("pk"))
    count = _retire(Code.objects.filter(pk__in=live.values("pk")), by=by, now=now, reason=reason)
    if count != expected:
        raise CodesChanged()
    return count


def _retire(codes: QuerySet[Code], *, by: User, now: datetime, reason: str) -> int:
    unrevoked = (
        codes.filter(revoked_at__isnull=True).order_by("pk").select_for_update(no_key=True, of=("self",))
    )
    pks = list(unrevoked.values_list("pk", flat=True))
    if not pks:
        return 0
    facts = {"revoked_at": now, "revoked_by": by, "revoked_reason": reason[:200]}
    return Code.objects.filter(pk__in=pks).update(**facts)


def _versions(kind: str, pks: list[int]) -> list[tuple[int, tuple[int, int]]]:
    """(subject, (highest version, live codes)) of those that ever had one."""
    rows = Code.objects.filter(**{f"{kind}__in": pks}).order_by().values_list(f"{kind}_id")
    live = Count("pk", filter=Q(revoked_at__isnull=True))
    return [
        (pk, (version, count)) for pk, version, count in rows.annotate(version__max=Max("version"), live=live)
    ]
