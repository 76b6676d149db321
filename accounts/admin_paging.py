"""Paging through lists of any size."""

from django.utils.functional import cached_property
from unfold.paginator import InfinitePaginator


class BoundedPaginator(InfinitePaginator):
    """Counts the rows of a list up to `COUNTED` and shows pages by number; a longer list is not counted, and is paged
    through by 上一页 and 下一页. A count(*) over millions of rows would cost more than the page itself."""

    COUNTED = 10_000

    @cached_property
    def count(self) -> int:
        counted = self.object_list.order_by()[: self.COUNTED + 1].count()
        return counted if counted <= self.COUNTED else InfinitePaginator.count.func(self)

    @property
    def template_name(self) -> str | None:
        return InfinitePaginator.template_name if self.count > self.COUNTED else None
