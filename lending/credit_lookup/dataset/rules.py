"""What a row of a credit data set says, and what is wrong with it. No ORM."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits.register import rules_code
from visits.register.rules_facts import parse_date

FIELDS = ("credit_code", "category", "item", "value", "department", "as_of", "is_adverse")
REQUIRED = ("credit_code", "category", "item", "value", "as_of")
LIMITS = {"category": 40, "item": 80, "value": 400, "department": 80}
TITLES = {
    "credit_code": "统一社会信用代码", "category": "类别", "item": "事项", "value": "内容", "department": "来源部门",
    "as_of": "数据日期", "is_adverse": "不利信息",
}  # fmt: skip
SYNONYMS = {
    "credit_code": "统一社会信用代码 社会信用代码 信用代码 统一信用代码 统一代码 注册号 credit_code uscc code",
    "category": "类别 信息类别 数据类别 分类 信用类别 category",
    "item": "事项 信息事项 信用事项 指标 数据项 项目 item",
    "value": "内容 信息内容 取值 值 结果 指标值 value",
    "department": "来源部门 数据来源 提供部门 部门 来源单位 主管部门 department",
    "as_of": "数据日期 截止日期 日期 信息日期 更新日期 采集日期 as_of date",
    "is_adverse": "不利信息 是否不利 负面信息 是否负面 是否失信 不良信息 is_adverse adverse",
}
FIELD_OF = {title: field for field, titles in SYNONYMS.items() for title in titles.split()}
YES = frozenset({"1", "true", "t", "yes", "y", "是", "有", "不利", "负面"})
NO = frozenset({"", "0", "false", "f", "no", "n", "否", "无", "正常", "-", "—"})
CODE_SENTENCES = {
    "missing": gettext_lazy("没有统一社会信用代码。"),
    "spreadsheet": gettext_lazy("代码被表格软件改成了科学计数,末几位已丢失。"),
    "length": gettext_lazy("代码应为18位(旧注册号15位)。"),
    "alphabet": gettext_lazy("代码含有不允许的字符。"),
    "check": gettext_lazy("代码校验位不符。"),
}


class Columns(NamedTuple):
    """Where each field stands (-1: not in this file); `width` and `code_at` are what the reader asks for."""

    width: int
    code_at: int
    places: tuple[int, ...]


class Item(NamedTuple):
    credit_code: str
    category: str
    item: str
    value: str
    department: str
    as_of: date
    is_adverse: bool

    @property
    def digest(self) -> bytes:
        """Of what may change while the row stays the same row."""
        return blake2b(
            f"{self.value}\0{self.department}\0{self.is_adverse}".encode(), digest_size=16
        ).digest()


class Wrong(NamedTuple):
    field: str
    code: str
    sentence: str


def field_of(title: str) -> str | None:
    return FIELD_OF.get(re.sub(r"[\s*★:]|^\ufeff", "", unicodedata.normalize("NFKC", title)).lower())


def find(header: Sequence[str]) -> Columns | None:
    """The columns of a header row, or None where a required one is not there."""
    found: dict[str, int] = {}
    for place, title in enumerate(header):
        if len(title) <= 60 and (field := field_of(title)):
            found.setdefault(field, place)
    if not set(REQUIRED) <= found.keys():
        return None
    return Columns(len(header), found["credit_code"], tuple(found.get(field, -1) for field in FIELDS))


def is_header(row: Sequence[str]) -> bool:
    """Whether a row in the middle repeats the header."""
    return set(REQUIRED) <= {field_of(title) for title in row if len(title) <= 60}


# a data set repeats its dates all the time, and its codes from one row to the next
_code, _day = lru_cache(4096)(rules_code.read), lru_cache(4096)(parse_date)


def read(cells: Sequence[str], columns: Columns) -> Item | Wrong:
    said = dict(zip(FIELDS, ("" if at < 0 else cells[at].strip() for at in columns.places), strict=True))
    code = _code(said["credit_code"])
    if code.fault:
        return Wrong("credit_code", f"code_{code.fault}", str(CODE_SENTENCES[code.fault]))
    for field, limit in LIMITS.items():
        if not said[field] and field in REQUIRED:
            return Wrong(field, "missing", _("“%(title)s”为空。") % {"title": TITLES[field]})
        if len(said[field]) > limit:
            return Wrong(
                field,
                "too_long",
                _("“%(title)s”超过%(limit)d字。") % {"title": TITLES[field], "limit": limit},
            )
    as_of = _day(said["as_of"])
    if as_of is None:
        return Wrong("as_of", "date", _("“数据日期”不是有效日期。"))
    adverse = said["is_adverse"].lower()
    if adverse not in YES | NO:
        return Wrong("is_adverse", "flag", _("“不利信息”应为 1 或 0。"))
    return Item(
        code.text, said["category"], said["item"], said["value"], said["department"], as_of, adverse in YES
    )
