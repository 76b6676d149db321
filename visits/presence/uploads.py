"""Photos that came in a plain form, where the page runs no script: the same service, the same refusals in words."""

import hashlib
import uuid
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest

from accounts.access import get_visible, require
from accounts.errors import Refusal
from accounts.roles import Do
from visits.errors import PhotoTooLarge
from visits.field.models import Visit
from visits.presence.rules import MAX_BYTES
from visits.presence.services import keep_photo

FIELD = "photos"


def keep(request: HttpRequest, *, visit_id: UUID, now: datetime) -> int:
    """Keep each file of the field `photos`; says on the next page which were refused and why. Returns how many there are.

    The id comes from visit and content, so that a form sent twice adds nothing. Names of files are never looked at."""
    get_visible(request.user, Visit, pk=visit_id)
    require(request.user, Do.RECORD_VISIT)
    kept = 0
    for place, file in enumerate(request.FILES.getlist(FIELD), start=1):
        try:
            if file.size > MAX_BYTES:
                raise PhotoTooLarge()
            sent = file.read()
            name = uuid.uuid5(visit_id, hashlib.sha256(sent).hexdigest())
            keep_photo(visit_id=visit_id, photo_id=name, sent=sent, by=request.user, now=now)
            kept += 1
        except Refusal as refusal:
            messages.warning(request, f"{place}. {refusal.sentence}")
    return kept
