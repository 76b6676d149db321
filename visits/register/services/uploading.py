"""A register uploaded in the admin: kept on disk, imported by a worker.

The waiting run is the queue; the message to the worker only makes it fast. A message that got lost is sent again by
`hand_out`, once a minute.
"""

import logging
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.access import require
from accounts.errors import Conflict, Refusal
from accounts.models import User
from accounts.roles import Do
from visits.register.models import BusinessList, ImportRun
from visits.register.services import importing

LOG = logging.getLogger(__name__)
TASK = "visits.import_register"
LOST_AFTER = timedelta(minutes=1)  # a waiting run whose message should have arrived by now
LONGEST = timedelta(minutes=30)  # no import runs longer (the task's time limit): what still says so has died
ORPHANED_AFTER = timedelta(days=1)  # a file that no run knows: its upload was rolled back


def uploads_dir() -> Path:
    return settings.VAR_DIR / "uploads"


def receive(
    *, upload: UploadedFile, by: User, now: datetime, list: BusinessList | None = None, as_of: date | None = None,
    is_dry_run: bool = False,
) -> ImportRun:  # fmt: skip
    """Store the file under a name of ours and hand the run to a worker once this is committed."""
    require(by, Do.IMPORT_REGISTER)
    path = _store(upload)
    try:
        with transaction.atomic():
            run = importing.begin(
                path=path, file_name=upload.name, list_code=list.code if list else "", as_of=as_of,
                is_dry_run=is_dry_run, by=by, now=now,
            )  # fmt: skip
            transaction.on_commit(lambda: current_app.send_task(TASK, [run.pk]), robust=True)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return run


@transaction.atomic
def start_again(*, run: ImportRun, by: User, now: datetime) -> None:
    """Hand an interrupted run, or one whose message was lost, to a worker once more."""
    require(by, Do.IMPORT_REGISTER)
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if (
        run.state not in (ImportRun.State.INTERRUPTED, ImportRun.State.WAITING)
        or not Path(run.path).is_file()
    ):
        raise Conflict()
    run.state, run.started_at, run.problem = ImportRun.State.WAITING, now, ""
    run.save(update_fields=["state", "started_at", "problem"])
    transaction.on_commit(lambda: current_app.send_task(TASK, [run.pk]), robust=True)


def hand_out(*, now: datetime) -> int | None:
    """Give the longest waiting upload to a worker once more, if its message got lost; its id, or None.

    One at a time, and none while an import runs: imports wait for each other, and a worker that waits does nothing else.
    """
    _forget_orphans(now)
    runs = ImportRun.objects
    if runs.filter(state=ImportRun.State.RUNNING, started_at__gt=now - LONGEST).exists():
        return None
    lost = runs.filter(state=ImportRun.State.WAITING, started_at__lte=now - LOST_AFTER)
    run = lost.filter(path__startswith=f"{uploads_dir()}/").order_by("started_at").first()
    # claimed by moving it to the back: of two ticks at once one sends the message
    if run is None or not lost.filter(pk=run.pk, started_at=run.started_at).update(started_at=now):
        return None
    current_app.send_task(TASK, [run.pk], expires=LOST_AFTER.total_seconds())
    return run.pk


def work_off(*, run_id: int, now: datetime) -> None:
    """What the worker does: import, then forget the file. A message that comes twice finds the run done."""
    run = ImportRun.objects.get(pk=run_id)
    try:
        importing.carry_out(run=run, now=now)
    except Refusal as refusal:  # it stands on the run, in words
        LOG.info("import %s: %s", run_id, refusal.sentence)
    path = Path(run.path)
    if path.parent == uploads_dir():
        path.unlink(missing_ok=True)


def _store(upload: UploadedFile) -> Path:
    """The file on disk, before any transaction: writing may take long."""
    folder = uploads_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4()}{'.xlsx' if upload.name.lower().endswith('.xlsx') else '.csv'}"
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return path


def _forget_orphans(now: datetime) -> None:
    """The admin saves in a transaction of its own around ours; where that one is rolled back, the file stays behind."""
    for path in uploads_dir().glob("*.*"):
        is_old = datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - ORPHANED_AFTER
        if is_old and not ImportRun.objects.filter(path=str(path)).exists():
            path.unlink(missing_ok=True)
