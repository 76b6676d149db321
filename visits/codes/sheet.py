"""What a team picks to print, renew or revoke: by list, grid, words, batch, officers or chosen businesses. Reads only."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import visible_to
from accounts.errors import Invalid
from accounts.models import User
from visits.codes import queries
from visits.codes.batches.models import CodeBatch, CodeBatchItem
from visits.codes.models import Code
from visits.register import browse
from visits.register.models import BusinessList, Grid

PER_VIEW = 96  # eight A4 pages of twelve: what one press of "print" brings out
MAX_CHOSEN = 200
NAMED = 5  # of those without a code, told by name
MAX_ISSUED = 500  # new codes in one press without a batch
# what walks the street in order comes out of the printer in order
ORDER = {"business": ("address", "pk"), "officer": ("name", "pk"), "grid": ("code", "pk")}


@dataclass
class Selection:
    """What was asked for, already checked against what the person may see."""

    work_list: BusinessList | None = None
    grid: Grid | None = None
    batch: CodeBatch | None = None
    officers: bool = False
    grids: bool = False
    everything: bool = False  # all businesses
    chosen: list[str] = field(default_factory=list)  # credit codes
    search: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(vars(self).values())

    @property
    def kind(self) -> str:
        if self.batch:
            return self.batch.kind
        if self.officers:
            return Code.Kind.OFFICER
        return Code.Kind.GRID if self.grids else Code.Kind.BUSINESS

    @property
    def query(self) -> str:
        """The query string that asks for the same."""
        one = {
            "list": self.work_list and self.work_list.code, "grid": self.grid and self.grid.code,
            "batch": self.batch and self.batch.pk, "officers": int(self.officers), "grids": int(self.grids),
            "all": int(self.everything), "search": self.search,
        }  # fmt: skip
        pairs = [(name, value) for name, value in one.items() if value]
        return urlencode([*pairs, *(("business", code) for code in self.chosen)])

    def title(self) -> str:
        """As it stands at the foot of every page and in the list of batches; at most 200 characters."""
        if self.batch:
            return _("%(title)s(第 %(number)s 批重印)") % {
                "title": self.batch.title[:180],
                "number": self.batch.pk,
            }
        if self.officers or self.grids:
            return _("走访人员工作码") if self.officers else _("网格码")
        parts = [
            self.work_list and self.work_list.name,
            self.grid and f"{self.grid.name} {self.grid.code}",
            self.search and f"“{self.search[:40]}”",
            self.chosen and _("逐个选出的 %(count)s 家") % {"count": len(self.chosen)},
        ]
        return " · ".join(part for part in parts if part) or _("全部经营主体")


def read_selection(asked, user: User) -> Selection:
    """From query parameters `list grid batch officers grids all business search`; what is not there is `Invalid`."""
    names = ("list", "grid", "batch", "search")
    plain = {name: asked.get(name, "").replace("\x00", "").strip()[:100] for name in names}
    picked = Selection(
        officers=bool(asked.get("officers")), grids=bool(asked.get("grids")), everything=bool(asked.get("all")),
        search=plain["search"],
    )  # fmt: skip
    if plain["list"]:
        picked.work_list = BusinessList.objects.filter(code=plain["list"]).first()
        _require(picked.work_list, "list", _("没有这个清单。"))
    if plain["grid"]:
        picked.grid = visible_to(user, Grid).filter(code=plain["grid"]).first()
        _require(picked.grid, "grid", _("没有这个网格。"))
    if plain["batch"]:
        number = int(plain["batch"]) if plain["batch"].isdecimal() and len(plain["batch"]) < 18 else 0
        picked.batch = visible_to(user, CodeBatch).filter(pk=number).first()
        _require(picked.batch, "batch", _("没有这一批。"))
    picked.chosen = [code.replace("\x00", "")[:18] for code in asked.getlist("business")[:MAX_CHOSEN]]
    return picked


def _require(found: object, name: str, sentence: str) -> None:
    if found is None:
        raise Invalid(fields={name: sentence})


def subjects(picked: Selection, user: User) -> QuerySet:
    """The businesses, officers or grids of the selection, in walking order."""
    rows = queries.subjects_seen_by(user, picked.kind).order_by(*ORDER[picked.kind])
    if picked.is_empty:
        return rows.none()
    if picked.batch:
        return rows.filter(pk__in=CodeBatchItem.objects.filter(batch=picked.batch).values("subject_id"))
    if picked.kind != Code.Kind.BUSINESS:
        return rows
    if picked.work_list:
        rows = rows.filter(memberships__list=picked.work_list)
    if picked.grid:
        rows = rows.filter(grid=picked.grid)
    if picked.chosen:
        rows = rows.filter(credit_code__in=picked.chosen)
    return browse.matching(rows, picked.search).order_by(*ORDER["business"]) if picked.search else rows


def codes(picked: Selection, user: User) -> QuerySet[Code]:
    """The unrevoked codes of the selection, with what stands under each, in the same order. Of a batch: those it
    printed and not what has taken their place since."""
    kind = picked.kind
    rows = Code.objects.filter(revoked_at__isnull=True).select_related(*queries.SUBJECTS)
    if picked.batch:
        printed = CodeBatchItem.objects.filter(batch=picked.batch, code__isnull=False)
        rows = visible_to(user, rows).filter(pk__in=printed.values("code"))
    else:
        rows = rows.filter(**{f"{kind}__in": subjects(picked, user).order_by()})
    return rows.order_by(*(f"{kind}__{name}" for name in ORDER[kind]))


def without_code(picked: Selection, user: User, now: datetime) -> QuerySet:
    """Of the selection, what has no live code yet."""
    return queries.without_live_code(subjects(picked, user), now)
