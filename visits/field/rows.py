"""Businesses and visits as the rows and words of the phone pages. No request, no query."""

from datetime import date, datetime, timedelta
from math import isinf

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.clock import day_of
from visits.field.models import Visit
from visits.protection import rules as protection
from visits.protection.marks import Mark
from visits.register.models import Business

TOLD_FOR = 30  # days an own visit is told on the row; as long as one by somebody else
WORDS_FOR_MISSING = {
    "need.amount_yuan": gettext_lazy("需求金额"),
    "need.purpose": gettext_lazy("资金用途"),
    "consent": gettext_lazy("企业授权(查询公共信用信息)"),
    "district": gettext_lazy("经营所在区"),
}


def business_row(business: Business, now: datetime, *, metres: float | None = None) -> dict:
    """What `_partials/business_row.html` shows; the business comes from `queries.with_what_a_row_shows`."""
    return {
        "name": business.name, "url": reverse("visit", args=[business.credit_code]),
        "kind": business.get_kind_display(), "address": business.address, "marks": marks(business, now),
        "is_done": is_same_day(business.last_visit_at, now) and not is_in_vain(business), "distance": distance(metres),
    }  # fmt: skip


def marks(business: Business, now: datetime) -> list[dict]:
    """What to know before knocking: the owner's wish first, then who was there, then how it stands with the visits."""
    told, today = business.facts, day_of(now)
    found = []
    if told.undisturbed_until and today <= told.undisturbed_until:
        found.append(
            {
                "label": _("勿扰至%(day)s") % {"day": short_day(told.undisturbed_until)},
                "icon": "mute",
                "state": "late",
            }
        )
    against = protection.marks(told)
    if told.visited_on:
        word = _("%(when)s%(who)s走访过") % {"when": when(told.visited_on, today), "who": told.visited_by}
        state = "soon" if Mark.COOLING_OFF in against else ""
        found.append({"label": word, "icon": "visits", "state": state})
    if Mark.NOT_LEAD_BANK in against:
        found.append(
            {"label": _("主办行:%(bank)s") % {"bank": told.lead.name}, "icon": "bank", "state": "soon"}
        )
    return found + _how_it_stands(business, today)


def _how_it_stands(business: Business, today: date) -> list[dict]:
    found, last_on = [], business.last_visit_at and day_of(business.last_visit_at)
    if business.last_outcome == Visit.Outcome.UNREACHABLE:
        found.append(_tried(business))
    elif business.last_outcome == Visit.Outcome.WRONG_ADDRESS:
        found.append(_last_time(business))  # whoever it was: nobody was met there
    elif last_on == business.facts.visited_on:
        pass  # told already; what another bank's visit came to is not for this one
    elif business.last_outcome == Visit.Outcome.DEFERRED:
        found.append(_last_time(business))
    elif (today - last_on).days <= TOLD_FOR:
        found.append({"label": _("%(when)s本单位走访过") % {"when": when(last_on, today)}, "icon": "check"})
    if business.status == Business.Status.CLOSED:
        found.append({"label": _("登记状态为注销或吊销"), "icon": "state-late", "state": "late"})
    return found


def _last_time(business: Business) -> dict:
    outcome = Visit.Outcome(business.last_outcome)
    return {"label": _("上次:%(outcome)s") % {"outcome": outcome.label}, "icon": f"outcome-{outcome.value}"}


def _tried(business: Business) -> dict:
    policy = business.facts.policy
    if protection.is_given_up(business.tried, policy):
        return {
            "label": _("联系不上(已试%(n)s天)") % {"n": business.tried},
            "icon": "outcome-unreachable",
            "state": "late",
        }
    of = {"n": business.tried, "of": policy.unreachable_days}
    return {"label": _("联系不上 %(n)s/%(of)s") % of, "icon": "outcome-unreachable", "state": "soon"}


def is_in_vain(business: Business) -> bool:
    """Nobody was met there last: 已联系 and not 已走访."""
    return business.last_outcome == Visit.Outcome.UNREACHABLE


def attempt(business: Business, now: datetime) -> dict:
    """What an attempt in vain made now would be: {"n": which day, "of": how many are asked for, "is_last"}."""
    of = max(business.facts.policy.unreachable_days, 1)
    is_second_today = business.last_outcome == Visit.Outcome.UNREACHABLE and is_same_day(
        business.last_visit_at, now
    )
    n = business.tried + (0 if is_second_today else 1)
    return {"n": n, "of": of, "is_last": n >= of}


def when(day: date, today: date) -> str:
    days = (today - day).days
    return _("今天") if days <= 0 else _("%(days)s天前") % {"days": days}


def short_day(day: date) -> str:
    return _("%(month)s月%(day)s日") % {"month": day.month, "day": day.day}


def distance(metres: float | None) -> str:
    """ "80 m", "320 m", "1.4 km"; nothing where the place is not known."""
    if metres is None or isinf(metres):
        return ""
    return f"{max(round(metres, -1), 10):.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def is_same_day(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and day_of(moment) == day_of(now)


def missing_words(visit: Visit) -> list[str]:
    return [str(WORDS_FOR_MISSING.get(name, name)) for name in visit.missing]


def quiet_choices(today: date) -> list[dict]:
    """For how long an owner may ask at the door not to be called on: {label, until} each."""
    spans = ((30, _("一个月")), (90, _("三个月")), (180, _("半年")), (365, _("一年")))
    return [{"label": label, "until": today + timedelta(days=days)} for days, label in spans]
