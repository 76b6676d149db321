from rest_framework.pagination import CursorPagination


class CursorPage(CursorPagination):
    """Pages by position, not by number: stable while rows arrive, and never a count over a million rows."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-pk"
