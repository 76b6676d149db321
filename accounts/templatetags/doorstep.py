"""How Doorstep writes money, times, phone numbers, names and icons. One library for pages, the admin and mail."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from accounts import punctuation
from accounts.clock import SHANGHAI

register = template.Library()

NOTHING = "—"
YUAN_PER_WAN = Decimal(10_000)
CENT = Decimal("0.01")
THIN_SPACE = "\u202f"  # narrow and unbreakable: an amount never splits over two lines
MONTHS = " Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")
FORMS = {
    "zh": {
        "short": "{0:%m-%d} {0:%H:%M}",
        "date": "{0.month}月{0.day}日",
        "long": "{0.month}月{0.day}日 {0:%H:%M}",
        "full": "{0.year}年{0.month}月{0.day}日 {0:%H:%M}",
        "day": "{0.year}年{0.month}月{0.day}日",
        "midnight": "{0.month}月{0.day}日24时",
    },
    "en": {
        "short": "{0:%m-%d} {0:%H:%M}",
        "date": "{0.day} {month}",
        "long": "{0.day} {month} {0:%H:%M}",
        "full": "{0.day} {month} {0.year} {0:%H:%M}",
        "day": "{0.day} {month} {0.year}",
        "midnight": "{0.day} {month} 24:00",
    },
}


def is_english() -> bool:
    return get_language() == "en"


@register.filter
def wan(yuan) -> str:
    """Yuan (Decimal, int or numeric text) as 万元: at most two decimals, thin grouping, no unit; "—" for none.

    Amounts that would round to nothing say so ("<0.01") and never "0". English has no word for 万, so there it is yuan,
    500,000, and the unit 万元 is translated with "yuan". What people type stays in 万元 in both languages.
    """
    if yuan is None or yuan == "":
        return NOTHING
    try:
        exact = Decimal(str(yuan)) / (1 if is_english() else YUAN_PER_WAN)
        rounded = exact.quantize(CENT, rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return NOTHING
    if not rounded.is_finite():
        return NOTHING
    if exact and not rounded:
        return "<0.01"
    if is_english():
        return f"{rounded:,.2f}".removesuffix(".00")
    text = f"{rounded:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", THIN_SPACE)


@register.filter
def shanghai(moment, form: str = "short") -> str:
    """A moment or a day as Shanghai reads it; text passes through and none becomes "—".

    Forms: short 11-20 10:00 · date 11月20日 · long 11月20日 10:00 · full 2026年11月20日 10:00 · day 2026年11月20日
    · due, for exclusive deadlines: midnight belongs to the day before, 12月5日24时. In English 20 Nov 2026 10:00.
    """
    if moment is None or moment == "":
        return NOTHING
    if isinstance(moment, datetime):
        local = moment.astimezone(SHANGHAI) if moment.tzinfo else moment
        if form == "due":
            return _as_due(local)
        return _spelled(local, form)
    if isinstance(moment, date):
        return _as_day(moment, form)
    return str(moment)


def _spelled(moment: date, form: str) -> str:
    forms = FORMS["en" if is_english() else "zh"]
    return forms.get(form, forms["short"]).format(moment, month=MONTHS[moment.month])


def _as_day(day: date, form: str) -> str:
    if form == "short":
        return f"{day:%m-%d}"
    return _spelled(day, "day" if form in ("full", "day") else "date")


def _as_due(local: datetime) -> str:
    if (local.hour, local.minute) == (0, 0):
        return _spelled(local - timedelta(minutes=1), "midnight")
    return _spelled(local, "long")


@register.filter
def rate(percent) -> str:
    """A rate as people write it: 3.85, not 3.8500; "—" for none."""
    if percent is None or percent == "":
        return NOTHING
    try:
        return f"{Decimal(str(percent)).normalize():f}"
    except InvalidOperation:
        return NOTHING


register.filter("listed", punctuation.listed)


@register.filter
def mask_phone(number) -> str:
    """138****1234; a number too short to mask this way is hidden whole."""
    text = str(number or "").strip()
    if len(text) < 8:
        return "*" * len(text)
    return f"{text[:3]}****{text[-4:]}"


@register.filter
def mask_name(name) -> str:
    """The family name and a star for each further character, at most two: 张* 王** 欧**."""
    text = str(name or "").strip()
    return text[:1] + "*" * min(len(text) - 1, 2) if text else ""


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> str:
    """An icon of static/icons/sprite.svg; with a label it speaks, without one it is decoration."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" {} focusable="false"><use href="{}#{}"></use></svg>',
        f" icon--{size}" if size else "",
        spoken,
        static("icons/sprite.svg"),
        name,
    )
