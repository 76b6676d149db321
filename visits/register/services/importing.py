"""Importing a register file: read, stage, merge; all or nothing, and as often as one likes.

    run = importing.begin(path=…, by=…, now=…)
    counts = importing.carry_out(run=run, errors=…, now=…)

Every row is counted once: read = created + updated + unchanged + rejected + headers. A row that repeats another of the
file word for word is `unchanged` (and counted in `duplicates`); one that repeats a code with other facts is rejected
as `duplicate`, and the row that stands, the first one or the one already in the register, stays.
"""

import time
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import Conflict, NotFound
from accounts.models import User
from accounts.punctuation import listed
from visits.register import gazetteer, merging, scan, staging
from visits.register.known import Known
from visits.register.models import BusinessList, ImportRun
from visits.register.reading import Counts, Reading
from visits.register.rejections import Rejections
from visits.register.scan import Fault
from visits.register.services.progress import Progress

FRESH_STATISTICS = 1000  # changed rows after which the planner should look again


def begin(
    *, path: Path, by: User | None, now: datetime, list_code: str = "", as_of: date | None = None,
    is_dry_run: bool = False, file_name: str = "",
) -> ImportRun:  # fmt: skip
    """A waiting run, visible in the admin from now on. Refuses a list that is not there."""
    its_list = None
    if list_code:
        its_list = BusinessList.objects.filter(code=list_code).first()
        if its_list is None:
            known = listed(BusinessList.objects.values_list("code", flat=True)) or _("（没有清单）")
            raise NotFound(
                _("没有代码为 %(code)s 的清单；现有：%(known)s") % {"code": list_code, "known": known}
            )
    return ImportRun.objects.create(
        file_name=(file_name or path.name)[:255], path=str(path)[:500], list=its_list, as_of=as_of,
        is_dry_run=is_dry_run, started_by=by, started_at=now,
    )  # fmt: skip


def carry_out(*, run: ImportRun, now: datetime, errors: Path | None = None, show=None) -> Counts:
    """Import the file of a waiting or interrupted run. `show(share, words)` hears of the progress.

    Raises `scan.UnusableFile` where nothing can be read; whatever else ends it leaves the run `interrupted` and the
    register as it was. A run that is done is not carried out again.
    """
    _refuse_twice(run)
    progress = Progress(run, show)
    rejections = Rejections()
    try:
        rejections.open(errors)
        source = scan.open_register(Path(run.path))
        with transaction.atomic():
            staging.lock()
            _refuse_twice(run)  # while we waited, a second worker may have done it
            progress.start()
            counts = _load(run, source, rejections, progress, now)
            if run.is_dry_run:
                transaction.set_rollback(True)
            else:
                _close(run, counts, rejections, now)
        if run.is_dry_run:
            with transaction.atomic():
                _close(run, counts, rejections, now)
    except Conflict:
        raise
    except scan.UnusableFile as refusal:
        progress.end(ImportRun.State.REFUSED, str(refusal.sentence), now)
        raise
    except BaseException as end:
        words = _("导入中断，没有写入任何一行，可以重新开始。(%(why)s)") % {"why": type(end).__name__}
        progress.end(ImportRun.State.INTERRUPTED, words, now)
        raise
    finally:
        rejections.close()
        progress.close()
    if counts.created + counts.updated > FRESH_STATISTICS and not run.is_dry_run:
        merging.refresh_statistics()
    return counts


def _refuse_twice(run: ImportRun) -> None:
    run.refresh_from_db(fields=["state"])
    if run.state in (ImportRun.State.DONE, ImportRun.State.REFUSED):
        raise Conflict(_("这次导入已经结束。"))


def _load(
    run: ImportRun, source: scan.Source, rejections: Rejections, progress: Progress, now: datetime
) -> Counts:
    counts = Counts(read=1, headers=1)  # the header row itself
    known = Known()
    staging.prepare()
    staged = Reading(source, gazetteer.current(), known, counts, rejections).run(progress.tell)
    progress.tell(0.7, _("核对重复"))
    staged -= _settle_repeats(known, rejections, counts)
    progress.tell(0.75, _("写入名录"))
    counts.created, counts.updated = merging.merge(source.columns.present, staged, run_id=run.pk, now=now)
    counts.unchanged += staged - counts.created - counts.updated
    counts.rejected = rejections.count
    if run.list_id:
        progress.tell(0.95, _("登记清单"))
        counts.listed = _enlist(run, known)
    staging.clear()
    return counts


def _settle_repeats(known: Known, rejections: Rejections, counts: Counts) -> int:
    """Take rows that repeat a code out of the stage; how many left it."""
    left = 0
    for line, code, first, name, is_same in staging.take_repeats():
        left += 1
        counts.duplicates += 1
        if is_same:
            counts.unchanged += 1
        else:
            words = _("代码 %(code)s 已在第 %(first)s 行出现，内容不同；以先出现的为准。") % {
                "code": code,
                "first": first,
            }
            rejections.add(Fault(line, "credit_code", "duplicate", words, name[:120]))
    if any(known.seen):
        lines = []
        for line, code, digest, name in staging.standing():
            if (at := known.place(digest)) >= 0 and known.seen[at]:
                lines.append(line)
                words = _("代码 %(code)s 在本文件另有一行，内容不同；名录中的那一行保留。") % {"code": code}
                rejections.add(Fault(line, "credit_code", "duplicate", words, name[:120]))
        staging.drop_lines(lines)
        left += len(lines)
        counts.duplicates += len(lines)
    return left


def _enlist(run: ImportRun, known: Known) -> int:
    added = staging.enlist(run.list_id, run.as_of, known.seen_ids())
    if run.as_of:
        BusinessList.objects.filter(pk=run.list_id).exclude(as_of__gte=run.as_of).update(as_of=run.as_of)
    return added


def _close(run: ImportRun, counts: Counts, rejections: Rejections, now: datetime) -> None:
    """The run's last word, in the transaction of its rows."""
    rejections.store(run)
    run.state, run.progress_pct, run.problem = ImportRun.State.DONE, 100, ""
    run.finished_at = now + timedelta(seconds=time.monotonic() - rejections.since)
    for name, value in asdict(counts).items():
        setattr(run, name, value)
    run.save()
