"""Keep a photo of a visit, and let it go when its time is over."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.access import get_visible, require
from accounts.clock import day_of
from accounts.errors import NotFound
from accounts.models import User
from accounts.roles import Do
from visits.errors import (
    AlreadyAnnulled,
    PhotoIdReused,
    PhotoNotWanted,
    PhotosFull,
    PhotoTooLarge,
    PhotoTooLate,
)
from visits.field.models import Visit
from visits.presence import images, queries
from visits.presence.models import VisitPhoto
from visits.presence.rules import MAX_BYTES, MOST_PHOTOS, TAKEN_FOR, parts_of
from visits.protection.models import VisitPolicy
from visits.protection.queries import policy_in_force

BATCH = 500


@dataclass(frozen=True)
class Kept:
    photo: VisitPhoto
    is_repeat: bool


def keep_photo(*, visit_id: UUID, photo_id: UUID, sent: bytes, by: User, now: datetime) -> Kept:
    """Keep what the phone sent, made small and bare, with the hashes it will be recognised by.

    Safe against repeats: the id is the primary key and the bytes sent are compared by their SHA-256. Refuses with
    `NotFound` (not one's own visit), `PhotoIdReused`, `PhotosFull`, `PhotoTooLate`, `PhotoNotWanted`, `AlreadyAnnulled`,
    `PhotoTooLarge`, `PhotoTooManyPixels`, `PhotoUnreadable`.
    """
    get_visible(by, Visit, pk=visit_id)
    require(by, Do.RECORD_VISIT)
    if len(sent) > MAX_BYTES:
        raise PhotoTooLarge()
    digest = hashlib.sha256(sent).hexdigest()
    if first := _first(photo_id, visit_id, digest):
        return Kept(first, is_repeat=True)
    picture = images.clean(sent)  # before the lock: this takes the time
    try:
        return Kept(_write(visit_id, photo_id, digest, picture, by=by, now=now), is_repeat=False)
    except IntegrityError:  # the same photo arrived twice at once and the other one was first
        first = _first(photo_id, visit_id, digest)
        if first is None:
            raise
        return Kept(first, is_repeat=True)


def purge_photos(*, now: datetime) -> int:
    """Empty the photos whose time under the policy of their visit is over; the hashes stay. Returns how many.

    In batches, each for itself; may be repeated at any time."""
    gone = 0
    while pks := queries.photos_to_let_go(now, most=BATCH):
        gone += VisitPhoto.objects.filter(pk__in=pks).update(jpeg=None)
    return gone


@transaction.atomic
def _write(
    visit_id: UUID, photo_id: UUID, digest: str, picture: images.Picture, *, by: User, now: datetime
) -> VisitPhoto:
    visit = Visit.objects.select_for_update(no_key=True).get(
        pk=visit_id
    )  # two at once must not make four of three
    if visit.officer_id != by.pk:
        raise NotFound()
    if visit.annulled_at is not None:
        raise AlreadyAnnulled()
    if now - visit.recorded_at > TAKEN_FOR:
        raise PhotoTooLate()
    policy = policy_in_force(visit.district_id, day_of(visit.started_at))
    if policy and policy.photo == VisitPolicy.Evidence.OFF:
        raise PhotoNotWanted()
    if visit.photos.exclude(pk=photo_id).count() >= MOST_PHOTOS:
        raise PhotosFull()
    return VisitPhoto.objects.create(
        id=photo_id, visit=visit, jpeg=picture.jpeg, width=picture.width, height=picture.height, sha256=digest,
        dhash=picture.dhash, dhash_parts=parts_of(picture.dhash), received_at=now,
    )  # fmt: skip


def _first(photo_id: UUID, visit_id: UUID, digest: str) -> VisitPhoto | None:
    """The photo kept under this id before; somebody else's and other bytes are refused alike."""
    first = VisitPhoto.objects.defer("jpeg").filter(pk=photo_id).first()
    if first and (first.visit_id != visit_id or first.sha256 != digest):
        raise PhotoIdReused()
    return first
