"""A register uploaded in the admin: kept on disk, imported by a worker."""

import logging
import uuid
from datetime import date, datetime
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


def uploads_dir() -> Path:
    return settings.VAR_DIR / "uploads"


@transaction.atomic
def receive(
    *, upload: UploadedFile, by: User, now: datetime, list: BusinessList | None = None, as_of: date | None = None,
    is_dry_run: bool = False,
) -> ImportRun:  # fmt: skip
    """Store the file under a name of ours and hand the run to a worker once this is committed."""
    require(by, Do.IMPORT_REGISTER)
    folder = uploads_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4()}{'.xlsx' if upload.name.lower().endswith('.xlsx') else '.csv'}"
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    run = importing.begin(
        path=path, file_name=upload.name, list_code=list.code if list else "", as_of=as_of, is_dry_run=is_dry_run,
        by=by, now=now,
    )  # fmt: skip
    transaction.on_commit(lambda: current_app.send_task(TASK, [run.pk]), robust=True)
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
