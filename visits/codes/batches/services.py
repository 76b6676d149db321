"""Ask for a batch, cancel it, take it up again. The work itself is in `working`."""

from datetime import datetime

from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.errors import Invalid
from accounts.language import in_chinese
from accounts.models import User
from accounts.roles import Do
from visits.codes import sheet
from visits.codes.batches import claims
from visits.codes.batches.models import CodeBatch, CodeBatchItem
from visits.codes.sheet import Selection
from visits.errors import BatchEnded

TASK = "visits.work_off_codes"
MOST = 10_000  # codes in a batch: 834 pages, 8 MB
MESSAGE_LASTS = 55  # seconds: the next tick sends another


@transaction.atomic
def start(
    *, picked: Selection, by: User, now: datetime, renew_before: datetime | None = None, reason: str = ""
) -> CodeBatch:
    """A waiting batch with its doors fixed, handed to a worker once this is committed.

    The same person asking the same again while it is being made gets the batch there is; `renew_before` should be one
    moment for the whole day, so that a second tap asks the same.
    """
    require(by, Do.PRINT_CODES)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two taps at once: the second waits and finds
    asked = {"selection": picked.query, "renew_before": renew_before}
    same = CodeBatch.objects.filter(started_by=by, state__in=CodeBatch.OPEN, **asked).first()
    if same:
        return same
    pks = _subjects(picked, by, renew_before)
    with in_chinese():
        title = picked.title()
    batch = CodeBatch.objects.create(
        kind=picked.kind, title=title, district=by.district, reason=reason[:200], total=len(pks),
        started_by=by, started_at=now, **asked,
    )  # fmt: skip
    items = (CodeBatchItem(batch=batch, position=n, subject_id=pk) for n, pk in enumerate(pks, start=1))
    CodeBatchItem.objects.bulk_create(items, batch_size=2000)
    transaction.on_commit(lambda: send(batch.pk), robust=True)
    return batch


def _subjects(picked: Selection, by: User, renew_before: datetime | None) -> list[int]:
    """Primary keys in the order of printing; refused in words where there are none or too many."""
    rows: QuerySet = sheet.subjects(picked, by)
    if renew_before:
        due = sheet.codes(picked, by).filter(expires_at__lte=renew_before)
        rows = rows.filter(pk__in=due.order_by().values(f"{picked.kind}_id"))
    pks = list(dict.fromkeys(rows.values_list("pk", flat=True)[: MOST + 1]))
    if not pks:
        raise Invalid(_("没有选出任何对象,没有开始制作。请换一个清单、网格或名称。"))
    if len(pks) > MOST:
        facts = {"count": rows.count(), "most": MOST}
        raise Invalid(_("选中了 %(count)s 个,一批最多 %(most)s 个。请按网格或清单分批制作。") % facts)
    return pks


@transaction.atomic
def cancel(*, batch: CodeBatch, by: User, now: datetime) -> None:
    """Stop at once; the worker notices before its next step. Codes already issued stay: they may be on paper."""
    require(by, Do.PRINT_CODES)
    open_ones = CodeBatch.objects.filter(pk=batch.pk, state__in=CodeBatch.OPEN)
    with in_chinese():
        words = _("%(name)s 取消。") % {"name": by.name}
    if not open_ones.update(
        state=CodeBatch.State.CANCELLED, finished_at=now, claimed_until=None, problem=words
    ):
        raise BatchEnded()


@transaction.atomic
def resume(*, batch: CodeBatch, by: User, now: datetime) -> None:
    """Go on where a failed or cancelled batch stopped."""
    require(by, Do.PRINT_CODES)
    ended = CodeBatch.objects.filter(
        pk=batch.pk, state__in=[CodeBatch.State.FAILED, CodeBatch.State.CANCELLED]
    )
    facts = {"finished_at": None, "claimed_until": None, "claims": 0, "problem": ""}
    if not ended.update(state=CodeBatch.State.WAITING, **facts):
        raise BatchEnded()
    transaction.on_commit(lambda: send(batch.pk), robust=True)


def hand_out(*, now: datetime, most: int = 10) -> list[int]:
    """Send batches that nobody works on to the workers once more; their numbers. A message too many is harmless."""
    pks = list(claims.free(now).values_list("pk", flat=True)[:most])
    for pk in pks:
        send(pk)
    return pks


def send(pk: int) -> None:
    current_app.send_task(TASK, [pk], expires=MESSAGE_LASTS)
