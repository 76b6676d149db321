"""Which column of a file holds what: header names and their synonyms, in any order."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple

# Of several columns for one field the synonym that stands first wins: where a business works before where it is
# registered, because the operating district is read from it.
SYNONYMS = {
    "name": "企业名称 名称 主体名称 经营主体名称 市场主体名称 单位名称 公司名称 机构名称 个体名称 字号名称 企业(机构)名称 主体 name",
    "credit_code": "统一社会信用代码 社会信用代码 信用代码 统一信用代码 统一社会信用代码/注册号 统一代码 注册号 工商注册号 "
    "统一社会信用代码(注册号) credit_code uscc code",
    "registered_on": "注册日期 成立日期 登记日期 设立日期 核准日期 注册时间 成立时间 registered_on date",
    "registered_type": "企业类型 类型 主体类型 登记类型 企业(机构)类型 市场主体类型 经营主体类型 组织形式 type",
    "representative": "法人代表 法定代表人 法定代表人(负责人) 负责人 经营者 法人 法定代表人/负责人 法人姓名 经营者姓名 representative",
    "capital": "注册资金 注册资本 注册资本(金) 资金数额 出资额 认缴出资额 注册资本金 capital",
    "scope": "经营范围 业务范围 主营业务 经营(业务)范围 scope",
    "province": "所在省份 省份 省 所属省份 所在省 province",
    "district": "地区 区县 所属区 所在区 行政区 所属区县 区 所属地区 所在地区 辖区 区域 district",
    "address": "经营地址 经营场所 生产经营地址 实际经营地址 主要经营场所 注册地址 地址 住所 企业地址 住所(经营场所) 经营场所(住所) "
    "住所/经营场所 单位地址 详细地址 address",
    "status": "登记状态 经营状态 企业状态 状态 存续状态 status",
}
FIELDS = tuple(SYNONYMS)
REQUIRED = ("name", "credit_code")
TITLES = {field: names.split()[0] for field, names in SYNONYMS.items()}
SCALES = {
    "万元": 10_000,
    "万": 10_000,
    "万元人民币": 10_000,
    "人民币万元": 10_000,
    "元": 1,
    "亿元": 100_000_000,
}
_FIELD_OF = {
    name: (field, rank) for field, names in SYNONYMS.items() for rank, name in enumerate(names.split())
}
_UNIT = re.compile(r"(.+?)\((?:单位:?)?([^()]*)\)$").fullmatch


class Columns(NamedTuple):
    """`pick` turns a row of `width` cells (it appends one) into eleven texts in the order of FIELDS."""

    width: int
    present: tuple[str, ...]
    code_at: int
    capital_scale: int | None
    pick: Callable[[list[str]], tuple[str, ...]]


def plain(title: str) -> str:
    return re.sub(r"[\s*★:]|^\ufeff", "", unicodedata.normalize("NFKC", title)).lower()


def field_of(title: str) -> tuple[str, int, int | None] | None:
    """(field, rank among its synonyms, scale said in brackets) of one header cell."""
    name = plain(title)
    if name in _FIELD_OF:
        return (*_FIELD_OF[name], None)
    found = _UNIT(name)
    if found and found[1] in _FIELD_OF and (found[2] in SCALES or found[1] not in TITLES.values()):
        return (*_FIELD_OF[found[1]], SCALES.get(found[2]))
    return None


def find(header: Sequence[str]) -> Columns | None:
    """The columns of a header row, or None where it is not one: name and credit code must both be there."""
    best: dict[str, tuple[int, int, int | None]] = {}
    for place, title in enumerate(header):
        found = field_of(title) if len(title) <= 60 else None
        if found and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = (found[1], place, found[2])
    if not set(REQUIRED) <= best.keys():
        return None
    places = [best[field][1] if field in best else -1 for field in FIELDS]
    picked = itemgetter(*places)

    def pick(row: list[str]) -> tuple[str, ...]:
        row.append("")  # what an absent column, at -1, reads
        return picked(row)

    present = tuple(field for field in FIELDS if field in best)
    scale = best["capital"][2] if "capital" in best else None
    return Columns(len(header), present, best["credit_code"][1], scale, pick)


def looks_like_header(row: Sequence[str]) -> bool:
    """Whether a row in the middle repeats a header: at least half of its cells, name and code among them, are titles."""
    known = {found[0] for title in row if len(title) <= 60 and (found := field_of(title))}
    return set(REQUIRED) <= known and 2 * len(known) >= sum(1 for title in row if title.strip())
