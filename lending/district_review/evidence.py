"""What is known about each criterion before anybody judges: flags with source and date, never a verdict. No ORM.

Which categories speak to which criterion follows domain.md 2.1; an item that speaks to several is shown under each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.punctuation import listed, said_of
from accounts.templatetags.doorstep import wan

ADVERSE, PLAIN, OPEN = "late", "info", "soon"
# substrings of a category or item → the criteria it speaks to; the first that fits an item decides
SPEAKS_TO = (
    (("经营异常", "严重违法"), ("compliant_operation", "good_credit_standing")),
    (("登记", "许可", "资质", "年报"), ("compliant_operation",)),
    (("失信", "被执行", "诉讼", "司法", "裁判", "破产"), ("good_credit_standing",)),
    (("欠税", "纳税信用"), ("good_credit_standing", "compliant_operation")),
    (("处罚", "修复", "环境", "环保", "信用"), ("good_credit_standing",)),
    (("纳税", "税", "社保", "公积金", "参保"), ("compliant_operation",)),
    (("不动产", "租赁", "水", "电", "燃气", "气", "地址", "场所"), ("fixed_premises",)),
    (("营收", "收入", "订单", "进出口", "发票", "合同", "利润", "用工"), ("genuine_need",)),
)
FORBIDDEN = (
    "房地产",
    "购房",
    "买房",
    "炒股",
    "股票",
    "股市",
    "理财",
    "基金",
    "期货",
    "转贷",
    "过桥",
    "还贷",
    "偿还",
    "还债",
    "虚拟货币",
)
MAX_NOTE = 500


@dataclass(frozen=True)
class Facts:
    """What visit, register and need say; `None` and "" where they say nothing."""

    status: str = ""  # of registration: active, closed, unknown
    registered_on: date | None = None
    address: str = ""
    visit_mode: str = ""  # on_site, phone, online
    visit_mode_name: str = ""
    visited_on: date | None = None
    visited_by: str = ""
    distance_m: int | None = None  # from where the phone was to where the business is entered on the map
    amount_yuan: Decimal | None = None
    purpose_name: str = ""
    purpose_text: str = ""
    signed_name: str = ""
    signed_on: date | None = None
    is_witnessed: bool = True  # an officer was there when it was signed
    declared_on: date | None = None  # the day on which the owner declared the need alone
    confirmed_on: date | None = (
        None  # the day on which the owner said on their own phone that the need is theirs
    )


def evidence(items: Sequence[dict], sources: Sequence[str], facts: Facts) -> dict[str, list[dict]]:
    """{criterion: [{text, source, at, state}]}, adverse first. `items` as receipts hold them, each with its `source`."""
    found: dict[str, list[dict]] = {
        "compliant_operation": _registration(facts),
        "fixed_premises": _premises(facts),
        "genuine_need": _need(facts),
        "good_credit_standing": [],
        "lawful_purpose": _purpose(facts),
    }
    for item in items:
        for criterion in criteria_of(item):
            found[criterion].append(_said(item))
    if sources and not any(line["state"] == ADVERSE for line in found["good_credit_standing"]):
        text = _("已查来源中没有不利信息")
        found["good_credit_standing"].append(
            {"text": text, "source": listed(sources), "state": PLAIN, "at": None}
        )
    order = {ADVERSE: 0, OPEN: 1, PLAIN: 2}
    return {name: sorted(lines, key=lambda line: order[line["state"]]) for name, lines in found.items()}


def criteria_of(item: dict) -> tuple[str, ...]:
    """An adverse item that nothing else speaks for is one of credit standing: it must not fall under the table."""
    words = f"{item['category']} {item['item']}"
    fitting = next((criteria for keys, criteria in SPEAKS_TO if any(key in words for key in keys)), ())
    if item["is_adverse"] and "good_credit_standing" not in fitting:
        return (*fitting, "good_credit_standing")
    return fitting


def note(lines: Sequence[dict]) -> str:
    """A first draft of the evidence for the reviewer to keep or rewrite; nothing that still has to be found out."""
    said = [
        f"{line['text']}({line['source']})" if line["source"] else line["text"]
        for line in lines
        if line["state"] != OPEN
    ]
    return ";".join(said)[:MAX_NOTE]


def _said(item: dict) -> dict:
    name = item["item"] if item["category"] in item["item"] else f"{item['category']}·{item['item']}"
    return {
        "text": f"{name}:{item['value']}", "source": item["department"] or item.get("source", ""),
        "at": date.fromisoformat(item["as_of"]), "state": ADVERSE if item["is_adverse"] else PLAIN,
    }  # fmt: skip


def _registration(facts: Facts) -> list[dict]:
    lines = []
    if facts.status == "closed":
        lines.append(_line(_("登记状态为注销或吊销"), _("名录"), None, ADVERSE))
    if facts.registered_on:
        lines.append(
            _line(
                _("%(year)d年登记成立") % {"year": facts.registered_on.year}, _("名录"), facts.registered_on
            )
        )
    return lines


def _premises(facts: Facts) -> list[dict]:
    lines = (
        [_line(_("登记地址:%(address)s") % {"address": facts.address}, _("名录"), None)]
        if facts.address
        else []
    )
    by = facts.visited_by
    if facts.visit_mode == "on_site":
        lines.append(_line(_("实地走访"), by, facts.visited_on))
        if facts.distance_m is not None:
            near = facts.distance_m <= 500
            text = _("走访定位距登记位置约%(metres)d米") % {"metres": facts.distance_m}
            lines.append(_line(text, _("走访定位"), facts.visited_on, PLAIN if near else OPEN))
    elif facts.visit_mode:
        text = _("未实地走访(%(mode)s),经营场所请另行核实") % {"mode": facts.visit_mode_name}
        lines.append(_line(text, by, facts.visited_on, OPEN))
    else:
        lines.append(_line(_("尚未走访,经营场所请另行核实"), "", None, OPEN))
    return lines


def _need(facts: Facts) -> list[dict]:
    lines = []
    if facts.amount_yuan is not None:
        text = _("需求%(amount)s万元,%(purpose)s") % {
            "amount": wan(facts.amount_yuan),
            "purpose": facts.purpose_name,
        }
        lines.append(_line(text, *_told_where(facts)))
    if facts.declared_on and not facts.visit_mode:
        lines.append(_line(_("扫门牌码自行申报,尚未走访,请核实是否本人所报"), "", facts.declared_on, OPEN))
    if facts.confirmed_on:
        lines.append(_line(_("企业主在自己的手机上确认了这项需求"), _("进度页"), facts.confirmed_on))
    if facts.signed_name:
        text = _("企业主已签署授权") if facts.is_witnessed else _("企业主自行签署授权,没有见证人")
        state = PLAIN if facts.is_witnessed else OPEN
        lines.append(_line(text, facts.signed_name, facts.signed_on, state))
    return lines


def _told_where(facts: Facts) -> tuple[str, date | None]:
    if facts.declared_on:
        return _("企业主申报"), facts.declared_on
    return _("走访登记"), facts.visited_on


def _purpose(facts: Facts) -> list[dict]:
    if not facts.purpose_name:
        return []
    words = said_of(facts.purpose_name, facts.purpose_text)
    lines = [_line(_("用途为%(purpose)s") % {"purpose": words}, *_told_where(facts))]
    if struck := [word for word in FORBIDDEN if word in facts.purpose_text]:
        text = _("用途说明中出现“%(words)s”,请核实是否属于限制用途") % {"words": listed(struck)}
        lines.append(_line(text, *_told_where(facts), OPEN))
    return lines


def _line(text: str, source: str, at: date | datetime | None, state: str = PLAIN) -> dict:
    return {"text": text, "source": source, "at": at, "state": state}
