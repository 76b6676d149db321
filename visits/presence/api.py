"""`visits/<visit>/photos/<photo>/`: the bytes of one photo, straight from the phone."""

from uuid import UUID

from django.http.request import UnreadablePostError
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from visits.errors import PhotoIncomplete, PhotoTooLarge
from visits.presence import services
from visits.presence.rules import MAX_BYTES

ANSWER = inline_serializer(
    "PhotoAnswer",
    {
        "photo": serializers.UUIDField(),
        "width": serializers.IntegerField(),
        "height": serializers.IntegerField(),
    },
)


class RawBytes(BaseParser):
    """The body as it is, whatever it says of itself: the picture is judged by its bytes. A body that says it is too
    large is refused unread, and one that lies about its length after one byte too many."""

    media_type = "*/*"

    def parse(self, stream, media_type: str | None = None, parser_context: dict | None = None) -> bytes:
        said = parser_context["request"].META.get("CONTENT_LENGTH") or ""
        length = int(said) if said.isdecimal() else 0
        if length > MAX_BYTES:
            raise PhotoTooLarge()
        try:
            body = stream.read(MAX_BYTES + 1)
        except (UnreadablePostError, OSError):
            raise PhotoIncomplete() from None
        if len(body) < length:
            raise PhotoIncomplete()
        return body


class OnePhoto(APIView):
    """A photo of one's own visit, within 7 days of recording it; at most three to a visit and 5 MB each. The phone makes
    the id: the same bytes again are answered 200, other bytes under it are refused. What is kept is a JPEG of at most
    1600 px without EXIF."""

    parser_classes = [RawBytes]

    @extend_schema(
        request={"image/jpeg": OpenApiTypes.BINARY},
        responses={201: ANSWER, 200: OpenApiResponse(ANSWER, description="A repeat: kept already.")},
    )
    def put(self, request: Request, visit: UUID, photo: UUID) -> Response:
        sent = request.data if isinstance(request.data, bytes) else b""
        kept = services.keep_photo(
            visit_id=visit, photo_id=photo, sent=sent, by=request.user, now=timezone.now()
        )
        answer = {"photo": str(kept.photo.pk), "width": kept.photo.width, "height": kept.photo.height}
        return Response(answer, status=200 if kept.is_repeat else 201)
