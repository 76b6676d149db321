"""The switch between Chinese and English."""

from django import template
from django.conf import settings
from django.utils.translation import get_language, gettext

register = template.Library()


@register.inclusion_tag("_partials/language.html", takes_context=True)
def language_switch(context: dict, look: str = "") -> dict:
    """Buttons for the languages this page is not in: {"others": [(code, own name)], "back", "look"}.

    `back` is the page's own address, and of a page that answers a form the one before it, since that form cannot be
    asked for with GET. Empty (an error page knows no request): Django goes back to the Referer.
    """
    request = context.get("request")
    back = ""
    if request is not None:
        is_page = request.method in ("GET", "HEAD")
        back = request.get_full_path() if is_page else request.headers.get("Referer", "/")
    others = [(code, SHORT.get(code, name)) for code, name in settings.LANGUAGES if code != get_language()]
    return {"others": others, "back": back, "look": look}


@register.filter
def spoken(word: str | None) -> str:
    """A label that was stored in Chinese when it was frozen, in the language of the page: the catalogue knows it."""
    return gettext(word) if word else ""


SHORT = {"zh-hans": "中文"}
