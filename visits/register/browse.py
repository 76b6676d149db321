"""Looking through the businesses one may see: by name or code, district, list and assignment. Never writes."""

from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from accounts.access import visible_to
from accounts.errors import Invalid
from accounts.models import Organisation, User
from visits.access import assigned_to
from visits.codes.queries import live_codes
from visits.register.models import Business, BusinessList, ListMembership
from visits.register.queries import search_businesses

MAX_SEARCH = 100  # characters


def businesses(
    user: User, *, search: str = "", district: str = "", list_code: str = "", assigned: str = ""
) -> QuerySet[Business]:
    """Visible to this person and narrowed; a district, list or word that does not exist is `Invalid`, never "none"."""
    rows = visible_to(user, Business)
    if district:
        rows = rows.filter(district=_the(Organisation.objects.filter(kind="district"), "district", district))
    if list_code:
        rows = rows.filter(
            memberships__list=_the(BusinessList.objects.filter(is_active=True), "list", list_code)
        )
    if assigned:
        if assigned != "me":
            raise Invalid(fields={"assigned": _("只支持 assigned=me。")})
        rows = rows.filter(assigned_to(user))
    return matching(rows, search) if search else rows


def matching(rows: QuerySet[Business], words: str) -> QuerySet[Business]:
    """Best first, at most a hundred; whoever needs more types on."""
    if len(words) > MAX_SEARCH:
        raise Invalid(fields={"search": _("检索内容最多 %(most)s 字。") % {"most": MAX_SEARCH}})
    return search_businesses(rows, words)


def with_what_a_row_shows(rows: QuerySet[Business], now: datetime) -> QuerySet[Business]:
    """District, lists and the live code of each, in three statements however many rows there are."""
    lists = Prefetch("memberships", ListMembership.objects.select_related("list").order_by("list__position"))
    return rows.select_related("district").prefetch_related(lists, live_codes(now))


def _the(rows: QuerySet, name: str, code: str):
    found = rows.filter(code=code.replace("\x00", "")[:64]).first()
    if found is None:
        raise Invalid(fields={name: _("没有这个代码:%(code)s") % {"code": code[:64]}})
    return found
