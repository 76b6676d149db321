"""Give and withdraw consent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Organisation, User
from visits.consent.models import Consent, ConsentNotice, ConsentSigning
from visits.errors import ConsentAlreadyWithdrawn
from visits.register.models import Business


@transaction.atomic(savepoint=False)
def give_consent(
    *,
    business: Business,
    notice: ConsentNotice,
    scopes: Sequence[str],
    recipients: Sequence[Organisation],
    signed_name: str,
    signature_png: bytes | None = None,
    visit_id: UUID | None = None,
    by: User | None,
    now: datetime,
) -> list[Consent]:
    """One signing and, for each recipient once, a consent that can be withdrawn on its own.

    `by` is the witness: the officer who was there, or nobody where the owner signed alone.
    """
    signing = ConsentSigning.objects.create(
        business=business, notice=notice, visit_id=visit_id, signed_name=signed_name,
        signature_png=signature_png, witnessed_by=by, signed_at=now,
    )  # fmt: skip
    expires_at = now + timedelta(days=notice.valid_days)
    each = {recipient.pk: recipient for recipient in recipients}.values()
    return Consent.objects.bulk_create(
        Consent(signing=signing, business=business, recipient=recipient, scopes=sorted(set(scopes)),
                given_at=now, expires_at=expires_at)
        for recipient in each
    )  # fmt: skip


@transaction.atomic
def withdraw_consent(*, consent: Consent, now: datetime, reason: str = "") -> Consent:
    """Ends this consent from now on; what was lawfully done under it stays.

    Nobody but the owner withdraws, without an account: the caller has recognised them by their tracking link.
    """
    locked = Consent.objects.select_for_update(no_key=True).get(pk=consent.pk)
    if locked.withdrawn_at is not None:
        raise ConsentAlreadyWithdrawn()
    locked.withdrawn_at, locked.withdrawn_reason = now, reason[:200]
    locked.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    return locked
