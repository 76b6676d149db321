"""The owner's wish to be left in peace: asked for, changed, lifted."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import get_visible, may
from accounts.clock import day_of
from accounts.errors import Invalid, NotAllowed
from accounts.models import User
from accounts.roles import Do
from visits.protection.models import DoNotDisturb
from visits.protection.queries import do_not_disturb_until, policy_in_force
from visits.register.models import Business


@transaction.atomic
def ask_do_not_disturb(
    *, business: Business, until_on: date, now: datetime, by: User | None = None, reason: str = "",
    only_longer: bool = False,
) -> DoNotDisturb:  # fmt: skip
    """Nobody is to call through `until_on`; at most as long as the policy in force allows, the row says until when.

    `by` is whoever writes it down for the owner, None for the owner themselves, whose key the caller has checked.
    A wish that stands already is lifted and the new one takes its place; with `only_longer`, where anybody may be
    asking, it may be lengthened and not cut short. Refuses with `Invalid` (`until_on`)."""
    if by is not None:
        _require(by, business, Do.RECORD_VISIT, Do.SEE_DISTRICT)
    today = day_of(now)
    if until_on < today:
        raise Invalid(fields={"until_on": _("请选择今天或以后的日期。")})
    business = Business.objects.select_for_update(no_key=True).get(pk=business.pk)
    policy = policy_in_force(business.district_id, today)
    if policy is None or not policy.do_not_disturb_max_days:
        raise Invalid(fields={"until_on": _("目前没有启用勿扰登记,请联系区级工作专班。")})
    last = today + timedelta(days=policy.do_not_disturb_max_days)
    until_on = min(until_on, last)
    standing = do_not_disturb_until(business, now)
    if only_longer and standing and until_on <= standing:
        raise Invalid(
            fields={
                "until_on": _(
                    "已登记勿扰到%(day)s,在这里只能延长。要缩短或解除,请用办件进度页,或联系区级工作专班。"
                )
                % {"day": standing.isoformat()}
            }
        )
    _lift(business, now)
    return DoNotDisturb.objects.create(
        business=business, starts_at=now, until_on=until_on, reason=reason.strip()[:200], asked_by=by
    )  # fmt: skip


@transaction.atomic
def lift_do_not_disturb(*, business: Business, now: datetime, by: User | None = None) -> bool:
    """End the wish that stands; False where none did. The owner's own, or for them the district team or the city:
    an officer who would like to call does not lift it."""
    if by is not None:
        _require(by, business, Do.SEE_DISTRICT)
    Business.objects.select_for_update(no_key=True).get(pk=business.pk)
    return _lift(business, now)


def _lift(business: Business, now: datetime) -> bool:
    return bool(DoNotDisturb.objects.filter(business=business, lifted_at__isnull=True).update(lifted_at=now))


def _require(by: User, business: Business, *deeds: Do) -> None:
    get_visible(by, Business, pk=business.pk)
    if not any(may(by, deed) for deed in deeds):
        raise NotAllowed()
