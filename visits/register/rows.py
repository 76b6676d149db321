"""One register row: eleven texts in, one line for COPY or one fault out. This runs a million times a file.

The order of STAGED is the order of the staging table (`staging.py`). Everything that repeats from row to row (dates,
capitals, kinds) is read once and remembered.
"""

from collections.abc import Callable
from hashlib import blake2b

from django.utils.translation import gettext as _

from visits.register import rules_capital, rules_code, rules_facts, rules_name
from visits.register.columns import FIELDS, TITLES, Columns, looks_like_header
from visits.register.rules_district import Gazetteer
from visits.register.scan import Fault

# Raise it whenever a rule above changes what is stored; every row is then read again on its next import.
RULES_VERSION = 1
STAGED = (
    "line source_digest credit_code is_legacy_code name name_search search_grams kind status registered_type "
    "registered_on representative capital_text capital_amount capital_currency scope_text province_text district_text "
    "address district_id district_source district_conflict"
).split()
# As in models.Business; a text beyond them is no name, no address.
LONGEST = {
    "name": 200, "credit_code": 80, "registered_on": 40, "registered_type": 80, "representative": 80, "capital": 80,
    "scope": 20_000, "province": 40, "district": 40, "address": 300, "status": 40,
}  # fmt: skip
SHORT = min(LONGEST.values())
SEPARATOR = "\x1f"
NULL = "\\N"
NO_DATE = "-"
REMEMBERED = 100_000
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
HEADER = Fault(0, "", "header", "", "")


def digester(gazetteer: Gazetteer, columns: Columns) -> Callable[[str], int]:
    """A function from a row's joined texts to 64 bits, as PostgreSQL's bigint.

    The key makes digests of other rules, other districts and other sets of columns differ.
    """
    parts = (RULES_VERSION, gazetteer.fingerprint(), columns.present, columns.capital_scale)
    key = blake2b(repr(parts).encode(), digest_size=16).digest()

    def digest(joined: str) -> int:
        taken = blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest()
        return int.from_bytes(taken, "big", signed=True)

    return digest


class RowReader:
    """Turns the rows of one file into COPY lines."""

    def __init__(self, gazetteer: Gazetteer, columns: Columns) -> None:
        self.gazetteer, self.scale = gazetteer, columns.capital_scale
        self.conflicts = 0
        self._texts, self._dates, self._capitals = (
            Remembered(said),
            Remembered(iso_date),
            Remembered(self._capital),
        )

    def read(self, line: int, cells: tuple[str, ...], digest: int, *, is_plain: bool) -> str | Fault:
        """The COPY line of one row, HEADER for a repeated header, or why it is refused (without its text, which only
        the caller has as the file gives it).

        `is_plain`: no cell holds a backslash, a tab or a line end.
        """
        name, code, day, kind_text, person, capital, scope, province, district, address, _status = cells
        is_legacy = False
        if not rules_code.is_valid(code):
            code, is_legacy, problem = rules_code.read(code)
            if problem:
                return HEADER if looks_like_header(cells) else self._code_fault(line, cells, problem)
        name = name.strip()
        registered_on, money = self._dates[day], self._capitals[capital]
        # fmt: off
        if (
            not name.isalpha() or registered_on == NO_DATE or money[1] is NULL
            or len(name) > 200 or len(address) > 300 or len(scope) > 20_000
            or len(kind_text) + len(person) + len(capital) + len(province) + len(district) > SHORT
        ) and (fault := self._fault_of(name, registered_on, money, cells)):
            return Fault(line, *fault, "")
        # fmt: on
        return self._line(
            f"{line}\t{digest}\t{code}\t{is_legacy}",
            name,
            code,
            is_legacy,
            registered_on,
            money,
            cells,
            is_plain,
        )

    def _line(self, start, name, code, is_legacy, registered_on, money, cells, is_plain) -> str:
        """The COPY line of a row that is in order; `start` are its first four columns."""
        texts = self._texts
        kind_text, person, province, district = (
            texts[cells[3]],
            texts[cells[4]],
            texts[cells[7]],
            texts[cells[8]],
        )
        scope, address, text = said(cells[6]), said(cells[9]), money[0]
        form = rules_name.search_form(name)
        grams = rules_name.grams(form)
        grams.extend(rules_code.pieces(code))
        place, source, conflict = self.gazetteer.decide(
            district, address, code, province, is_legacy=is_legacy
        )
        if conflict:
            self.conflicts += 1
        kind = rules_facts.kind(code, is_legacy, kind_text, name)
        status = rules_facts.status(cells[10]) if cells[10] else "unknown"
        if not is_plain:
            name, form, kind_text, person, text = escaped(name, form, kind_text, person, text)
            scope, province, district, address = escaped(scope, province, district, address)
            conflict = conflict.translate(ESCAPES)
        return (
            f"{start}\t{name}\t{form}\t{{{str(grams.tolist())[1:-1]}}}\t{kind}\t{status}\t{kind_text}\t{registered_on}\t"
            f"{person}\t{text}\t{money[1]}\t{money[2]}\t{scope}\t{province}\t{district}\t{address}\t{place or NULL}\t"
            f"{source}\t{conflict}\n"
        )

    def _fault_of(
        self, name: str, registered_on: str, money: tuple[str, str, str], cells: tuple[str, ...]
    ) -> tuple[str, str, str] | None:
        """(field, code, sentence) of the first thing wrong besides the code."""
        if not name.isalpha():
            if rules_facts.is_blank(name):
                return "name", "missing", _("缺少企业名称。")
            if "\ufffd" in name:
                return "name", "encoding", _("企业名称里有无法还原的乱码。")
            if not any(map(str.isalpha, name)):
                return "name", "name", _("企业名称里没有文字。")
        if registered_on == NO_DATE:
            return "registered_on", "date", _("“%s”不是有效日期。") % cells[2].strip()[:30]
        if max(map(len, cells)) > SHORT:
            for field, text in zip(FIELDS, cells, strict=True):
                if len(text) > LONGEST[field] and len(text.strip()) > LONGEST[field]:
                    words = {"field": TITLES[field], "limit": LONGEST[field]}
                    return field, "too_long", _("“%(field)s”超过 %(limit)s 个字。") % words
        if money[1] is NULL and money[0] and any(map(is_money, (cells[3], cells[7], cells[8]))):
            return "capital", "displaced", _("注册资金出现在别的列里，本行各列错位。")
        return None

    def _capital(self, text: str) -> tuple[str, str, str]:
        """The text as given, the amount or NULL, the currency or nothing."""
        kept = said(text)
        amount, currency = rules_capital.parse(kept, self.scale) if kept else rules_capital.UNREAD
        return kept, NULL if amount is None else str(amount), currency

    def _code_fault(self, line: int, cells: tuple[str, ...], problem: str) -> Fault:
        shown = cells[1].strip()[:40]
        words = {
            "missing": _("缺少统一社会信用代码。"),
            "spreadsheet": _("代码“%s”被电子表格改成了数字，末几位已丢失。"),
            "length": _("代码“%s”不是 18 位（旧注册号 15 位）。"),
            "alphabet": _("代码“%s”含有国标不用的字符或格式不对。"),
            "check": _("代码“%s”的校验位不对。"),
        }[problem]
        return Fault(line, "credit_code", f"code_{problem}", words % shown if "%s" in words else words, "")


class Remembered(dict):
    """Results of a function by its text. It forgets everything when it is full, so that no file can fill the memory."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function = function

    def __missing__(self, text: str):
        if len(self) >= REMEMBERED:
            self.clear()
        result = self[text] = self.function(text)
        return result


def said(text: str) -> str:
    """A cell as it is kept: as given, without white space at its ends; nothing where it says nothing."""
    kept = text.strip()
    return "" if len(kept) < 8 and rules_facts.is_blank(kept) else kept


def iso_date(text: str) -> str:
    """ISO date, NULL where nothing is said, NO_DATE where it is none."""
    kept = said(text)
    day = rules_facts.parse_date(kept) if kept else None
    return day.isoformat() if day else NO_DATE if kept else NULL


def escaped(*texts: str) -> list[str]:
    return [text.translate(ESCAPES) for text in texts]


def is_money(text: str) -> bool:
    return ("万" in text or "元" in text) and rules_capital.parse(text)[0] is not None
