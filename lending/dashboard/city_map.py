"""The map of a city's districts, coloured by on-time rate. Its shapes are data: a city without them has no map.

`data/districts-*.json` holds, by district code, an SVG path and where its name stands, on one common drawing plane;
`inner` is the part that is shown again, larger, because the districts there are too small to read.
"""

import json
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from accounts.templatetags.doorstep import NOTHING
from lending.dashboard.queries import Row
from lending.dashboard.shapes import Links

SHAPES = Path(__file__).parent / "data" / "districts-shanghai.json"
# on-time rate from … on → tone of static/dashboard.css; below the last it is "poor"
TONES = ((95.0, "good"), (85.0, "fair"), (60.0, "weak"))


@cache
def shapes() -> dict:
    return json.loads(SHAPES.read_text(encoding="utf-8"))


def tone(on_time_pct: float | None) -> str:
    if on_time_pct is None:
        return "none"
    return next((name for least, name in TONES if on_time_pct >= least), "poor")


def city_map(districts: list[Row], links: Links) -> dict | None:
    """What lending/dashboard/_map.html takes; None where no district has a shape."""
    drawn = shapes()["areas"]
    areas = [_area(row, drawn[row.place.code], links) for row in districts if row.place.code in drawn]
    if not areas:
        return None
    return {
        "whole": " ".join(map(str, shapes()["whole"])),
        "inner": " ".join(map(str, shapes()["inner"])),
        "areas": areas,
        "legend": [
            {"tone": "good", "label": _("95% 以上")}, {"tone": "fair", "label": "85–95%"},
            {"tone": "weak", "label": "60–85%"}, {"tone": "poor", "label": _("不足 60%")},
            {"tone": "none", "label": _("无到期")},
        ],
    }  # fmt: skip


def _area(row: Row, drawn: dict, links: Links) -> dict:
    rate = row.clocks.on_time_pct
    spelled = NOTHING if rate is None else f"{rate:.0f}%"
    told = {"name": row.place.name, "rate": spelled, "overdue": row.clocks.overdue}
    return {
        "code": row.place.code, "path": drawn["path"], "x": drawn["x"], "y": drawn["y"], "is_inner": drawn["is_inner"],
        "name": row.place.name.removesuffix("新区").removesuffix("区"), "rate": spelled, "tone": tone(rate),
        "overdue": row.clocks.overdue, "url": links.district_page(row.place.code),
        "title": _("%(name)s:按时率 %(rate)s,超期 %(overdue)s 笔") % told,
    }  # fmt: skip
