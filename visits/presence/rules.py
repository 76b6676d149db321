"""How well the stored facts of a visit show that somebody was there: 0 to 100, each reason with its points. No ORM.

Never a ground for refusing anything. Coordinates come rounded to four decimals (about 10 m); a map may draw a point some
500 m aside where the register was geocoded on a Chinese map (GCJ-02) and the phone told WGS 84, so "near" is generous.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.punctuation import listed

# the one table of weights: what speaks for the visit adds up to 100
WEIGHTS = {
    "signed_in": 15, "code_current": 30, "code_superseded": 15, "code_typed": 10, "no_code": 0,
    "place_near": 30, "place_apart": 0, "place_far": -35, "place_unknown": 10, "no_place": 0, "accuracy_poor": -10,
    "duration_plausible": 10, "duration_short": -15, "photo": 15, "no_photo": 0, "photo_repeated": -40,
    "clock_off": -10, "impossible_travel": -40, "burst": -15, "uploaded_late": -5,
}  # fmt: skip

MAX_BYTES = 5_000_000  # of one photo as it is sent
MOST_PHOTOS = 3
TAKEN_FOR = timedelta(days=7)  # photos are taken this long after the visit was recorded

NEAR_M = 500  # so near may a map and a phone differ on the same door
FAR_M = 2_000
POOR_ACCURACY_M = 200  # a phone that sees no satellite tells the cell it is in
SHORTEST = timedelta(seconds=60)  # nobody tells, signs and takes in a need in less
CLOCK_OFF_S = 10 * 60
FASTEST_KMH = 120
LEAST_GAP = timedelta(seconds=60)  # two fixes of one minute tell no speed
LEAST_TRAVEL_M = 1_000
LATE = timedelta(hours=24)
BURST_WITHIN = timedelta(minutes=5)  # before and after
BURST = 5  # visits in person, this one included
ALIKE_BITS = 4  # of 64: another encoding, another size, a little cropping
DULL_BITS = 6  # a picture of nothing (dark, a bare wall) is like every other one
PART_BITS = 13  # four differing bits cannot touch all five parts of 64
EARTH_M = 6_371_000
STRONG, WEAK = 70, 40


@dataclass(frozen=True)
class Fix:
    """Where a phone said it was. `accuracy_m` is the radius of two thirds of all answers; None: not told."""

    lat: Decimal
    lon: Decimal
    accuracy_m: int | None
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What is stored of one visit. `code` is current, superseded, typed or "" for none; `photo_repeats` names the days
    on which the same picture had come with another visit; `others` are the fixes of the visits before and after."""

    mode: str
    has_need: bool = False
    code: str = ""
    code_version: int | None = None
    fix: Fix | None = None
    place: tuple[Decimal, Decimal] | None = None  # of the business on the map: lat, lon
    lasted: timedelta | None = None
    photos: int = 0
    photo_repeats: Sequence[str] = ()
    clock_skew_s: int | None = None
    others: Sequence[Fix] = ()
    visits_around: int = 1
    waited: timedelta = timedelta(0)  # from the end of the visit to its arrival


@dataclass(frozen=True)
class Reason:
    """One thing that was looked at. `points` is what it adds; 0 where it says nothing either way."""

    code: str
    points: int
    words: str

    @property
    def state(self) -> str:
        if self.points > 0:
            return "done"
        return "late" if self.points <= -30 else "soon" if self.points < 0 else "rest"

    @property
    def icon(self) -> str:
        return {"done": "check", "late": "state-late", "soon": "state-soon", "rest": "minus"}[self.state]


@dataclass(frozen=True)
class Presence:
    """`score` is None where there is nothing to prove: a visit by telephone or online, a need the owner declared."""

    score: int | None
    reasons: tuple[Reason, ...]

    @property
    def state(self) -> str:
        if self.score is None:
            return "rest"
        return "done" if self.score >= STRONG else "soon" if self.score >= WEAK else "late"

    @property
    def words(self) -> str:
        return {
            "rest": _("不适用"), "done": _("依据充分"), "soon": _("依据一般"), "late": _("依据不足,请核实"),
        }[self.state]  # fmt: skip


def presence(facts: Facts) -> Presence:
    """The score with its reasons, doubts first and then what weighs most."""
    if facts.mode != "on_site":
        said = _("电话走访,没有到场可证") if facts.mode == "phone" else _("线上走访,没有到场可证")
        return Presence(None, (Reason("not_on_site", 0, said),))
    found = [
        _reason("signed_in", _("走访人员本人登录登记")), _code(facts), *_place(facts), *_duration(facts), *_photos(facts),
        *_travel(facts), *_times(facts),
    ]  # fmt: skip
    found.sort(key=lambda reason: (reason.points >= 0, -abs(reason.points)))
    return Presence(max(0, min(100, sum(reason.points for reason in found))), tuple(found))


def declared_by_owner() -> Presence:
    return Presence(None, (Reason("declared_by_owner", 0, _("企业主自行申报,尚未走访")),))


def _reason(code: str, words: str) -> Reason:
    return Reason(code, WEIGHTS[code], words)


def _code(facts: Facts) -> Reason:
    version = {"version": facts.code_version}
    if facts.code == "current":
        return _reason("code_current", _("扫了现用门牌码(第%(version)s版)") % version)
    if facts.code == "superseded":
        return _reason("code_superseded", _("门牌码(第%(version)s版)在登记前已作废或换发") % version)
    if facts.code == "typed":
        return _reason("code_typed", _("门牌码是手工输入的,没有扫码"))
    return _reason("no_code", _("没有扫门牌码"))


def _place(facts: Facts) -> list[Reason]:
    fix = facts.fix
    if fix is None:
        return [_reason("no_place", _("没有记录位置"))]
    poor = []
    if fix.accuracy_m is None:
        poor = [_reason("accuracy_poor", _("定位没有给出精度"))]
    elif fix.accuracy_m > POOR_ACCURACY_M:
        poor = [_reason("accuracy_poor", _("定位精度差(±%(m)s米)") % {"m": fix.accuracy_m})]
    if facts.place is None:
        return [_reason("place_unknown", _("记录了位置,但名录中没有这家的坐标可比")), *poor]
    away = distance_m((fix.lat, fix.lon), facts.place)
    least = max(0, away - (fix.accuracy_m or 0))
    code = "place_near" if least <= NEAR_M else "place_far" if least > FAR_M else "place_apart"
    return [_reason(code, _("定位距登记位置约%(far)s") % {"far": in_words(away)}), *poor]


def _duration(facts: Facts) -> list[Reason]:
    if facts.lasted is None:
        return []
    seconds = round(facts.lasted.total_seconds())
    if facts.lasted >= SHORTEST:
        return [_reason("duration_plausible", _("停留约%(n)s分钟") % {"n": max(1, seconds // 60)})]
    if facts.has_need:
        words = _("只用了%(n)s秒就登记了需求") % {"n": seconds}
        return [_reason("duration_short", words)]
    return []


def _photos(facts: Facts) -> list[Reason]:
    if not facts.photos:
        return [_reason("no_photo", _("没有照片"))]
    found = [_reason("photo", _("有%(n)s张照片") % {"n": facts.photos})]
    if facts.photo_repeats:
        words = _("照片与%(when)s的另一次走访相同或几乎相同") % {"when": listed(facts.photo_repeats)}
        found = [_reason("photo_repeated", words)]
    return found


def _travel(facts: Facts) -> list[Reason]:
    if facts.fix is None:
        return []
    speeds = [speed for other in facts.others if (speed := speed_kmh(facts.fix, other)) > FASTEST_KMH]
    if not speeds:
        return []
    words = _("与前后一次走访的位置相比,至少要以每小时%(kmh)s公里赶路") % {"kmh": round(max(speeds))}
    return [_reason("impossible_travel", words)]


def _times(facts: Facts) -> list[Reason]:
    found = []
    if facts.clock_skew_s is not None and abs(facts.clock_skew_s) > CLOCK_OFF_S:
        gap = timedelta(seconds=abs(facts.clock_skew_s))
        words = _("手机时钟慢了%(gap)s") if facts.clock_skew_s > 0 else _("手机时钟快了%(gap)s")
        found.append(_reason("clock_off", words % {"gap": _span(gap)}))
    if facts.visits_around >= BURST:
        words = _("前后5分钟内共登记了%(n)s次实地走访") % {"n": facts.visits_around}
        found.append(_reason("burst", words))
    if facts.waited > LATE:
        found.append(_reason("uploaded_late", _("走访后过了%(gap)s才传到") % {"gap": _span(facts.waited)}))
    return found


def distance_m(here: tuple[Decimal, Decimal], there: tuple[Decimal, Decimal]) -> float:
    """Metres between two points (lat, lon) in degrees, along the great circle."""
    lat1, lon1, lat2, lon2 = (math.radians(float(degrees)) for degrees in (*here, *there))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, half)))


def speed_kmh(one: Fix, other: Fix) -> float:
    """The slowest speed that explains both fixes: what their accuracies leave of the way, over the time between."""
    blur = (one.accuracy_m or 0) + (other.accuracy_m or 0)
    way = distance_m((one.lat, one.lon), (other.lat, other.lon)) - blur
    if way < LEAST_TRAVEL_M:
        return 0.0
    return way / 1000 / (max(abs(one.at - other.at), LEAST_GAP).total_seconds() / 3600)


def in_words(metres: float) -> str:
    if metres < 1000:
        return _("%(n)s米") % {"n": round(metres / 10) * 10}
    return _("%(n)s公里") % {"n": f"{metres / 1000:.1f}"}


def _span(gap: timedelta) -> str:
    hours = round(gap.total_seconds() / 3600)
    if gap < timedelta(hours=1):
        return _("%(n)s分钟") % {"n": round(gap.total_seconds() / 60)}
    return _("%(n)s小时") % {"n": hours} if hours < 48 else _("%(n)s天") % {"n": round(hours / 24)}


def unsigned(dhash: int) -> int:
    return dhash & 0xFFFF_FFFF_FFFF_FFFF


def is_alike(one: int, other: int) -> bool:
    """Whether two difference hashes are of one picture; pictures of nothing are like none."""
    return (
        is_telling(one) and is_telling(other) and (unsigned(one) ^ unsigned(other)).bit_count() <= ALIKE_BITS
    )


def is_telling(dhash: int) -> bool:
    return DULL_BITS < unsigned(dhash).bit_count() < 64 - DULL_BITS


def parts_of(dhash: int) -> list[int]:
    """Five numbers, each of one stretch of the hash and its place; hashes that differ in at most four bits share one."""
    if not is_telling(dhash):
        return []
    mask = (1 << PART_BITS) - 1
    return [place << PART_BITS | (unsigned(dhash) >> place * PART_BITS) & mask for place in range(5)]
