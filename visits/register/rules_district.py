"""Which district a business works in, what that was read from, and whether the sources disagree.

Order, first answer wins:
1. the district column (full name, bare name, an old name or code, a special zone given as an alias);
2. the address, where it names a district of this city;
3. the authority that registered it (digits 3-8 of the credit code, 1-6 of a legacy number): a hint about where it was
   registered, not proof of where it works, so it comes last and never makes a conflict.
Column and address naming two districts is a conflict: the column stands, and both are kept for a person to decide.
A row of another province has no district here (source "none") and is kept all the same.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

# Full and short names of the 34 first-level divisions (GB/T 2260): an address that starts with another one is elsewhere.
PROVINCES = (
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 重庆 四川 "
    "贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 台湾 香港 澳门"
).split()
# After a bare name these make it a street, a bridge, a temple: 宝山路 lies in 静安.
NOT_A_DISTRICT = (
    "(?!路|街|大道|大街|支路|公路|弄|巷|里|桥|寺|江|河|[东西南北中](?:路|街|支)|[一二三四五六七八九十]+路)"
)
SPACE = re.compile(r"\s+")
WIDTHS = str.maketrans("（）", "()")
ELSEWHERE = re.compile(r"[省市州盟县]|自治区|地区")


class Place(NamedTuple):
    """One district as the organisations table knows it."""

    id: int
    code: str
    name: str
    aliases: tuple[str, ...]


class Verdict(NamedTuple):
    """`source` is column, address, authority or none; `conflict` says in words what column and address each said."""

    district_id: int | None
    source: str
    conflict: str


NOWHERE = Verdict(None, "none", "")


class Gazetteer:
    """The districts of one city, made ready for a million look-ups."""

    def __init__(self, places: Iterable[Place], city_names: Iterable[str]) -> None:
        self.places = sorted(places, key=lambda place: place.code)
        self.city_names = sorted(
            {form for name in city_names for form in (name, bare(name)) if form}, key=len
        )
        self._by_code: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        for place in self.places:
            self._learn(place)
        self._names = {place.id: place.name for place in self.places}
        self._column_cache: dict[tuple[str, str], int | None] = {}
        self._compile()

    def fingerprint(self) -> str:
        """Changes whenever an answer could: part of every row's digest."""
        return repr(
            [(place.id, place.code, place.name, place.aliases) for place in self.places] + self.city_names
        )

    def decide(
        self, column: str, address: str, code: str, province: str, *, is_legacy: bool = False
    ) -> Verdict:
        """The verdict for one row. `code` is the normalised credit code."""
        by_column = self.from_column(column, province)
        by_address = self.from_address(address, province)
        if by_column is not None:
            if by_address is None or by_address == by_column:
                return Verdict(by_column, "column", "")
            return Verdict(by_column, "column", f"地区栏:{column[:30]} | 地址:{self._names[by_address]}")
        if by_address is not None:
            return Verdict(by_address, "address", "")
        if province and not self._is_here(province):
            return NOWHERE
        by_authority = self._by_code.get(code[:6] if is_legacy else code[2:8])
        return NOWHERE if by_authority is None else Verdict(by_authority, "authority", "")

    def from_column(self, text: str, province: str = "") -> int | None:
        if not text:
            return None
        key = (text, province)
        if key not in self._column_cache:
            if len(self._column_cache) > 20_000:
                self._column_cache.clear()
            self._column_cache[key] = self._read_column(text, province)
        return self._column_cache[key]

    def from_address(self, text: str, province: str = "") -> int | None:
        """The district an address names: a full name anywhere (南汇区, 浦东新区), a bare one only at the start."""
        if text.startswith(self._city):  # nearly all do, and then no regular expression is needed
            rest = text[len(self._city) :]
            quick = self._full_names.get(rest[:3]) or self._full_names.get(rest[:4])
            if quick is not None:
                return quick
        text = text.translate(WIDTHS)
        found = self._full(text) if self._full_names else None
        if found:
            return self._by_name[found[1]] if self._leads_here(text[: found.start(1)], province) else None
        found = self._bare(text) if self._bare_names else None
        if found and (found["city"] or not province or self._is_here(province)):
            return self._by_name[found["name"]]
        return None

    def _learn(self, place: Place) -> None:
        for alias in (place.code, *place.aliases):
            if alias.isascii() and alias.isdigit():
                self._by_code.setdefault(alias, place.id)
        names = [place.name, *(alias for alias in place.aliases if not alias.isascii())]
        for name in names:
            name = name.translate(WIDTHS)
            self._by_name.setdefault(name, place.id)
        for name in names:
            # 静安 for 静安区, 浦东 for 浦东新区; one-character rests (a county called 泾) would match anything.
            # 上海县 was a county: its bare name is the city's and says nothing.
            short = bare(name.translate(WIDTHS))
            if len(short) >= 2 and short not in self.city_names:
                self._by_name.setdefault(short, place.id)
                for suffix in ("区", "县", "新区"):
                    self._by_name.setdefault(short + suffix, place.id)

    def _compile(self) -> None:
        self._full_names = {
            name: id for name, id in self._by_name.items() if bare(name) != name or "(" in name
        }
        self._bare_names = self._by_name.keys() - self._full_names.keys()
        self._city = self.city_names[-1] if self.city_names else "\0"
        city = "|".join([r"中国", r"\(", r"\)", *map(re.escape, reversed(self.city_names))])
        self._full = re.compile(f"({alternatives(self._full_names)})").search
        pattern = rf"\s*(?P<city>{city})*\s*(?P<name>{alternatives(self._bare_names)}){NOT_A_DISTRICT}"
        self._bare = re.compile(pattern).match

    def _read_column(self, text: str, province: str) -> int | None:
        plain = SPACE.sub("", unicodedata.normalize("NFKC", text))
        if province and not self._is_here(province):
            return None
        if plain.isdigit():
            return self._by_code.get(plain[:6])
        for _ in range(2):  # 上海市上海市浦东新区 happens
            for name in reversed(self.city_names):
                if plain.startswith(name) and len(plain) > len(name) and plain not in self._by_name:
                    plain = plain.removeprefix(name)
                    break
        return self._by_name.get(plain)

    def _is_here(self, province: str) -> bool:
        plain = SPACE.sub("", unicodedata.normalize("NFKC", province))
        if plain.isdigit():
            return any(code.startswith(plain[:2]) for code in self._by_code)
        return any(name in plain for name in self.city_names)

    def _leads_here(self, before: str, province: str) -> bool:
        """Whether what stands before a district's name leaves it in this city: 浙江省舟山市 does not, 闸北 may."""
        if any(name in before for name in self.city_names):
            return True
        if ELSEWHERE.search(before) or any(name in before for name in PROVINCES):
            return False
        return not province or self._is_here(province)


def bare(name: str) -> str:
    for suffix in ("新区", "区", "县", "市"):
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name


def alternatives(names: Iterable[str]) -> str:
    """A regular expression for any of the names, longest first."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
