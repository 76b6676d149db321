"""Streets to print for."""

from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from tests import factories as make
from visits.codes import sheet
from visits.codes.batches import queries, services, working
from visits.codes.batches.models import CodeBatch
from visits.models import Business

GRID = "grid=310104-G1"


def shops(count: int, at, **facts) -> list[Business]:
    """Shops of the first grid, made in one statement."""
    grid, numbers = make.grid(at), [make._count.__next__() for _ in range(count)]
    return Business.objects.bulk_create(
        Business(
            name=f"测试{n}号店", credit_code=make.credit_code(n, authority=at.code), kind="company", district=at,
            district_source="address", address=f"测试路{n:06d}号", grid=grid, **facts,
        )
        for n in numbers
    )  # fmt: skip


def picked(query: str, by: User) -> sheet.Selection:
    return sheet.read_selection(QueryDict(query), by)


def start(by: User, query: str = GRID, **facts) -> CodeBatch:
    return services.start(picked=picked(query, by), by=by, now=timezone.now(), **facts)


def work(batch: CodeBatch) -> CodeBatch:
    working.work_off(batch_id=batch.pk, clock=timezone.now)
    batch.refresh_from_db()
    return batch


def content(batch: CodeBatch) -> bytes:
    return b"".join(queries.content_of(batch))
