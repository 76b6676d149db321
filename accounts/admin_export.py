"""An admin list as CSV: UTF-8 with a byte order mark for Excel, formulas made harmless, taken out under a name."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.csv_safety import defused
from accounts.templatetags.doorstep import SHANGHAI

CHUNK = 500


class Due(datetime):
    """A moment that is the first one too late: midnight is written as the end of the day before, as on the pages."""

    @classmethod
    def of(cls, at: datetime) -> "Due":
        return cls.fromtimestamp(at.timestamp(), tz=SHANGHAI)


def due_words(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    if (local.hour, local.minute) == (0, 0):
        return f"{local - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"


class Echo:
    """What `csv.writer` writes to: it hands the line straight back."""

    def write(self, line: str) -> str:
        return line


def stream_csv(admin, request: HttpRequest, rows: QuerySet) -> StreamingHttpResponse:
    """Columns are `admin.exports`: (attribute of the row or of the admin, heading); `admin.exports_for(request)` where
    not everybody is given the same."""
    now = timezone.now().astimezone(SHANGHAI)
    log_export(admin, request, _("导出,筛选条件:%(query)s") % {"query": request.GET.urlencode()[:500] or "—"})
    response = StreamingHttpResponse(lines(admin, request, rows, now), content_type="text/csv; charset=utf-8")
    name = f"{admin.opts.verbose_name_plural}-{now:%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def log_export(admin, request: HttpRequest, message: str) -> None:
    """Who took rows out, in the log that the auditor reads."""
    LogEntry.objects.create(
        user=request.user, content_type=ContentType.objects.get_for_model(admin.model), object_id=None,
        object_repr=str(admin.opts.verbose_name_plural), action_flag=CHANGE, change_message=message,
    )  # fmt: skip


def lines(admin, request: HttpRequest, rows: QuerySet, now: datetime) -> Iterator[str]:
    writer = csv.writer(Echo())
    columns = admin.exports_for(request) if hasattr(admin, "exports_for") else admin.exports
    yield "\ufeff" + writer.writerow([str(heading) for _name, heading in columns])
    for row in rows.iterator(chunk_size=CHUNK):
        yield writer.writerow([spell(read(admin, row, name)) for name, _heading in columns])
    mark = _("%(name)s 于 %(at)s 导出,仅供工作使用") % {"name": request.user, "at": f"{now:%Y-%m-%d %H:%M}"}
    yield writer.writerow([mark])


def read(admin, row, name: str):
    """The value of a column: an admin's method, or a dotted path on the row, or the label of a choice."""
    if hasattr(admin, name):
        return getattr(admin, name)(row)
    value = row
    for part in name.split("."):
        label = getattr(value, f"get_{part}_display", None)
        value = label() if label else getattr(value, part, None)
        if value is None:
            return None
    return value


def spell(value: object) -> str:
    """A cell: times as Shanghai reads them, none as empty, text that a spreadsheet would run behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Due):
        return due_words(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    return defused(str(value).replace("\x00", ""))
