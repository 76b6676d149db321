"""Which language a request is answered in: Chinese, unless the person on this device chose English.

The browser's Accept-Language is not asked: a cheap phone often says "en" to everybody (docs/decisions/0037).
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

# Answers that are never the same for two people anyway, or hold no words; they are the hot path.
WITHOUT_VARY = ("/api/", "/healthz", "/readyz", "/metrics")

# to choose from in a form; a switch says each in its own words
CHOICES = [("zh-hans", _("中文")), ("en", "English")]


def in_chinese() -> translation.override:
    """For words that are stored: others read them later, whatever language their author's screen has."""
    return translation.override(settings.LANGUAGE_CODE)


class LanguageByCookie:
    def __init__(self, get_response):
        self.get_response = get_response
        self.default = settings.LANGUAGE_CODE
        self.others = {code for code, _name in settings.LANGUAGES} - {self.default}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in self.others else self.default
        translation.activate(language)  # always: a thread remembers what the request before had
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if not request.path_info.startswith(WITHOUT_VARY):
            patch_vary_headers(response, ("Cookie",))
        if language != self.default and not response.streaming:
            translation.activate(self.default)  # a streamed export still has its words to write
        return response
