"""The file a phone hands out, read without a database: `static/outbox/hand-out.js` writes it.

{"format": "doorstep-outbox", "version": 1, "ticket", "contents", "seal"}, where `contents` is a JSON text (so that the
seal is over exact bytes): {"made_at", "officer", "visits": [{"id", "name", "made_at", "visit", "photos": [{"id", "jpeg"}]}]}.
`visit` is a body of `POST visits/`, or null where the server has the visit and only photos were still to come.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from uuid import UUID

from visits.errors import FileTooBig, FileUnreadable

MAX_BYTES = 32 * 1024 * 1024
MAX_VISITS = 2000
FORMAT, VERSION = "doorstep-outbox", 1


@dataclass(frozen=True)
class Photo:
    id: UUID
    jpeg: bytes


@dataclass(frozen=True)
class Entry:
    id: UUID
    name: str  # of the business, as the phone knew it
    visit: dict | None
    photos: tuple[Photo, ...]


@dataclass(frozen=True)
class HandedIn:
    ticket: str
    contents: str
    seal: str
    entries: tuple[Entry, ...]


def read(raw: bytes) -> HandedIn:
    """Raises `FileTooBig`, `FileUnreadable`. Nothing in it is believed yet: `ticket` says whose it is."""
    if len(raw) > MAX_BYTES:
        raise FileTooBig()
    file = _object(_json(raw))
    if file.get("format") != FORMAT or file.get("version") != VERSION:
        raise FileUnreadable()
    ticket, contents, seal = (_text(file.get(name)) for name in ("ticket", "contents", "seal"))
    visits = _object(_json(contents)).get("visits")
    if not isinstance(visits, list) or len(visits) > MAX_VISITS:
        raise FileUnreadable()
    return HandedIn(ticket, contents, seal, tuple(_entry(one) for one in visits))


def _entry(said: object) -> Entry:
    said = _object(said)
    visit, photos = said.get("visit"), said.get("photos") or []
    if not isinstance(photos, list) or not (visit is None or isinstance(visit, dict)):
        raise FileUnreadable()
    entry_id = _uuid(said.get("id"))
    if visit is not None and _uuid(visit.get("id")) != entry_id:
        raise FileUnreadable()
    return Entry(entry_id, str(said.get("name") or "")[:200], visit, tuple(_photo(one) for one in photos))


def _photo(said: object) -> Photo:
    said = _object(said)
    try:
        return Photo(_uuid(said.get("id")), base64.b64decode(_text(said.get("jpeg")), validate=True))
    except (binascii.Error, ValueError):
        raise FileUnreadable() from None


def _json(text: bytes | str) -> object:
    try:
        found = json.loads(text)
        json.dumps(
            found, ensure_ascii=False
        ).encode()  # half a character is refused here, not by the database
    except (ValueError, RecursionError):
        raise FileUnreadable() from None
    return found


def _object(said: object) -> dict:
    if not isinstance(said, dict):
        raise FileUnreadable()
    return said


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise FileUnreadable()
    return said


def _uuid(said: object) -> UUID:
    try:
        return UUID(_text(said))
    except ValueError:
        raise FileUnreadable() from None
