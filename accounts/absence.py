"""Who reads the letters of somebody who is away. Rules for one's own page and for the admin."""

from datetime import date, timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.language import in_chinese
from accounts.models import User

FACTS = ("away_from", "away_until", "substitute")
MOST_DAYS = 366  # from today on: a longer one is a mistake, or an account to be closed


def colleagues(person: User) -> QuerySet[User]:
    """Who may stand in: whoever does the same work at the same place, and is there to do it."""
    same = User.objects.filter(role=person.role, organisation=person.organisation_id, is_active=True)
    return same.exclude(pk=person.pk).order_by("name", "pk") if person.organisation_id else same.none()


def wrong(
    person: User, *, away_from: date | None, away_until: date | None, substitute: User | None, today: date
) -> dict[str, str]:
    """What is wrong with an absence, as {field: sentence}; nothing to say is an empty dict.

    A substitute who leaves later, or names this person in turn, is for `lending.sla.recipients` to mind.
    """
    if substitute and not colleagues(person).filter(pk=substitute.pk).exists():
        return {"substitute": _("代收人须是本机构同岗位的在用账号。")}
    if not away_from and not away_until:
        return {}
    if not away_from:
        return {"away_from": _("请填写外出的第一天。")}
    if not away_until:
        return {"away_until": _("请填写外出的最后一天。")}
    if away_until < away_from:
        return {"away_until": _("最后一天不能早于第一天。")}
    if away_until < today:
        return {"away_until": _("最后一天已经过去。")}
    if away_until > today + timedelta(days=MOST_DAYS):
        return {"away_until": _("最后一天最晚为今天起第 %(days)s 天。") % {"days": MOST_DAYS}}
    return {} if substitute else {"substitute": _("外出期间请指定代收人。")}


def record(person: User, *, by: User) -> None:
    """As it stands now, in the log of accounts that the auditor reads: letters go elsewhere from here on."""
    with in_chinese():
        told = [f"{User._meta.get_field(name).verbose_name} {getattr(person, name) or '—'}" for name in FACTS]
    LogEntry.objects.create(
        user=by, content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk),
        object_repr=str(person)[:200], action_flag=CHANGE, change_message=";".join(told),
    )  # fmt: skip
