"""Give and withdraw consent."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Organisation, User
from accounts.prepared import insert_together
from visits.consent.models import Consent, ConsentNotice, ConsentSigning
from visits.consent.rules import SIGNED_BY_MISTAKE
from visits.errors import ConsentAlreadyWithdrawn
from visits.register.models import Business

WITHDRAWN_BEFORE = "签署后、上传前已由企业主撤回"  # kept on the row, not shown as a sentence of ours


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
    signing, consents = unsaved_consents(
        business=business, notice=notice, scopes=scopes, recipients=recipients, signed_name=signed_name,
        signature_png=signature_png, visit_id=visit_id, by=by, signed_at=now,
    )  # fmt: skip
    insert_together(signing, consents)
    return consents


def unsaved_consents(
    *,
    business: Business,
    notice: ConsentNotice,
    scopes: Sequence[str],
    recipients: Sequence[Organisation],
    signed_name: str,
    signature_png: bytes | None = None,
    visit_id: UUID | None = None,
    by: User | None,
    signed_at: datetime,
    withdrawn: Mapping[int, datetime] | None = None,
) -> tuple[ConsentSigning, list[Consent]]:
    """What `give_consent` writes, for a caller that writes more in the same statement. `withdrawn` says of recipients,
    by key, when the owner took back what is only uploaded now: their consent is kept and never holds."""
    signing = ConsentSigning(
        business=business, notice=notice, visit_id=visit_id, signed_name=signed_name,
        signature_png=signature_png, witnessed_by=by, signed_at=signed_at,
    )  # fmt: skip
    expires_at = signed_at + timedelta(days=notice.valid_days)
    consents = []
    for recipient in {recipient.pk: recipient for recipient in recipients}.values():
        ended_at = (withdrawn or {}).get(recipient.pk)
        consents.append(Consent(
            signing=signing, business=business, recipient=recipient, scopes=sorted(set(scopes)), given_at=signed_at,
            expires_at=expires_at, withdrawn_at=ended_at, withdrawn_reason=WITHDRAWN_BEFORE if ended_at else "",
        ))  # fmt: skip
    return signing, consents


@transaction.atomic
def withdraw_consent(*, consent: Consent, now: datetime, reason: str = "") -> Consent:
    """Ends this consent from now on; what was lawfully done under it stays.

    Nobody but the owner withdraws, without an account: the caller has recognised them by their tracking link. Only what
    was signed at a visit that is annulled ends with it (`withdraw_consents_of_visit`).
    """
    locked = Consent.objects.select_for_update(no_key=True).get(pk=consent.pk)
    if locked.withdrawn_at is not None:
        raise ConsentAlreadyWithdrawn()
    locked.withdrawn_at, locked.withdrawn_reason = now, reason[:200]
    locked.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    return locked


@transaction.atomic
def withdraw_consents_of_visit(*, visit_id: UUID, now: datetime) -> int:
    """The visit was recorded by mistake: whatever was signed at it ends, as far as it holds. How many."""
    held = Consent.objects.filter(signing__visit_id=visit_id, withdrawn_at__isnull=True)
    locked = list(held.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    return Consent.objects.filter(pk__in=[one.pk for one in locked]).update(
        withdrawn_at=now, withdrawn_reason=SIGNED_BY_MISTAKE
    )
