from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext as _
from rest_framework.pagination import CursorPagination

from accounts.errors import Invalid


class CursorPage(CursorPagination):
    """Pages by position, not by number: stable while rows arrive, and never a count over a million rows."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-pk"

    def paginate_queryset(self, queryset, request, view=None):
        """DRF hands the position inside a cursor to the database unread; an invented one is the caller's mistake."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError, DataError):
            if self.cursor_query_param not in request.query_params:
                raise
            raise Invalid(fields={self.cursor_query_param: _("翻页位置无效。")}) from None
