"""Pages go out compressed: a visit form is 40 kB of HTML, and at a door every second of it counts."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """Django's own, which pads every answer by a random length against guessing secrets from sizes (BREACH); for HTML
    alone, because the answers of the API are too small to gain anything. Static files are compressed beforehand."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
