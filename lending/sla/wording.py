"""The steps of an explanation in words, one after the other as somebody with a calendar on the wall would go."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.clock import day_of
from accounts.punctuation import apart, clauses, listed, said_of
from accounts.templatetags.doorstep import shanghai
from accounts.templatetags.language import spoken
from lending.sla.calendar import last_day
from lending.sla.days import spans_of
from lending.sla.kinds import DeadlineKind
from lending.sla.models import Deadline, DeadlinePolicy, Suspension
from lending.sla.receipts import OCCASION
from visits.models import BusinessList

STOPPED = {
    Deadline.State.MET: lambda: _("按期办结"),
    Deadline.State.MET_LATE: lambda: _("超期办结"),
    Deadline.State.CANCELLED: lambda: _("终止计时,不再考核"),
}


# What stands on receipts in Chinese, named here for the catalogue, so that `spoken` finds it in another language.
ON_RECEIPTS = (
    gettext_lazy("推送"), gettext_lazy("送审"), gettext_lazy("退回补正"), gettext_lazy("授信"), gettext_lazy("接收"),
    gettext_lazy("材料齐全"), gettext_lazy("周末"), gettext_lazy("休息日"),
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """`key` is stable; `said` is the sentence, `notes` what stands below it."""

    key: str
    title: str
    said: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What the words are made from. `years` as in `explaining.Year`."""

    clock: Deadline
    years: list
    suspensions: list[Suspension]
    gross_days: int
    net_days: int

    @property
    def receipt(self) -> dict:
        return self.clock.receipt


def steps(told: Told) -> list[Step]:
    found = [
        _policy(told),
        _start(told),
        _count(told),
        _suspended(told),
        _rolled(told),
        _calendar(told),
        _due(told),
        _stop(told),
    ]
    return [step for step in found if step is not None]


def _policy(told: Told) -> Step:
    policy, rule = told.clock.policy, told.receipt["rule"]
    said = clauses([
        said_of(told.clock.get_kind_display(), length(rule)),
        _("自%(point)s起算") % {"point": starts(policy)},
        _("末日遇休息日顺延至次一工作日") if rule["is_rolled_forward"] else _("末日遇休息日不顺延"),
    ])  # fmt: skip
    since = shanghai(policy.effective_from, "day")
    until = shanghai(policy.effective_until, "day") if policy.effective_until else ""
    force = (
        _("规则第%(number)s号,%(since)s至%(until)s施行") if until else _("规则第%(number)s号,%(since)s起施行")
    ) % {"number": policy.pk, "since": since, "until": until}
    notes = [
        _("依据:%(source)s") % {"source": policy.source or "—"},
        apart([force, _("适用:%(scope)s") % {"scope": scope(policy)}]),
    ]
    if policy.max_suspension_days:
        cap = ngettext("补件暂停累计最多%(days)d天", "补件暂停累计最多%(days)d天", policy.max_suspension_days)
        notes.append(cap % {"days": policy.max_suspension_days})
    return Step("policy", _("适用规则"), said, tuple(notes))


def scope(policy: DeadlinePolicy) -> str:
    """Where and for which list the policy holds: 全市; 徐汇区、科创专项."""
    parts = [policy.district.name] if policy.district else []
    if policy.programme:
        found = BusinessList.objects.filter(code=policy.programme).values_list("name", flat=True).first()
        parts.append(found or policy.programme)
    return listed(parts) if parts else _("全市")


def starts(policy: DeadlinePolicy) -> str:
    """What starts a clock of this policy. Only the bank's decision has a choice; the column says 推送 for the others."""
    if policy.kind == DeadlineKind.BANK_DECISION:
        return policy.get_starts_at_display()
    return spoken(OCCASION[DeadlineKind(policy.kind)])


def length(rule: dict) -> str:
    if rule["unit"] == "months":
        said = ngettext("%(n)d个月", "%(n)d个月", rule["length"])
    elif rule["is_working_days"]:
        said = ngettext("%(n)d个工作日", "%(n)d个工作日", rule["length"])
    else:
        said = ngettext("%(n)d个自然日", "%(n)d个自然日", rule["length"])
    return said % {"n": rule["length"]}


def _start(told: Told) -> Step:
    receipt = told.receipt
    start, occasion = (
        datetime.fromisoformat(receipt["start"]),
        spoken(receipt["occasion"]),
    )
    first = day_of(start)
    said = _("%(at)s%(occasion)s,当日不计,自%(first)s起算") % {
        "at": shanghai(start, "full"), "occasion": occasion, "first": shanghai(first + timedelta(days=1), "date"),
    }  # fmt: skip
    notes = ()
    if start != told.clock.started_at and day_of(told.clock.started_at) != first:
        notes = (
            _("%(at)s推送时先行计时,按规则自%(occasion)s之日重新起算")
            % {"at": shanghai(told.clock.started_at, "full"), "occasion": occasion},
        )
    return Step("start", _("起算"), said, notes)


def _count(told: Told) -> Step:
    receipt, rule = told.receipt, told.receipt["rule"]
    if rule["unit"] == "months":
        return Step(
            "count",
            _("计数"),
            _("%(length)s,至对应之日;当月没有对应之日的,以月末为准") % {"length": length(rule)},
        )
    if not rule["is_working_days"]:
        return Step("count", _("计数"), _("%(length)s,周末和节假日照计") % {"length": length(rule)})
    excluded = receipt["excluded"]
    if not excluded:
        return Step("count", _("计数"), _("%(length)s,其间没有休息日") % {"length": length(rule)})
    said = ngettext(
        "%(length)s,其间休息日%(days)d天不计", "%(length)s,其间休息日%(days)d天不计", len(excluded)
    )
    spans = tuple(f"{between(span.since, span.until)} {spoken(span.name)}" for span in spans_of(excluded))
    return Step("count", _("计数"), said % {"length": length(rule), "days": len(excluded)}, (apart(spans),))


def between(since: date, until: date) -> str:
    if since == until:
        return shanghai(since, "date")
    return _("%(since)s至%(until)s") % {"since": shanghai(since, "date"), "until": shanghai(until, "date")}


def _suspended(told: Told) -> Step | None:
    granted = [one for one in told.suspensions if one.from_on is not None and one.until_on > one.from_on]
    if not granted:
        return None
    days = sum((one.until_on - one.from_on).days for one in granted)
    said = ngettext("经工作专班同意暂停,%(days)d天不计", "经工作专班同意暂停,%(days)d天不计", days) % {
        "days": days
    }
    notes = tuple(
        _("%(days)s,要补:%(papers)s")
        % {"days": between(one.from_on + timedelta(days=1), one.until_on), "papers": one.papers}
        for one in granted
    )
    return Step("suspended", _("补件暂停"), said, notes)


def _rolled(told: Told) -> Step | None:
    if not told.receipt["rule"]["is_rolled_forward"]:
        return None
    rolled, due = told.receipt["rolled_from"], date.fromisoformat(told.receipt["due_on"])
    if not rolled:
        said = _("末日%(day)s是工作日,无须顺延") % {"day": shanghai(due, "date")}
    else:
        said = _("末日%(day)s是休息日,顺延至%(to)s") % {
            "day": shanghai(date.fromisoformat(rolled), "date"), "to": shanghai(due, "date"),
        }  # fmt: skip
    return Step("rolled", _("顺延"), said)


def _calendar(told: Told) -> Step:
    if not told.years:
        return Step("calendar", _("日历"), _("本时限不看放假安排,任何一年的安排变动都不影响它"))
    known, missing = [], []
    for row in told.years:
        if row.version:
            known.append(_("%(year)s年第%(version)s版:%(source)s") % vars(row))
        else:
            missing.append(str(row.year))
    said = ""
    if missing:
        said = _("%(years)s年放假安排尚未公布,暂按周末推算;公布后自动重算,并在此留下记录") % {
            "years": listed(missing)
        }
    elif known:
        said = _("按已公布的放假安排计算")
    return Step("calendar", _("日历"), said, tuple(known))


def _due(told: Told) -> Step:
    due_at = told.clock.due_at
    said = _("%(day)s24时到期,%(next)s零时起为超期") % {
        "day": shanghai(last_day(due_at), "day"), "next": shanghai(last_day(due_at) + timedelta(days=1), "date"),
    }  # fmt: skip
    return Step(
        "due", _("到期"), said, (_("暂定:放假安排公布后可能变动"),) if told.clock.is_provisional else ()
    )


def _stop(told: Told) -> Step | None:
    clock = told.clock
    if clock.stopped_at is None:
        return None
    said = clauses([shanghai(clock.stopped_at, "full"), STOPPED[Deadline.State(clock.state)]()])
    return Step("stop", _("停止计时"), said, (spent(told.gross_days, told.net_days),))


def spent(gross: int, net: int) -> str:
    """历时12天,扣除暂停4天,净用8天."""
    if gross == net:
        return ngettext("历时%(gross)d天", "历时%(gross)d天", gross) % {"gross": gross}
    said = ngettext(
        "历时%(gross)d天,扣除暂停%(off)d天,净用%(net)d天",
        "历时%(gross)d天,扣除暂停%(off)d天,净用%(net)d天",
        gross,
    )
    return said % {"gross": gross, "off": gross - net, "net": net}
