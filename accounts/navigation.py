"""The left-hand navigation of the desk pages, one table for all apps; pages are named, never imported."""

from collections.abc import Callable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.access import may
from accounts.models import User
from accounts.roles import Do

# url name, label, icon; in the order they are shown
DISTRICT = ("district", _("今日看板"), "chart")
CITY = ("city", _("全市看板"), "chart")
WORK = (
    ("district-queue", _("办件审核"), "inbox"),
    ("district-lists", _("推荐清单"), "document"),
    ("district-suspensions", _("补件暂停"), "pause"),
    ("visit-report", _("走访保护"), "shield"),
    ("owner-reports", _("举报投诉"), "flag"),
    ("codes-print", _("二维码"), "qr"),
)
IMPORT = ("outbox-import", _("导入待传文件"), "upload")
ADMIN = ("admin:index", _("后台管理"), "gear")

Count = Callable[[User], int]
_COUNTS: dict[str, Count] = {}


def counted(name: str) -> Callable[[Count], Count]:
    """Register what waits behind the page of that name, shown beside it where there is any."""

    def register(count: Count) -> Count:
        _COUNTS[name] = count
        return count

    return register


def desk(request: HttpRequest) -> dict:
    """Context processor: `nav` for templates/base_desk.html, worked out only where a page shows it."""
    return {"nav": SimpleLazyObject(lambda: entries(request.user, request.path))}


def entries(user: User, path: str) -> list[dict]:
    if not may(user, Do.SEE_DISTRICT):
        return []
    shown = (CITY, *WORK, ADMIN) if may(user, Do.SEE_CITY) else (DISTRICT, *WORK, IMPORT)
    found = [
        {"url": reverse(name), "label": label, "icon": icon, "count": _waiting(name, user), "state": "soon"}
        for name, label, icon in shown
    ]
    current = max(
        (row["url"] for row in found if path.startswith(_section(row["url"]))), key=len, default=None
    )
    return [row | {"is_current": row["url"] == current} for row in found]


def _section(url: str) -> str:
    """/codes/print/ stands for all of /codes/."""
    return url.removesuffix("print/")


def _waiting(name: str, user: User) -> int | None:
    """None instead of 0: a clean row stays clean."""
    return _COUNTS[name](user) or None if name in _COUNTS else None
