"""What a digest says in words: its subject, what is to be done, why it came and what comes next. In the language that
is on."""

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from accounts.punctuation import listed
from accounts.templatetags.doorstep import shanghai
from lending.sla import recipients
from lending.sla.calendar import day_of
from lending.sla.kinds import OF_BANK, DeadlineKind, Step
from lending.sla.ladder import Ladders, moment
from lending.sla.models import Alert

ABOVE = {Step.ESCALATED_DISTRICT, Step.ESCALATED_CITY}
OFFICER = "officer"  # the `why_code` of who visited, whatever organisation they are of
DOERS = {  # who can do what a clock asks for; whoever else hears of it can but see to it
    **dict.fromkeys(OF_BANK, (Organisation.Kind.BANK, Organisation.Kind.BRANCH)),
    DeadlineKind.PANEL_REVIEW: (Organisation.Kind.DISTRICT,),
    DeadlineKind.SUPPLEMENT: (OFFICER,),
}
TODO = {  # to those who can do it: while there is time, and (the last, where it is another one) late
    DeadlineKind.BANK_DECISION: (
        gettext_lazy("请在到期前登记是否授信的决定,同意、部分同意、不予授信均可;不予授信请写明原因。"),
        gettext_lazy("已超期的,请尽快登记是否授信的决定,同意、部分同意、不予授信均可;不予授信请写明原因。"),
    ),
    DeadlineKind.PANEL_REVIEW: (gettext_lazy("请对照五项标准完成区级审核:推荐、退回补正或不予推荐。"),),
    DeadlineKind.SUPPLEMENT: (gettext_lazy("请联系企业补齐退回时列明的内容。"),),
    DeadlineKind.RECEIPT: (gettext_lazy("请接收推送来的办件。"),),
    DeadlineKind.CONTACT: (gettext_lazy("请与企业首次对接,并登记对接情况。"),),
    DeadlineKind.DISBURSEMENT: (gettext_lazy("已同意授信的,请登记放款。"),),
}
SEE_TO = {  # to those above or beside them
    DeadlineKind.BANK_DECISION: gettext_lazy("请督促承办银行尽快作出决定。"),
    DeadlineKind.PANEL_REVIEW: gettext_lazy("请督促区级工作专班尽快完成审核。"),
    DeadlineKind.SUPPLEMENT: gettext_lazy("请督促走访人员联系企业补齐退回时列明的内容。"),
    DeadlineKind.RECEIPT: gettext_lazy("请督促承办银行尽快接收办件。"),
    DeadlineKind.CONTACT: gettext_lazy("请督促承办银行尽快与企业首次对接。"),
    DeadlineKind.DISBURSEMENT: gettext_lazy("请督促承办银行尽快登记放款。"),
}


def prefix(alerts: list[Alert], counts: dict[str, int]) -> str:
    """The first word of the subject: what the whole mail is about. A mail about one late case is a mail about that."""
    if counts["late"]:
        return _("【超期督办】") if all(alert.step in ABOVE for alert in alerts) else _("【超期提醒】")
    if counts["slow"] or counts["rest"]:
        return _("【办理提醒】")
    return _("【到期提醒】") if counts["soon"] or counts["near"] else _("【新推送】")


def counted(counts: dict[str, int]) -> str:
    """2 笔超期、3 笔三日内到期."""
    words = {
        "late": _("%(n)d 笔超期"),
        "slow": _("%(n)d 笔环节超时"),
        "soon": _("%(n)d 笔三日内到期"),
        "near": _("%(n)d 笔即将到期"),
        "new": _("%(n)d 笔新推送"),
        "rest": _("%(n)d 笔在办"),
    }
    return listed(words[state] % {"n": n} for state, n in counts.items() if n)


def place(alerts: list[Alert]) -> str:
    """The district where all cases are of one, else the recipient's organisation."""
    districts = {alert.deadline.case.district.name for alert in alerts}
    return districts.pop() if len(districts) == 1 else alerts[0].organisation.name


def todo(alerts: list[Alert], now: datetime) -> list[str]:
    """What the reader is to do, each sentence once; what is late first."""
    in_order = sorted(
        alerts, key=lambda alert: (now < alert.deadline.due_at, list(TODO).index(alert.deadline.kind))
    )
    return list(dict.fromkeys(str(_todo(alert, now)) for alert in in_order))


def _todo(alert: Alert, now: datetime) -> str:
    clock = alert.deadline
    reader = OFFICER if alert.why_code == OFFICER else alert.organisation.kind
    if reader not in DOERS[clock.kind]:
        return SEE_TO[clock.kind]
    return TODO[clock.kind][-1 if now >= clock.due_at else 0]


def whys(alerts: list[Alert], language: str, site_language: str) -> list[str]:
    """Each reason once: as it stands in the ledger, or said again in the reader's language."""
    if language == site_language:
        return list(dict.fromkeys(alert.why for alert in alerts))
    return list(dict.fromkeys(_why(alert) for alert in alerts))


def _why(alert: Alert) -> str:
    if not alert.why_code:
        return alert.why
    reader, absent = alert.recipient_user, alert.instead_of
    return recipients.in_words(
        alert.why_code,
        place=alert.organisation.name,
        role=reader.get_role_display() if reader else "",
        absent=absent.name if absent else "",
    )


def coming(alerts: list[Alert], now: datetime, ladders: Ladders) -> str:
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
    clocks = {(alert.deadline.policy_id, alert.deadline.kind, alert.due_at) for alert in alerts}
    earliest: dict[str, datetime] = {}
    for policy, kind, due_at in clocks:
        if rung := ladders.of(policy, kind).following(due_at, now):
            at, what = moment(rung, due_at), words[rung.step]
            earliest[what] = min(earliest.get(what, at), at)
    if not earliest:
        return _("已到最高一级,办结前不再另发提醒。")
    days: dict[date, list[str]] = {}
    for what in dict.fromkeys(words.values()):
        if what in earliest:
            days.setdefault(day_of(earliest[what]), []).append(what)
    steps = [
        _("%(day)s%(what)s") % {"day": shanghai(day, "date"), "what": listed(whats)}
        for day, whats in sorted(days.items())
    ]
    return _("如未办结,最早一笔将于%(coming)s。") % {"coming": listed(steps)}
