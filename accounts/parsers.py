"""JSON as it comes in: bounded in size and depth, so that no body can cost more than it may."""

from typing import IO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """DRF reads the stream itself, past Django's own bound, and lets the recursion of a deeply nested body escape."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: dict | None = None):
        request = (parser_context or {}).get("request")
        length = request.META.get("CONTENT_LENGTH") if request else None
        if length and length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig()
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError() from None
