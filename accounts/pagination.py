import json
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import Cursor, CursorPagination

from accounts.errors import Invalid


class CursorPage(CursorPagination):
    """Pages by position, not by number: stable while rows arrive, and never a count over a million rows.

    `ordering` ends in something unique ("pk"), all of it in one direction, and none of it may be null. The position is
    the values of all its fields. DRF's own position is the first field alone, with an offset among equal values that
    it cuts off at 1000: beyond that many equal ones its pages repeat for ever.
    """

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-pk"

    def paginate_queryset(self, queryset: QuerySet, request, view=None) -> list:
        self.request = request
        self.page_size = self.get_page_size(request)
        self.base_url = request.build_absolute_uri()
        self.ordering = self.get_ordering(request, queryset, view)
        self.cursor = self.decode_cursor(request)
        try:
            found = self._read(queryset)
        except (ValueError, TypeError, ValidationError, DataError):
            # the position goes to the database unread; an invented one is the caller's mistake
            if self.cursor is None:
                raise
            raise Invalid(fields={self.cursor_query_param: _("翻页位置无效。")}) from None
        is_back, has_more = bool(self.cursor and self.cursor.reverse), len(found) > self.page_size
        self.page = found[: self.page_size]
        if is_back:
            self.page.reverse()
        self.has_next = is_back or has_more
        self.has_previous = has_more if is_back else bool(self.cursor and self.cursor.position)
        return self.page

    def _read(self, queryset: QuerySet) -> list:
        """One more than a page, from the position on, in the direction asked for."""
        is_back = bool(self.cursor and self.cursor.reverse)
        is_falling = self.ordering[0].startswith("-") != is_back
        names = [name.lstrip("-") for name in self.ordering]
        rows = queryset.order_by(*(f"-{name}" if is_falling else name for name in names))
        if self.cursor and self.cursor.position is not None:
            rows = rows.filter(_beyond(names, _values(self.cursor.position, len(names)), is_falling))
        return list(rows[: self.page_size + 1])

    def get_next_link(self) -> str | None:
        return self._link(self.page[-1:], is_back=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.page[:1], is_back=True) if self.has_previous else None

    def _link(self, edge: list, *, is_back: bool) -> str:
        """From the row at the edge of this page; an empty page hands its own position back."""
        position = self._get_position_from_instance(edge[0], self.ordering) if edge else self.cursor.position
        return self.encode_cursor(Cursor(offset=0, reverse=is_back, position=position))

    def _get_position_from_instance(self, instance, ordering) -> str:
        values = [getattr(instance, name.lstrip("-")) for name in ordering]
        return json.dumps([v.isoformat() if isinstance(v, datetime) else str(v) for v in values])


def _values(position: str, count: int) -> list[str]:
    values = json.loads(position)
    if not isinstance(values, list) or len(values) != count or not all(isinstance(v, str) for v in values):
        raise ValueError(position)
    return values


def _beyond(names: list[str], values: list[str], is_falling: bool) -> Q:
    """(a, b) > (x, y), spelt so that an index on `a` bounds the scan: a >= x AND (a > x OR b > y)."""
    step = "lt" if is_falling else "gt"
    beyond = Q(**{f"{names[-1]}__{step}": values[-1]})
    for name, value in zip(reversed(names[:-1]), reversed(values[:-1]), strict=True):
        beyond = Q(**{f"{name}__{step}e": value}) & (Q(**{f"{name}__{step}": value}) | beyond)
    return beyond
