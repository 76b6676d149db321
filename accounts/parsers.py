"""JSON as it comes in: bounded in size and depth, so that no body can cost more than it may."""

import json
from typing import IO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant


class BoundedJSONParser(JSONParser):
    """DRF reads the stream itself, past Django's own bound, lets the recursion of a deeply nested body escape, and
    takes half a character ("\\ud800"), which falls over as soon as a refusal quotes it. All three are refused here."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: dict | None = None):
        context = parser_context or {}
        request = context.get("request")
        length = request.META.get("CONTENT_LENGTH") if request else None
        if length and length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig()
        try:
            text = stream.read().decode(context.get("encoding", settings.DEFAULT_CHARSET))
            data = json.loads(text, parse_constant=strict_constant)
            if "\\ud" in text or "\\uD" in text:
                json.dumps(data, ensure_ascii=False).encode()
        except (ValueError, LookupError, RecursionError):
            raise ParseError() from None
        return data
