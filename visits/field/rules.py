"""What a visit says and what makes it acceptable, without a database: the phone page and the API share it."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

NEED = "need"  # the one outcome that carries a need and a consent

CLOCK_SKEW = timedelta(minutes=10)  # how far ahead a phone's clock may run
LATE = timedelta(minutes=10)  # what reaches us longer than this after its end was made without network
OLDEST_VISIT = timedelta(days=30)  # an outbox may wait this long; older visits are told to the district team
MAX_AMOUNT_YUAN = Decimal("100000000")
MAX_TERM_MONTHS = 360
MAX_PREFERRED_BANKS = 3
MAX_RECIPIENTS = 60
MAX_PHONE = 40  # characters as typed, before `phone_of` reads them
PHONE_SENTENCE = gettext_lazy("请填写5至20位数字的电话号码,可带区号、加号和短横线。")
PHONE = re.compile(r"\+?[0-9]+(-[0-9]+)*")
DASHES = str.maketrans("‐‑‒–—−ー", "-------")
WAITED = ("outbox", "file")  # channels of visits that may have been made without network
MAX_SKEW_S = 2**31 - 1  # what the column holds, 68 years: a phone whose battery died may say 1970
HOW_IT_CAME = ("id", "sent_at", "channel")  # may differ between two uploads of one visit
ADDED_LATER = ("protection_reason", "is_code_typed")  # visits stored before these existed keep their digest
FOUR_PLACES = Decimal("0.0001")  # about 10 m: enough for "was there", too coarse for a track


@dataclass(frozen=True)
class NeedSaid:
    """As the owner told it; what is not said yet is None or empty."""

    amount_yuan: Decimal | None = None
    purpose: str = ""
    purpose_text: str = ""
    term_months: int | None = None
    guarantee: str = "undecided"
    urgency: str = "month"
    preferred_banks: tuple[str, ...] = ()
    contact_name: str = ""  # whoever signed, where nobody else is named
    contact_phone: str = ""  # as `phone_of` spells it


@dataclass(frozen=True)
class ConsentSaid:
    notice_version: str
    scopes: tuple[str, ...]
    recipients: tuple[str, ...]
    signed_name: str
    signature_png: bytes | None = None


@dataclass(frozen=True)
class VisitSaid:
    """One visit as reported; the business by `code` (what was scanned) or `credit_code`, or both. All moments are the
    phone's; `sent_at` is its clock as it sent this, by which `in_our_time` puts the others right."""

    id: UUID
    mode: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None = None
    code: str = ""
    credit_code: str = ""
    lat: Decimal | None = None
    lon: Decimal | None = None
    accuracy_m: int | None = None
    note: str = ""
    need: NeedSaid | None = None
    consent: ConsentSaid | None = None
    sent_at: datetime | None = None
    channel: str = "form"
    protection_reason: str = ""
    is_code_typed: bool = False

    def digest(self) -> str:
        """The same for the same content, whatever spelling it came in and however often it was sent."""
        said = {name: value for name, value in vars(self).items() if name not in HOW_IT_CAME}
        for name in ADDED_LATER:
            if not said[name]:
                del said[name]
        said["need"] = self.need and vars(self.need)
        said["consent"] = self.consent and dict(vars(self.consent))
        if self.consent and self.consent.signature_png is not None:
            said["consent"]["signature_png"] = hashlib.sha256(self.consent.signature_png).hexdigest()
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=_spell).encode()).hexdigest()


@dataclass(frozen=True)
class Times:
    """When a visit was made, by our clock; `skew_s` is how far the phone's was behind ours, None where it did not say."""

    started_at: datetime
    ended_at: datetime | None
    skew_s: int | None = None

    @property
    def made_at(self) -> datetime:
        return self.ended_at or self.started_at


def in_our_time(said: VisitSaid, now: datetime) -> Times:
    """The phone's times put right by what its clock says of now, where that is more than minutes off. A visit that is
    still to come even so was made before somebody set the clock back: then it ended now."""
    times = Times(said.started_at, said.ended_at)
    if said.sent_at is None:
        return times
    skew = now - said.sent_at
    shift = skew if abs(skew) > CLOCK_SKEW else timedelta()
    if times.made_at - now > CLOCK_SKEW - shift:
        skew = shift = now - times.made_at
    try:
        ended_at = said.ended_at + shift if said.ended_at else None
        times = Times(said.started_at + shift, ended_at)
    except OverflowError:  # beyond the years a calendar has: `problems_of_time` says so
        pass
    skew_s = round(skew.total_seconds())
    return replace(times, skew_s=max(-MAX_SKEW_S, min(skew_s, MAX_SKEW_S)))


def is_late(channel: str, times: Times, now: datetime) -> bool:
    """Whether it was made without network: nobody could be told at the door what stands against it."""
    return channel in WAITED and times.made_at < now - LATE


def signed_at(channel: str, times: Times, now: datetime) -> datetime:
    """When the owner signed: at the end of the visit, which is now where a form was sent straight on without one."""
    ended = times.ended_at or (times.started_at if channel in WAITED else now)
    return min(ended, now)


def problems_of_form(said: VisitSaid) -> dict[str, str]:
    """What contradicts itself, by dotted API name; empty where all is well. True whenever it is asked."""
    found: dict[str, str] = {}
    if not said.code and not said.credit_code:
        found["credit_code"] = _("请扫描门牌码,或填写统一社会信用代码。")
    if said.ended_at and said.ended_at < said.started_at:
        found["ended_at"] = _("结束时间不能早于开始时间。")
    if said.outcome == NEED and said.need is None:
        found["need"] = _("结果为“有融资需求”时,请填写融资需求。")
    if said.outcome != NEED and said.need is not None:
        found["need"] = _("只有结果为“有融资需求”时才填写融资需求。")
    if said.outcome != NEED and said.consent is not None:
        found["consent"] = _("只有结果为“有融资需求”时才需要授权。")
    return found


def problems_of_time(times: Times, now: datetime) -> dict[str, str]:
    """What the clock says against it. Not asked for a repeat, which was in time the first time."""
    found: dict[str, str] = {}
    if times.started_at > now + CLOCK_SKEW:
        found["started_at"] = _("开始时间晚于当前时间,请检查手机的日期和时间。")
    elif times.started_at < now - OLDEST_VISIT:
        found["started_at"] = _("走访已超过%(days)s天,不能补录,请联系区级工作专班。") % {
            "days": OLDEST_VISIT.days
        }
    if times.ended_at and times.ended_at > now + CLOCK_SKEW:
        found.setdefault("ended_at", _("结束时间晚于当前时间,请检查手机的日期和时间。"))
    return found


def phone_of(text: str) -> str | None:
    """A telephone number in one spelling: half-width, without spaces. None where it is none: 5 to 20 digits, a plus in
    front, single dashes between. The country's numbering plan is not ours to check: extensions and hotlines count too."""
    plain = "".join(unicodedata.normalize("NFKC", text[:MAX_PHONE]).translate(DASHES).split())
    digits = sum(character.isdigit() for character in plain)
    return plain if PHONE.fullmatch(plain) and 5 <= digits <= 20 else None


def four_places(degrees: Decimal | None) -> Decimal | None:
    return None if degrees is None else degrees.quantize(FOUR_PLACES, rounding=ROUND_HALF_UP)


def _spell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is None else str(value.timestamp())
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)
