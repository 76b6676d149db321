"""Businesses and visits as the rows and words of the phone pages. No request, no query."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.clock import day_of
from visits.field.models import Visit
from visits.field.queries import RECENT
from visits.register.models import Business

WORDS_FOR_MISSING = {
    "need.amount_yuan": gettext_lazy("需求金额"),
    "need.purpose": gettext_lazy("资金用途"),
    "consent": gettext_lazy("企业授权(查询公共信用信息)"),
    "district": gettext_lazy("经营所在区"),
}


def business_row(business: Business, now: datetime) -> dict:
    """What `_partials/business_row.html` shows; `last_visit_…` come from `with_last_visit`."""
    return {
        "name": business.name, "url": reverse("visit", args=[business.credit_code]),
        "kind": business.get_kind_display(), "address": business.address, "marks": marks(business, now),
        "is_done": is_same_day(business.last_visit_at, now),
    }  # fmt: skip


def marks(business: Business, now: datetime) -> list[dict]:
    """A visit not long ago, by whom: five banks in a month is what owners complain of."""
    found = []
    if business.last_visit_at and now - business.last_visit_at < RECENT:
        days = (day_of(now) - day_of(business.last_visit_at)).days
        when = _("今天") if days <= 0 else _("%(days)s天前") % {"days": days}
        word = _("%(when)s%(who)s走访过") % {"when": when, "who": business.last_visit_by}
        found.append({"label": word, "icon": "visits", "state": "done" if days <= 0 else "soon"})
    if business.last_outcome in (Visit.Outcome.UNREACHABLE, Visit.Outcome.DEFERRED):
        found.append(
            {"label": _("上次:%(outcome)s") % {"outcome": Visit.Outcome(business.last_outcome).label}}
        )
    if business.status == Business.Status.CLOSED:
        found.append({"label": _("登记状态为注销或吊销"), "icon": "state-late", "state": "late"})
    return found


def is_same_day(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and day_of(moment) == day_of(now)


def missing_words(visit: Visit) -> list[str]:
    return [str(WORDS_FOR_MISSING.get(name, name)) for name in visit.missing]
