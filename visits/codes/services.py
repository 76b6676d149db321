"""Issue, re-issue and revoke codes; take note of every scan that led nowhere."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.access import get_visible, require, visible_to
from accounts.errors import NotFound
from accounts.models import User
from accounts.roles import Do
from visits.codes import flood, queries, rules
from visits.codes.models import Code, RefusedScan
from visits.errors import (
    CodeExpired,
    CodeForged,
    CodeMalformed,
    CodeNotLive,
    CodeNotYours,
    CodeRefused,
    CodeRevoked,
    CodeUnknown,
)
from visits.register.models import Business, Grid

Subject = Business | User | Grid


@transaction.atomic
def issue_code(*, subject: Subject, by: User, now: datetime) -> Code:
    """The live code of a business, officer or grid: the one there is, or a new one. An officer may issue their own."""
    if subject != by:
        _require_in_view(subject, by)
    kind = _kind(subject)
    live = Code.objects.filter(**{kind: subject}, revoked_at__isnull=True).first()
    if live and live.expires_at > now:
        return live
    if live:  # expired: the constraint allows one unrevoked code, so the old one goes first
        return reissue(code=live, by=by, now=now, reason="expired")
    try:
        with transaction.atomic():
            return _create(subject, by=by, now=now)
    except IntegrityError:  # someone issued it between our read and our write
        return Code.objects.get(**{kind: subject}, revoked_at__isnull=True)


@transaction.atomic
def reissue(*, code: Code, by: User, now: datetime, reason: str) -> Code:
    """Revoke this code and put the next version in its place, in one step: the door never has two or none."""
    old = _lock_live(code, by=by)
    _revoke(old, by=by, now=now, reason=reason)
    return _create(_subject(old), by=by, now=now)


@transaction.atomic
def revoke(*, code: Code, by: User, now: datetime, reason: str) -> Code:
    """From now on a scan of this code is refused and kept."""
    old = _lock_live(code, by=by)
    _revoke(old, by=by, now=now, reason=reason)
    return old


def scan(*, text: str, by: User | None, now: datetime, address: str = "") -> Code:
    """The code behind what was scanned or typed; a refusal is stored and raised as `CodeRefused`.

    Not atomic: the note of a refusal must stay although the caller is refused. `address` is where somebody who is not
    signed in came from.
    """
    try:
        return read(text=text, at=now)
    except CodeRefused as refusal:
        note_refused(text=text, reason=refusal.reason, code=refusal.found, by=by, now=now, address=address)
        raise


def read(*, text: str, at: datetime) -> Code:
    """The code that held at that moment, or `CodeRefused`; nothing is stored. A scan may be told of much later."""
    token = rules.read_token(text)
    if token is None:
        raise CodeMalformed()
    secret = rules.secret_of(token)
    if secret is None:
        raise CodeForged()
    code = queries.by_secret(secret)
    if code is None:
        raise CodeUnknown()
    try:
        check_live(code, at)
    except CodeRefused as refusal:
        refusal.found = code
        raise
    return code


def scan_to_read(*, text: str, by: User, now: datetime) -> Code:
    """The code, if this person may know what it stands for; otherwise refused like one that is not there."""
    code = scan(text=text, by=by, now=now)
    if not queries.is_seen_by(code, by):
        note_refused(text=text, reason=CodeNotYours.reason, code=code, by=by, now=now)
        raise CodeNotYours()
    return code


def check_live(code: Code, at: datetime) -> None:
    """Refuse a code that was revoked or expired at that moment, and the code of a person who has left."""
    is_revoked = code.revoked_at is not None and code.revoked_at <= at
    if is_revoked or (code.officer and not code.officer.is_active):
        raise CodeRevoked()
    if code.expires_at <= at:
        raise CodeExpired()


def note_refused(
    *, text: str, reason: str, code: Code | None, by: User | None, now: datetime, address: str = ""
) -> None:
    """Keep what was scanned, cut to 64 characters and without what a database cannot hold; not without end."""
    who = by if by and by.is_authenticated else None
    if not flood.is_kept(f"user-{who.pk}" if who else address, now):
        return
    plain = "".join(c for c in text[:64] if c.isprintable())
    RefusedScan.objects.create(token=plain, code=code, reason=reason, scanned_by=who, scanned_at=now)


def _require_in_view(subject: Subject, by: User) -> None:
    seen = queries.officers_seen_by(by) if isinstance(subject, User) else visible_to(by, type(subject))
    if not seen.filter(pk=subject.pk).exists():
        raise NotFound()
    require(by, Do.PRINT_CODES)


def _kind(subject: Subject) -> str:
    if isinstance(subject, User):  # not by type(): the signed-in user is a lazy wrapper
        return "officer"
    return "business" if isinstance(subject, Business) else "grid"


def _subject(code: Code) -> Subject:
    return code.business or code.officer or code.grid


def _new(subject: Subject, *, version: int, by: User, now: datetime) -> Code:
    kind = _kind(subject)
    return Code(
        secret=rules.new_secret(), kind=kind, version=version, issued_at=now, issued_by=by,
        expires_at=now + rules.VALID_FOR[kind], **{kind: subject},
    )  # fmt: skip


def _create(subject: Subject, *, by: User, now: datetime) -> Code:
    last = Code.objects.filter(**{_kind(subject): subject}).order_by("-version").first()
    code = _new(subject, version=last.version + 1 if last else 1, by=by, now=now)
    code.save(force_insert=True)
    return code


def _lock_live(code: Code, *, by: User) -> Code:
    """The row under lock, if this person looks after it (or it is their own) and it still holds."""
    if code.officer_id != by.pk or code.officer_id is None:
        get_visible(by, Code, pk=code.pk)
        require(by, Do.PRINT_CODES)
    locked = Code.objects.select_for_update(no_key=True, of=("self",)).get(pk=code.pk)
    if locked.revoked_at is not None:
        raise CodeNotLive()
    return locked


def _revoke(code: Code, *, by: User, now: datetime, reason: str) -> None:
    code.revoked_at, code.revoked_by, code.revoked_reason = now, by, reason[:200]
    code.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])


DEEDS = {"reissue": reissue, "revoke": revoke}  # what the list of codes offers for each row
