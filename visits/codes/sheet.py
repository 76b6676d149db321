"""Which codes go on a printed sheet: by list, grid, officers or chosen businesses. Reads only."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import visible_to
from accounts.errors import Invalid
from accounts.models import User
from visits.codes import images, queries, rules
from visits.codes.models import Code
from visits.register import browse
from visits.register.models import Business, BusinessList, Grid

PER_VIEW = 96  # eight A4 pages of twelve: what one press of "print" brings out
MAX_CHOSEN = 200
NAMED = 5  # of those without a code, told by name
MAX_ISSUED = 500  # new codes in one press; press again for more


@dataclass
class Selection:
    """What was asked for, already checked against what the person may see."""

    work_list: BusinessList | None = None
    grid: Grid | None = None
    officers: bool = False
    grids: bool = False
    chosen: list[str] = field(default_factory=list)  # credit codes
    search: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.work_list or self.grid or self.officers or self.grids or self.chosen or self.search)


def read_selection(asked, user: User) -> Selection:
    """From query parameters `list grid officers grids business search`; what is not there is `Invalid`."""
    plain = {
        name: asked.get(name, "").replace("\x00", "").strip()[:100] for name in ("list", "grid", "search")
    }
    picked = Selection(
        officers=bool(asked.get("officers")), grids=bool(asked.get("grids")), search=plain["search"]
    )
    if plain["list"]:
        picked.work_list = BusinessList.objects.filter(code=plain["list"]).first()
        if picked.work_list is None:
            raise Invalid(fields={"list": _("没有这个清单。")})
    if plain["grid"]:
        picked.grid = visible_to(user, Grid).filter(code=plain["grid"]).first()
        if picked.grid is None:
            raise Invalid(fields={"grid": _("没有这个网格。")})
    picked.chosen = [code.replace("\x00", "") for code in asked.getlist("business")[:MAX_CHOSEN]]
    return picked


def businesses(picked: Selection, user: User) -> QuerySet[Business]:
    """The businesses of the selection, in walking order; none where officers or grids are printed."""
    rows = visible_to(user, Business).exclude(status=Business.Status.CLOSED)
    if picked.is_empty or picked.officers or picked.grids:
        return rows.none()
    if picked.work_list:
        rows = rows.filter(memberships__list=picked.work_list)
    if picked.grid:
        rows = rows.filter(grid=picked.grid)
    if picked.chosen:
        rows = rows.filter(credit_code__in=picked.chosen)
    if picked.search:
        rows = browse.matching(rows, picked.search)
    return rows.order_by("address", "pk")


def codes(picked: Selection, user: User, now: datetime) -> QuerySet[Code]:
    """The live codes to print, with what stands under each."""
    rows = Code.objects.filter(queries.live(now)).select_related(*queries.SUBJECTS)
    if picked.officers:
        return rows.filter(officer__in=queries.officers_seen_by(user)).order_by("officer__name", "pk")
    if picked.grids:
        return rows.filter(grid__in=visible_to(user, Grid)).order_by("grid__code", "pk")
    return rows.filter(business__in=businesses(picked, user)).order_by("business__address", "business_id")


def label(code: Code) -> dict:
    """One sticker: image, name, second line, what can be typed, until when."""
    token, address = rules.token_for(code.secret), rules.url_for(code.secret)
    if code.business:
        name, line = code.business.name, code.business.address
    elif code.officer:
        place = code.officer.organisation.name if code.officer.organisation else ""
        name, line = code.officer.name, f"{place} {code.officer.staff_number}".strip()
    else:
        name, line = code.grid.name, f"{code.grid.district.name} {code.grid.code}"
    return {
        "svg": images.qr_svg(address), "url": address, "short": rules.short_code(token), "name": name, "line": line,
        "kind": code.kind, "version": code.version, "expires_at": code.expires_at,
    }  # fmt: skip
