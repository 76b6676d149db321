"""`/deadlines/<pk>/`: why a clock is due when it is, for whoever may see the clock; on screen, on paper, as a file."""

import csv
from collections.abc import Iterator
from io import StringIO

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.admin_export import due_words, spell
from accounts.punctuation import apart
from lending.sla.chips import chip
from lending.sla.days import weeks_of
from lending.sla.explaining import Explanation, clock_for, explain
from lending.sla.serializers import ExplanationOut, LetterOut
from lending.sla.wording import spent

WEEKDAYS = (
    pgettext_lazy("weekday", "一"), pgettext_lazy("weekday", "二"), pgettext_lazy("weekday", "三"),
    pgettext_lazy("weekday", "四"), pgettext_lazy("weekday", "五"), pgettext_lazy("weekday", "六"),
    pgettext_lazy("weekday", "日"),
)  # fmt: skip


@never_cache
@login_required
@require_safe
def deadline(request: HttpRequest, pk: int) -> HttpResponse:
    """`?format=json` and `?format=csv` are the same as files."""
    clock, now = clock_for(request.user, pk), timezone.now()
    told, wanted = explain(clock, request.user, now), request.GET.get("format", "")
    if wanted == "json":
        answer = JsonResponse(
            ExplanationOut(told).data, json_dumps_params={"ensure_ascii": False, "indent": 1}
        )
        return _as_file(answer, told, "json")
    if wanted == "csv":
        return _as_file(HttpResponse(as_csv(told), content_type="text/csv; charset=utf-8"), told, "csv")
    context = {
        "told": told, "clock": clock, "chip": chip(clock, now), "weeks": weeks_of(told.days), "kinds_of_days": {day.what for day in told.days}, "now": now,
        "spent": spent(told.gross_days, told.net_days), "weekday_names": WEEKDAYS,
    }  # fmt: skip
    return render(request, "lending/sla/deadline.html", context)


def _as_file(answer: HttpResponse, told: Explanation, ending: str) -> HttpResponse:
    name = f"{told.clock.case.number}-{told.clock.kind}.{ending}"
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def as_csv(told: Explanation) -> str:
    """With a byte order mark, for Excel; text that a spreadsheet would run is made harmless."""
    out = StringIO("\ufeff")
    out.seek(1)
    writer = csv.writer(out)
    for row in _lines(told):
        writer.writerow([spell(cell) for cell in row])
    return out.getvalue()


def _lines(told: Explanation) -> Iterator[tuple]:
    clock = told.clock
    yield _("部分"), _("项目"), _("内容"), _("时间")
    yield _("时限"), _("办件编号"), clock.case.number, None
    yield _("时限"), _("企业"), clock.case.business.name, None
    yield _("时限"), clock.get_kind_display(), clock.bound.name, None
    for step in told.steps:
        yield _("计算"), step.title, apart([step.said, *step.notes]), None
    for day in told.days:
        if day.what in ("rest", "suspended"):
            yield _("不计的日子"), day.name or _("补件暂停"), None, f"{day.day}"
    for one in told.suspensions:
        yield (
            _("补件暂停"),
            one.get_state_display(),
            apart([one.papers, one.reason, one.decided_note]),
            one.asked_at,
        )
    for change in told.changes:
        moved = f"{due_words(change.old_due_at)} → {due_words(change.new_due_at)}"
        yield _("变更"), moved, change.reason, change.at
    for letter in told.letters:
        to = apart([letter.organisation.name, LetterOut().get_to(letter)])
        yield _("提醒"), letter.get_step_display(), f"{to} {letter.get_state_display()}", letter.sent_at
