"""docs/api.md lists every refusal the API can answer, word for word."""

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path

import accounts
import lending
import visits
from accounts.api_errors import KNOWN
from accounts.errors import Refusal

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `([a-z_]+)` \| (\d{3}) \| (.+) \|$", re.M)
SHORT = r"{}\({}(\d+), \"(\w+)\", _\(\"(.+?)\"\)\)"  # how the middleware and the error pages say theirs
Row = tuple[str, int, str]


def documented() -> list[Row]:
    found = ROW.findall((ROOT / "docs/api.md").read_text())
    return [(code, int(status), sentence) for code, status, sentence in found]


@cache
def modules() -> frozenset[str]:
    """Everything in the three apps, imported."""
    names = {
        found.name
        for app in (accounts, visits, lending)
        for found in pkgutil.walk_packages(app.__path__, f"{app.__name__}.")
        if "migrations" not in found.name
    }
    return frozenset(importlib.import_module(name).__name__ for name in names)


def every_refusal(of: type[Refusal]) -> set[type[Refusal]]:
    ours = [kind for kind in of.__subclasses__() if kind.__module__ in modules()]
    return {of}.union(*map(every_refusal, ours))


def in_code() -> set[Row]:
    modules()  # before the first look at subclasses
    refusals = {(kind.code, kind.status, str(kind.sentence)) for kind in every_refusal(Refusal)}
    known = {(code, status, str(sentence)) for _kind, status, code, sentence in KNOWN}
    plain = re.findall(SHORT.format("_refuse", ""), source("accounts/idempotency.py"))
    plain += re.findall(SHORT.format("_answer", "request, "), source("config/pages.py"))
    return refusals | known | {(code, int(status), sentence) for status, code, sentence in plain}


def source(path: str) -> str:
    return (ROOT / path).read_text()


def test_the_table_of_codes_is_complete_and_holds_nothing_else():
    rows = documented()
    assert (len(rows) - len(set(rows)), sorted(in_code() ^ set(rows))) == (0, [])


def test_one_code_has_one_status():
    statuses: dict[str, set[int]] = {}
    for code, status, _sentence in in_code():
        statuses.setdefault(code, set()).add(status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_the_check_sees_what_the_middleware_and_the_error_pages_say():
    text = source("accounts/idempotency.py") + source("config/pages.py")
    assert len(re.findall(r"_refuse\(\d|_answer\(request, \d", text)) == 11
