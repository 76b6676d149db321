"""Working a batch off: issue codes in chunks, each in a transaction of its own, then draw what was issued.

Killed at any moment, the next worker goes on with the items that have none; the file appears whole or not at all.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.language import in_chinese
from accounts.models import User
from accounts.templatetags.doorstep import shanghai
from visits.codes import bulk, queries
from visits.codes.batches import pdf
from visits.codes.batches.claims import MOST_CLAIMS, Claim, ClaimLost
from visits.codes.batches.models import CodeBatch, CodeBatchPart
from visits.codes.labels import Label, label_of

LOG = logging.getLogger(__name__)
CHUNK = 1000  # codes in one transaction
PART_BYTES = 512 * 1024
FILE_KEPT = timedelta(days=30)
ISSUING_PCT = 30  # of the bar; drawing takes the rest
TELL_SECONDS = 1
NAMED = 10  # labels told by name in the notes
Clock = Callable[[], datetime]

ATTACH = """
UPDATE visits_codebatchitem AS item SET is_settled = true, code_id = code.id
FROM visits_codebatchitem AS one LEFT JOIN visits_code AS code
    ON code.{kind}_id = one.subject_id AND code.revoked_at IS NULL AND one.subject_id = ANY(%s)
WHERE item.id = one.id AND one.id = ANY(%s)
"""


def work_off(*, batch_id: int, clock: Clock) -> bool:
    """Do what is left of the batch, if nobody else does; whether this call finished it."""
    claim = Claim.take(batch_id, clock())
    if claim is None:
        return False
    batch = CodeBatch.objects.select_related("started_by__organisation", "district").get(pk=batch_id)
    if batch.claims > MOST_CLAIMS:
        with in_chinese():
            words = _("制作连续中断,已停下。已制发的码都保留,可以点“继续制作”。")
        claim.end(CodeBatch.State.FAILED, clock(), problem=words)
        return False
    try:
        with in_chinese():
            while _issue_chunk(batch, claim, clock()):
                pass
            _finish(batch, claim, clock)
    except ClaimLost:
        LOG.info("batch %s of codes was cancelled or is somebody else's by now", batch_id)
        return False
    except BaseException:
        claim.give_back()
        raise
    return True


@transaction.atomic
def _issue_chunk(batch: CodeBatch, claim: Claim, now: datetime) -> bool:
    """Codes for the next items; whether there were any. Cancelling waits for this transaction, or comes before it."""
    waiting = batch.items.filter(is_settled=False).order_by("position")
    items = list(waiting.values_list("pk", "subject_id")[:CHUNK])
    if not items:
        return False
    claim.keep(now)  # locks the batch: nobody else may issue for it
    subjects = [subject for _pk, subject in items]
    made = bulk.issue(
        kind=batch.kind, subjects=subjects, by=batch.started_by, now=now, renew_before=batch.renew_before,
        renewed_at=batch.started_at, reason=batch.reason,
    )  # fmt: skip
    seen = queries.subjects_seen_by(batch.started_by, batch.kind).filter(pk__in=subjects)
    with connection.cursor() as cursor:
        cursor.execute(
            ATTACH.format(kind=batch.kind),
            [list(seen.values_list("pk", flat=True)), [pk for pk, _s in items]],
        )
    batch.settled, batch.made = batch.settled + len(items), batch.made + made
    pct = ISSUING_PCT * batch.settled // batch.total
    claim.keep(now, settled=batch.settled, made=batch.made, progress_pct=pct)
    return True


def _finish(batch: CodeBatch, claim: Claim, clock: Clock) -> None:
    """Draw, then store the file and close the batch in one transaction."""
    total = batch.items.filter(code__isnull=False).count()
    if not total:
        claim.end(CodeBatch.State.DONE, clock(), progress_pct=100, notes=_notes(batch, None, clock()))
        return
    sheets = pdf.draw(
        _labels(batch, clock()), title=batch.title, total=total, issuer=_issuer(batch.started_by),
        day=shanghai(clock(), "day"), on_page=_teller(claim, total, clock),
    )  # fmt: skip
    now = clock()
    with transaction.atomic():
        facts = {"file_bytes": len(sheets.content), "file_until": now + FILE_KEPT} if sheets.count else {}
        claim.end(
            CodeBatch.State.DONE, now, progress_pct=100, printed=sheets.count, pages=sheets.pages,
            notes=_notes(batch, sheets, now), **facts,
        )  # fmt: skip
        if facts:
            _store(batch, sheets.content)


def _teller(claim: Claim, total: int, clock: Clock) -> Callable[[int], None]:
    """Writes the progress once a second, and stops the drawing of a batch that was cancelled."""
    told = monotonic()

    def tell(count: int) -> None:
        nonlocal told
        if monotonic() - told >= TELL_SECONDS:
            told = monotonic()
            pct = ISSUING_PCT + (99 - ISSUING_PCT) * count // total
            claim.keep(clock(), printed=count, progress_pct=pct)

    return tell


def _labels(batch: CodeBatch, now: datetime) -> Iterator[Label]:
    """In the order of printing, a thousand at a time; a code revoked since is left out."""
    last = 0
    subjects = [f"code__{path}" for path in queries.SUBJECTS]
    rows = (
        batch.items.filter(queries.live(now, "code__")).select_related("code", *subjects).order_by("position")
    )
    while items := list(rows.filter(position__gt=last)[:CHUNK]):
        last = items[-1].position
        yield from (label_of(item.code) for item in items)


def _store(batch: CodeBatch, content: bytes) -> None:
    slices = range(0, len(content), PART_BYTES)
    CodeBatchPart.objects.filter(batch=batch).delete()
    for number, start in enumerate(slices):
        CodeBatchPart.objects.create(batch=batch, number=number, content=content[start : start + PART_BYTES])


def _issuer(person: User) -> str:
    place = person.organisation.name if person.organisation else ""
    return _("%(place)s制发") % {"place": place}


def _notes(batch: CodeBatch, sheets: pdf.Sheets | None, now: datetime) -> list[str]:
    """What a person should know who holds the sheet in hand."""
    counts = batch.items.aggregate(
        skipped=Count("pk", filter=Q(code__isnull=True)),
        dead=Count("pk", filter=Q(code__isnull=False) & ~queries.live(now, "code__")),
    )
    notes = []
    if counts["skipped"]:
        notes.append(
            _("%(count)s 个没有印:已注销,或已不在发起人的工作范围内。") % {"count": counts["skipped"]}
        )
    if counts["dead"]:
        notes.append(_("%(count)s 个没有印:制作期间码被作废或换发。") % {"count": counts["dead"]})
    if sheets and sheets.missing:
        told = "、".join(f"{text}({chars})" for text, chars in list(sheets.missing.items())[:NAMED])
        facts = {"count": len(sheets.missing), "told": told}
        notes.append(_("%(count)s 处有字库里没有的字,印成了〓,请手写补上:%(told)s") % facts)
    if sheets and sheets.cut:
        facts = {"count": len(sheets.cut), "told": "、".join(text[:20] + "…" for text in sheets.cut[:3])}
        notes.append(_("%(count)s 处名称或地址过长,末尾印成了“…”:%(told)s") % facts)
    if sheets and not sheets.is_embedded:
        notes.append(_("没有找到内嵌字体,文字由打开它的软件自带的宋体显示,各处样子可能不同。"))
    return notes
