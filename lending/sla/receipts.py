"""The receipt of a deadline: how it came about, for a machine and in words a bank can check by hand. No ORM."""

from datetime import date, datetime

from accounts.punctuation import listed
from accounts.templatetags.doorstep import is_english, shanghai
from lending.sla.calendar import ONE_DAY, SHANGHAI, Calendar, Computed, Rule, Suspended, day_of
from lending.sla.kinds import DeadlineKind

# what starts each clock, as the receipt says it
OCCASION = {
    DeadlineKind.BANK_DECISION: "推送",
    DeadlineKind.PANEL_REVIEW: "送审",
    DeadlineKind.SUPPLEMENT: "退回补正",
    DeadlineKind.RECEIPT: "推送",
    DeadlineKind.CONTACT: "推送",
    DeadlineKind.DISBURSEMENT: "授信",
}

IN_ENGLISH = {
    "推送": "Sent", "送审": "Put under review", "退回补正": "Returned", "接收": "Received", "授信": "Approved", "材料齐全": "Documents complete",
}  # fmt: skip

# and for a policy that counts from a later point than the push
STARTED_AT = {"push": "推送", "receipt": "接收", "complete": "材料齐全"}


def receipt(
    start: datetime,
    rule: Rule,
    calendar: Calendar,
    computed: Computed,
    *,
    policy: dict,
    occasion: str = "推送",
) -> dict:
    """Plain JSON. `policy` says which rule it was: {"id", "source"}; `calendar` maps year → version of its notice."""
    return {
        "policy": policy,
        "rule": {
            "length": rule.length, "unit": rule.unit, "is_working_days": rule.is_working_days,
            "is_rolled_forward": rule.is_rolled_forward,
        },
        "calendar": {str(year): calendar.versions[year] for year in computed.looked_at if year in calendar.versions},
        "unknown_years": list(computed.unknown_years),
        "occasion": occasion,
        "start": start.astimezone(SHANGHAI).isoformat(),
        "not_counted": day_of(start).isoformat(),
        "counted": rule.length,
        "excluded": [{"day": day.isoformat(), "name": calendar.name(day)} for day in computed.excluded],
        "suspensions": [
            {"after": one.after.isoformat(), "until": one.until.isoformat(), "days": one.days}
            for one in computed.suspended
        ],
        "rolled_from": computed.rolled_from.isoformat() if computed.rolled_from else None,
        "due_on": computed.last_on.isoformat(),
        "due_at": computed.due_at.isoformat(),
        "provisional": computed.is_provisional,
        "words": in_words(start, rule, calendar, computed, occasion),
        "changes": [],
    }  # fmt: skip


def in_words(
    start: datetime, rule: Rule, calendar: Calendar, computed: Computed, occasion: str = "推送"
) -> str:
    """11月20日推送,次日起算15个自然日(11月26日至11月28日补件暂停3天不计),12月8日24时到期."""
    began = day_of(start)
    said = f"{_day(began)}{occasion},次日起算{length_in_words(rule)}"
    left_out = [f"其间休息日{len(computed.excluded)}天不计"] if computed.excluded else []
    if computed.suspended:
        spans = "、".join(_span(one, began) for one in computed.suspended)
        left_out.append(f"{spans}补件暂停{computed.suspended_days}天不计")
    if left_out:
        said += f"({';'.join(left_out)})"
    if computed.rolled_from:
        said += f",末日{_day(computed.rolled_from, began)}为{calendar.name(computed.rolled_from)},顺延至次一工作日"
    said += f",{_day(computed.last_on, began)}24时到期"
    if computed.unknown_years:
        years = "、".join(str(year) for year in computed.unknown_years)
        said += f"({years}年放假安排未公布,暂按周末推算)"
    return said


def words_of(receipt: dict) -> str:
    """What the chip shows: as it was written, in Chinese; on an English page said again from the same figures."""
    if not is_english() or "due_on" not in receipt:
        return receipt.get("words", "")
    rule, began, due = receipt["rule"], date.fromisoformat(receipt["not_counted"]), receipt["due_on"]
    kind = (
        "month" if rule["unit"] == "months" else "working day" if rule["is_working_days"] else "calendar day"
    )
    said = f"{IN_ENGLISH.get(receipt['occasion'], 'Started')} {shanghai(began, 'date')}; "
    said += f"{rule['length']} {kind}{'' if rule['length'] == 1 else 's'} counted from the day after"
    if excluded := len(receipt["excluded"]):
        said += f", leaving out {excluded} rest day{'' if excluded == 1 else 's'}"
    said += _suspended_in_english(receipt.get("suspensions", []))
    if rolled := receipt["rolled_from"]:
        said += f"; {shanghai(date.fromisoformat(rolled), 'date')} is a rest day, so moved to the next working day"
    said += f"; due {shanghai(date.fromisoformat(due), 'day')} 24:00"
    if years := receipt["unknown_years"]:
        said += f" (holidays of {listed(years)} not announced yet, weekends assumed)"
    return said


def _suspended_in_english(rows: list[dict]) -> str:
    if not rows:
        return ""
    days = sum(row["days"] for row in rows)
    spans = []
    for row in rows:
        since, until = (date.fromisoformat(row[name]) for name in ("after", "until"))
        first, last = shanghai(since + ONE_DAY, "date"), shanghai(until, "date")
        spans.append(first if first == last else f"{first} to {last}")
    return f"; {days} day{'' if days == 1 else 's'} suspended for missing papers ({listed(spans)})"


def length_in_words(rule: Rule) -> str:
    if rule.unit == "months":
        return f"{rule.length}个月"
    return f"{rule.length}个{'工作日' if rule.is_working_days else '自然日'}"


def _span(one: Suspended, since: date) -> str:
    first, last = _day(one.after + ONE_DAY, since), _day(one.until, since)
    return first if first == last else f"{first}至{last}"


def _day(day: date, since: date | None = None) -> str:
    """With the year where it is another one than that of `since`."""
    year = f"{day.year}年" if since and day.year != since.year else ""
    return f"{year}{day.month}月{day.day}日"
