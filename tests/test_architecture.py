"""The house keeps its shape: arrows point down, files stay small, nothing hides in utils.py."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ["accounts", "visits", "lending", "config"]  # each may import what stands before it
STAGE_PACKAGES = ["credit_lookup", "district_review", "recommendation_list", "bank_decision"]

# Inside lending, floor by floor; a module imports its own floor or lower ones. What is named nowhere is a stage-free
# module of the app and has to be given a floor here.
FLOORS = [
    {"stages", "errors"},
    {"case"},
    {"audit", "access", "sla"},
    {"workflow"},
    {"opening"},
    set(STAGE_PACKAGES),
    {"progress", "dashboard"},
    {
        "models",
        "admin",
        "api",
        "api_urls",
        "urls",
        "go",
        "tasks",
        "apps",
        "management",
        "migrations",
        "templatetags",
        "demo",
    },
]
# lending.models and visits.models gather the models for everybody to import; they hold no code of their own.
TABLES_OF_MODELS = {"lending.models"}
FILE_CAP, FUNCTION_CAP = 400, 40
FORBIDDEN_NAMES = {"utils", "helpers", "managers", "misc", "common"}


def sources() -> list[Path]:
    found = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return sorted(path for path in [*found, ROOT / "manage.py"] if "migrations" not in path.parts)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports_of(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file; `from a import b` counts as a.b where that is a module."""
    found = set()
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            found |= {
                f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base for alias in node.names
            }
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def floor_of(module: str) -> int | None:
    part = module.split(".")[1] if module.startswith("lending.") else None
    return next((level for level, names in enumerate(FLOORS) if part in names), None)


def wrong_between_apps(path: Path) -> list[str]:
    app = module_of(path).split(".")[0]
    if app not in APPS:
        return []
    above = APPS[APPS.index(app) + 1 :]
    return [
        f"{module_of(path)} imports {name}"
        for name in sorted(imports_of(path))
        if name.split(".")[0] in above
    ]


def wrong_inside_lending(path: Path) -> list[str]:
    """Imports that point up, or from one stage package into another."""
    module = module_of(path)
    mine = floor_of(module)
    wrong = []
    for name in sorted(imports_of(path)):
        theirs = floor_of(name)
        if mine is None or theirs is None or name in TABLES_OF_MODELS:
            continue
        part, other = module.split(".")[1], name.split(".")[1]
        if theirs > mine or (part != other and {part, other} <= set(STAGE_PACKAGES)):
            wrong.append(f"{module} imports {name}")
    return wrong


def test_arrows_between_the_apps_point_down():
    # config/settings.py names apps as strings; a management command in visits may not reach up either.
    assert [line for path in sources() for line in wrong_between_apps(path)] == []


def test_arrows_inside_lending_point_down_and_stage_packages_never_meet():
    assert [line for path in sources() for line in wrong_inside_lending(path)] == []


def test_every_module_of_lending_has_a_floor():
    tops = {
        path.relative_to(ROOT / "lending").parts[0].removesuffix(".py")
        for path in (ROOT / "lending").rglob("*.py")
    }
    assert tops - {"__init__"} - set.union(*FLOORS) == set()


def test_the_arrow_check_sees_an_arrow_that_points_up(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    for name, text in {
        "lending/case.py": "from lending.workflow import advance",
        "lending/workflow.py": "",
        "lending/credit_lookup/services.py": "def look():\n    from lending import bank_decision",
        "lending/bank_decision/__init__.py": "",
        "visits/models.py": "import lending.case",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    paths = sorted(tmp_path.rglob("*.py"))
    assert [line for path in paths for line in wrong_inside_lending(path)] == [
        "lending.case imports lending.workflow",
        "lending.credit_lookup.services imports lending.bank_decision",
    ]
    assert [line for path in paths for line in wrong_between_apps(path)] == [
        "visits.models imports lending.case"
    ]


def test_rules_know_no_orm():
    names = {"rules.py", "calendar.py", "scan.py"}
    wrong = [
        f"{module_of(path)} imports {name}"
        for path in sources()
        if path.name in names
        for name in imports_of(path)
        if name.startswith("django.db") or name.endswith(".models")
    ]
    assert wrong == []


def test_no_file_is_longer_than_400_lines():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > FILE_CAP} == {}


def test_no_function_is_longer_than_40_lines():
    long = {
        f"{module_of(path)}.{node.name}": node.end_lineno - node.lineno + 1
        for path in sources()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= FUNCTION_CAP
    }
    assert long == {}


def test_nothing_hides_in_a_file_of_odds_and_ends():
    assert [str(path) for path in sources() if path.stem in FORBIDDEN_NAMES] == []


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style\b|\sstyle=|\son[a-z]+=\"|javascript:", re.I
)


@pytest.mark.parametrize(
    ("template", "is_inline"),
    [
        ('<script type="module" src="x.js"></script>', False),
        ("<script>go()</script>", True),
        ('{{ data|json_script:"x" }}<script type="application/json">{}</script>', False),
        ('<p style="color: red">', True),
        ('<a onclick="go()">', True),
    ],
)
def test_the_template_check_sees_inline_code(template, is_inline):
    assert bool(INLINE.search(template)) is is_inline


def test_no_template_carries_inline_code_or_style():
    """The content security policy would refuse it. Mail has no stylesheet; the admin theme has its own policy."""
    wrong = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = path.relative_to(ROOT / "templates")
        if name.parts[0] not in {"admin", "emails"} and (found := INLINE.findall(path.read_text())):
            wrong[str(name)] = found
    assert wrong == {}


LOCK = re.compile(r"select_for_update\((?P<lock>[^)]*)\)(?P<rest>(?:\s*\.\w+\([^()]*\))*)")


def locks_too_much(code: str) -> list[str]:
    """Row locks that also take the rows joined to them: the way to a deadlock that no test of one verb shows."""
    return [
        found.group() for found in LOCK.finditer(code)
        if "select_related" in found["rest"] and "of=" not in found["lock"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('X.objects.select_for_update(no_key=True).select_related("y").get(pk=1)', 1),
        ('X.objects.select_for_update(of=("self",)).select_related("y").get(pk=1)', 0),
        ("X.objects.select_for_update(no_key=True).get(pk=1)", 0),
    ],
)
def test_the_lock_check_sees_a_lock_on_joined_rows(code, count):
    assert len(locks_too_much(code)) == count


def test_a_row_lock_never_takes_the_rows_joined_to_it():
    wrong = {str(path): found for path in sources() if (found := locks_too_much(path.read_text()))}
    assert wrong == {}
