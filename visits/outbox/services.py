"""Bring in what a phone handed out as a file: each visit for itself, as if the phone had sent it."""

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from accounts.access import may, require
from accounts.api_errors import flatten
from accounts.errors import NotAllowed, Refusal
from accounts.models import User
from accounts.roles import BANK_ROLES, Do, Role
from visits.errors import NotSealed, OfficerInactive, TicketForged
from visits.field import services as field_services
from visits.field.models import Visit
from visits.field.serializers import VisitInput
from visits.outbox import rules, ticket
from visits.presence.services import keep_photo

logger = logging.getLogger(__name__)
RECORDED, THERE, REFUSED = "recorded", "there", "refused"


@dataclass
class Result:
    """What became of one visit of the file. `state`: recorded, there (it had arrived before) or refused."""

    id: UUID
    name: str
    state: str
    sentence: str = ""
    case: str = ""
    photos: int = 0
    photo_sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Imported:
    officer: User
    results: list[Result]

    def counts(self) -> dict[str, int]:
        found = Counter(result.state for result in self.results)
        return {state: found[state] for state in (RECORDED, THERE, REFUSED)}


def import_file(*, raw: bytes, by: User, now: datetime) -> Imported:
    """Record the visits of the file as its officer's, brought by `by`. May be repeated: what is there stays as it is.

    Raises `FileTooBig`, `FileUnreadable`, `TicketForged`, `TicketExpired`, `NotSealed`, `OfficerInactive`, `NotAllowed`;
    then nothing is recorded. Refusals of single visits are in the results.
    """
    require(by, Do.IMPORT_OUTBOX)
    handed_in = rules.read(raw)
    officer = _whose(handed_in, by=by, now=now)
    return Imported(officer, [_one(entry, officer, by=by, now=now) for entry in handed_in.entries])


def _whose(handed_in: rules.HandedIn, *, by: User, now: datetime) -> User:
    officer_id = ticket.read(handed_in.ticket, now).officer_id
    if handed_in.seal and not ticket.holds(
        handed_in.seal, ticket=handed_in.ticket, contents=handed_in.contents
    ):
        raise TicketForged()
    officer = (
        User.objects.select_related("organisation__parent", "organisation__district")
        .filter(pk=officer_id)
        .first()
    )
    if officer is None:
        raise TicketForged()
    if not may_bring(by, officer):
        raise NotAllowed(_("这个文件是别处走访人员的,请交给其所在区的专班或所在银行的联络人。"))
    if not handed_in.seal and by.pk != officer.pk:
        raise NotSealed()
    if not officer.is_active or not may(officer, Do.RECORD_VISIT):
        raise OfficerInactive()
    return officer


def may_bring(by: User, officer: User) -> bool:
    """Oneself; the district team of where the officer walks; the coordinator of the officer's bank."""
    if by.pk == officer.pk:
        return True
    if by.role == Role.PANEL:
        return by.district is not None and by.district == officer.district
    return by.role in BANK_ROLES and by.bank is not None and by.bank == officer.bank


def _one(entry: rules.Entry, officer: User, *, by: User, now: datetime) -> Result:
    result = Result(entry.id, entry.name, THERE)
    try:
        if entry.visit is not None:
            _record(entry.visit, result, officer, by=by, now=now)
        elif not Visit.objects.filter(pk=entry.id, officer=officer).exists():
            raise Refusal(_("文件里只有照片,而这次走访没有登记。"))
    except ValidationError as error:
        result.state, result.sentence = REFUSED, " ".join(flatten(error.detail).values())
        return result
    except Refusal as refusal:
        said = [str(refusal.sentence), *map(str, refusal.fields.values())]
        result.state, result.sentence = REFUSED, " ".join(dict.fromkeys(said))
        return result
    _keep_photos(entry, result, officer, now)
    return result


def _record(body: dict, result: Result, officer: User, *, by: User, now: datetime) -> None:
    # when the phone sent it is unknown, so its clock cannot be put right; the moments stand as they are
    said = VisitInput.said({**body, "channel": Visit.Channel.OUTBOX, "sent_at": None})
    said = replace(said, channel=Visit.Channel.FILE)
    recorded = field_services.record_visit(said=said, by=officer, now=now, imported_by=by)
    result.state = THERE if recorded.is_repeat else RECORDED
    result.name, result.case = recorded.visit.business.name, recorded.visit.case_number


def _keep_photos(entry: rules.Entry, result: Result, officer: User, now: datetime) -> None:
    for photo in entry.photos:
        try:
            kept = keep_photo(visit_id=entry.id, photo_id=photo.id, sent=photo.jpeg, by=officer, now=now)
            result.photos += not kept.is_repeat
        except Refusal as refusal:
            result.photo_sentences.append(str(refusal.sentence))
        except Exception:  # whatever is wrong with this photo, the visits after it are brought in
            logger.exception("photo %s of visit %s was not kept", photo.id, entry.id)
            result.photo_sentences.append(_("没有存下。请稍后再导入一次这个文件,已登记的不会重复。"))
