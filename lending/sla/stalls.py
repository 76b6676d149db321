"""A sweep that stands still, noticed and told by whoever watches (config/watchdog.py), without Redis or a worker.

The row of a standstill is unique by the last pass before it, and a letter to one address is sent under the lock of that
row, so that of many web processes one sends it. The mail goes out inside that short transaction on purpose: the lock
ends with the process that holds it, and nobody else ever waits for it.
"""

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.roles import Role
from accounts.templatetags.doorstep import shanghai
from lending.sla import smtp
from lending.sla.clock_back import TOLERATED
from lending.sla.models import Stall
from lending.sla.queries import last_sweep_at

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
QUIET = timedelta(hours=1)  # a sweep that comes and goes is told of once an hour
logger = logging.getLogger(__name__)


def look(*, now: datetime, late: timedelta, watching_since: datetime) -> Stall | None:
    """Once a minute: the standstill, if there is one, told to whoever has not been told yet; None where all is well.

    Counted from when somebody watches: after a night with everything switched off, web pages come up before the sweep.
    """
    last = last_sweep_at(until=now + TOLERATED)  # a clock that ran ahead says nothing about now
    if now - max(last or NEVER, watching_since) <= late:
        if last and now - last <= late:
            Stall.objects.filter(ended_at=None, since__lt=last).update(ended_at=last)
        return None
    stall, is_new = Stall.objects.get_or_create(since=last or NEVER, defaults={"noticed_at": now})
    if is_new:
        logger.error("the deadline sweep stands still since %s", last)
    if not _told_lately(stall, now):
        tell(stall=stall, now=now)
    return stall


def tell(*, stall: Stall, now: datetime) -> None:
    """One mail to each address that has not had it; what the server refuses waits for the next look."""
    for address, language in _concerned():
        try:
            if not _tell_one(stall.pk, address, language, now):
                return
        except Exception as error:  # the mail server's trouble, and no reason to stop watching
            said = smtp.in_words(error)
            logger.warning("the standstill of the sweep could not be told: %s", said)
            Stall.objects.filter(pk=stall.pk).update(last_error=said)
            if not isinstance(error, OSError) or smtp.fate(error) is smtp.Fate.TROUBLE:
                return  # nor will the others get through


@transaction.atomic
def _tell_one(pk: int, address: str, language: str, now: datetime) -> bool:
    """Whether this process is the one that tells; False where another is at it."""
    stall = Stall.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk).first()
    if stall is None:
        return False
    if address not in stall.told:
        _mail(stall, address, language, now).send()
        stall.told, stall.last_error = [*stall.told, address], ""
        stall.save(update_fields=["told", "last_error"])
    return True


def _mail(stall: Stall, address: str, language: str, now: datetime) -> EmailMessage:
    with translation.override(language):
        since = shanghai(stall.since, "full") if stall.since > NEVER else ""
        context = {
            "since": since,
            "minutes": minutes(now - stall.since),
            "base_url": settings.PUBLIC_BASE_URL,
        }
        subject = _("【系统告警】办理时限巡检已停止")
        headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
        return EmailMessage(
            subject, render_to_string("emails/stall.txt", context), to=[address], headers=headers
        )


def minutes(age: timedelta) -> int:
    return int(age.total_seconds() // 60)


def _told_lately(stall: Stall, now: datetime) -> bool:
    others = Stall.objects.exclude(pk=stall.pk).exclude(told=[])
    return others.filter(noticed_at__gt=now - QUIET).exists()


def _concerned() -> list[tuple[str, str]]:
    """(address, language) of system administrators, the people of the city, and the city's own mailbox."""
    people = User.objects.filter(Q(role=Role.SYSTEM_ADMIN) | Q(role=Role.CITY), is_active=True).exclude(
        email=""
    )
    cities = Organisation.objects.filter(kind=Organisation.Kind.CITY, is_active=True).exclude(email="")
    found = [
        (email, language)
        for email, language in people.order_by("pk").values_list("email", "letters_language")
    ]
    found += [(email, "") for email in cities.order_by("pk").values_list("email", flat=True)]
    if not found:
        logger.error(
            "nobody can be told that the sweep stands still: no address of an administrator or the city"
        )
    by_address = {
        email.lower(): (email, language or settings.LANGUAGE_CODE) for email, language in reversed(found)
    }
    return list(reversed(by_address.values()))
