"""`consent-notices/current/`."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.clock import day_of
from accounts.errors import NotFound
from visits.consent.models import ConsentNotice
from visits.consent.queries import current_notice


class NoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = ConsentNotice
        fields = ("version", "title", "text", "scopes", "valid_days", "effective_from")


class CurrentNotice(APIView):
    """The text to be read to the owner today, with the scopes it covers."""

    @extend_schema(responses=NoticeSerializer)
    def get(self, request: Request) -> Response:
        notice = current_notice(day_of(timezone.now()))
        if notice is None:
            raise NotFound()
        return Response(NoticeSerializer(notice).data)
