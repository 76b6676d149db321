"""The digest: one mail about everything one recipient is to know of now. Composes; sends nothing."""

from datetime import datetime
from email.header import Header
from email.message import Message
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from lending.sla import chips, ladder
from lending.sla.calendar import day_of
from lending.sla.kinds import DeadlineKind, Step
from lending.sla.models import Alert

ROWS_SHOWN = 100
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class Letter(EmailMultiAlternatives):
    """Folds a long Chinese subject by its words. Django's fold comes right after the colon, and mail programs that
    take it literally show a blank before the text."""

    def message(self):
        built = super().message()
        del built["Subject"]
        Message.__setitem__(built, "Subject", Header(self.subject, "utf-8", header_name="Subject"))
        return built


def with_what_is_shown(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """With what a digest reads, and no more: a clock's receipt and a firm's whole row are many times as long."""
    return alerts.select_related("deadline__case__business", "deadline__case__district", "organisation").only(
        "recipient", "message_id", "attempts", "created_at", "step", "due_at", "why", "organisation__name",
        "deadline__kind", "deadline__due_at", "deadline__case__number", "deadline__case__amount_yuan",
        "deadline__case__business__name", "deadline__case__district__name",
    )  # fmt: skip


def digest(alerts: list[Alert], now: datetime) -> Letter:
    """The mail for the letters of one recipient, as things stand at `now`; text and HTML, in the site's language."""
    with translation.override(settings.LANGUAGE_CODE):
        context = _context(alerts, now)
        message = Letter(
            subject=context["subject"],
            body=render_to_string("emails/alert_digest.txt", context),
            to=[alerts[0].recipient],
            headers={"Message-ID": alerts[0].message_id, **HEADERS},
        )
        message.attach_alternative(render_to_string("emails/alert_digest.html", context), "text/html")
    return message


def _context(alerts: list[Alert], now: datetime) -> dict:
    ordered = sorted(alerts, key=lambda a: (a.due_at, a.deadline_id))
    per_clock = [list(letters) for _key, letters in groupby(ordered, key=lambda a: a.deadline_id)]
    rows = [_row(letters, now) for letters in per_clock]
    counts = {state: sum(row["state"] == state for row in rows) for state in ("late", "soon", "new", "rest")}
    return {
        "subject": " ".join(f"{_prefix(alerts, counts)}{_counted(counts)} — {_place(alerts)}".split()),
        "counted": _counted(counts),
        "rows": rows[:ROWS_SHOWN],
        "more": max(len(rows) - ROWS_SHOWN, 0),
        "todo": _todo(alerts),
        "whys": list(dict.fromkeys(alert.why for alert in alerts)),
        "next": _next([letters[0] for letters in per_clock], now),
    }


def _row(letters: list[Alert], now: datetime) -> dict:
    """One line of the table, as `emails/_cases.html` takes it."""
    clock, case = letters[0].deadline, letters[0].deadline.case
    left = chips.days_left(clock.due_at, now)
    is_late = now >= clock.due_at
    is_new = any(letter.step == Step.ASSIGNED for letter in letters)
    state = "late" if is_late else "soon" if left <= chips.DUE_SOON_DAYS else "new" if is_new else "rest"
    return {
        "number": case.number,
        "url": settings.PUBLIC_BASE_URL + reverse("go-case", args=[case.number]),
        "name": case.business.name,
        "yuan": case.amount_yuan,
        "due": clock.due_at,
        "days": chips.label(min(left, -1) if is_late else left),
        "state": state,
    }


def _prefix(alerts: list[Alert], counts: dict[str, int]) -> str:
    if counts["late"]:
        above = {Step.ESCALATED_DISTRICT, Step.ESCALATED_CITY}
        return _("【超期督办】") if all(alert.step in above for alert in alerts) else _("【超期提醒】")
    return _("【到期提醒】") if counts["soon"] else _("【新推送】")


def _counted(counts: dict[str, int]) -> str:
    """2 笔超期、3 笔三日内到期."""
    words = {
        "late": _("%(n)d 笔超期"),
        "soon": _("%(n)d 笔三日内到期"),
        "new": _("%(n)d 笔新推送"),
        "rest": _("%(n)d 笔在办"),
    }
    return _("、").join(words[state] % {"n": n} for state, n in counts.items() if n)


def _place(alerts: list[Alert]) -> str:
    """The district where all cases are of one, else the recipient's organisation."""
    districts = {alert.deadline.case.district.name for alert in alerts}
    return districts.pop() if len(districts) == 1 else alerts[0].organisation.name


def _todo(alerts: list[Alert]) -> list[str]:
    words = {
        DeadlineKind.BANK_DECISION: _(
            "请在到期前登记是否授信的决定,同意、部分同意、不予授信均可;不予授信请写明原因。"
        ),
        DeadlineKind.PANEL_REVIEW: _("请对照五项标准完成区级审核:推荐、退回补正或不予推荐。"),
        DeadlineKind.SUPPLEMENT: _("请联系企业补齐退回时列明的内容。"),
    }
    kinds = {alert.deadline.kind for alert in alerts}
    return [sentence for kind, sentence in words.items() if kind in kinds]


def _next(alerts: list[Alert], now: datetime) -> str:
    """What happens by itself if nothing is done: the next rung of each clock, the earliest of each sort."""
    words = {
        Step.DUE_SOON: _("再次提醒"),
        Step.DUE_IN_TWO: _("再次提醒"),
        Step.LAST_DAY: _("再次提醒"),
        Step.OVERDUE: _("记为超期"),
        Step.ESCALATED_BANK: _("通知银行联络人"),
        Step.ESCALATED_DISTRICT: _("报区级工作专班督办"),
        Step.ESCALATED_CITY: _("报市级管理部门督办"),
        Step.NAG: _("再次催办"),
    }
    earliest: dict[str, datetime] = {}
    for alert in alerts:
        rung = ladder.ladder_of(alert.deadline.kind).following(alert.due_at, now)
        if rung:
            at = ladder.moment(rung, alert.due_at)
            earliest[words[rung.step]] = min(earliest.get(words[rung.step], at), at)
    if not earliest:
        return _("已到最高一级,办结前不再另发提醒。")
    coming = [
        _("%(month)d月%(day)d日%(what)s") % {"month": day_of(at).month, "day": day_of(at).day, "what": what}
        for what, at in sorted(earliest.items(), key=lambda pair: pair[1])
    ]
    return _("如未办结,最早一笔将于%(coming)s。") % {"coming": _("、").join(coming)}
