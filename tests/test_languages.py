"""English is complete: the catalogue holds every sentence, and no sentence of the sources escapes it."""

import ast
import os
import re
import shutil
from pathlib import Path

import polib
import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
SPOKEN = ["accounts", "visits", "lending", "config", "templates"]
CATALOGUE = ROOT / "locale/en/LC_MESSAGES/django.po"
HAN = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
# names of columns and the mark on the door, as they stand there
SHOWN_AS_IS = [r"“[^”]+”(?= \()", "〓", "“走访通”"]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{\w*\}")


def english() -> polib.POFile:
    return polib.pofile(CATALOGUE, encoding="utf-8")


# --- The catalogue ----------------------------------------------------------------------------------------------------
@pytest.fixture
def gettext_tools() -> None:
    if shutil.which("xgettext") and shutil.which("msgmerge"):
        return
    reason = "no xgettext on this machine (on Debian: apt install gettext)"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def test_extracting_again_writes_the_same_catalogue(gettext_tools, tmp_path, monkeypatch, settings):
    """In a copy, so that what xgettext reads besides never stands beside the templates."""
    for name in SPOKEN:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    again = tmp_path / CATALOGUE.relative_to(ROOT)
    again.parent.mkdir(parents=True)
    shutil.copy(CATALOGUE, again)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", locale=["en"], verbosity=0)
    found, kept = (
        {(entry.msgctxt, entry.msgid) for entry in polib.pofile(path, encoding="utf-8")}
        for path in (again, CATALOGUE)
    )
    assert {"new": found - kept, "obsolete": kept - found} == {"new": set(), "obsolete": set()}
    assert again.read_text() == CATALOGUE.read_text()


def test_every_sentence_has_its_english():
    po = english()
    loose = po.untranslated_entries() + po.fuzzy_entries() + po.obsolete_entries()
    assert [entry.msgid for entry in loose] == []


def test_no_translation_loses_a_placeholder_or_keeps_a_chinese_letter():
    wrong = []
    for entry in english():
        wanted = sorted(PLACEHOLDER.findall(entry.msgid))
        for said in filter(None, [entry.msgstr, *entry.msgstr_plural.values()]):
            if sorted(PLACEHOLDER.findall(said)) != wanted:
                wrong.append((entry.msgid, said))
            if re.search(HAN, re.sub("|".join(SHOWN_AS_IS), "", said)):
                wrong.append((entry.msgid, said))
    assert wrong == []


# --- The sources ------------------------------------------------------------------------------------------------------
WORDS_OF_FILES = "columns and values of files that others write and read"
REFERENCE = "reference data: content, as issued by the city"
DEMO = "demo data and the story on the command line"
KEPT = "kept in the database and read by several people: Chinese always"
CONTENT = {
    "accounts/queries.py": "the endings of districts' names",
    "accounts/templatetags/doorstep.py": "both languages stand side by side",
    "accounts/templatetags/language.py": "each language in its own words",
    "config/settings.py": "each language in its own words; the name of a source",
    "config/supervise.py": "the product's name",
    "lending/bank_decision/feedback.py": WORDS_OF_FILES,
    "lending/bank_decision/feedback_sheet.py": WORDS_OF_FILES,
    "lending/bank_decision/reference.py": REFERENCE,
    "lending/credit_lookup/adapters/": KEPT,
    "lending/credit_lookup/dataset/rules.py": WORDS_OF_FILES,
    "lending/credit_lookup/services.py": KEPT,
    "lending/dashboard/answers.py": "documentation of the API",
    "lending/dashboard/city_map.py": "the endings of districts' names",
    "lending/demo/": DEMO,
    "lending/district_review/evidence.py": "words looked for in what people wrote",
    "lending/district_review/reference.py": REFERENCE,
    "lending/management/commands/": DEMO,
    "lending/progress/withdrawing.py": KEPT,
    "lending/sla/calendar.py": KEPT,
    "lending/sla/calendar_file.py": WORDS_OF_FILES,
    "lending/sla/receipts.py": KEPT,
    "lending/sla/reference.py": REFERENCE,
    "visits/codes/batches/working.py": KEPT,
    "visits/consent/reference.py": REFERENCE,
    "visits/consent/rules.py": KEPT,
    "visits/consent/services.py": KEPT,
    "visits/field/details.py": KEPT,
    "visits/intake/rules_amount.py": "what people type behind a figure",
    "visits/protection/reference.py": REFERENCE,
    "visits/register/columns.py": WORDS_OF_FILES,
    "visits/register/reference.py": REFERENCE,
    "visits/register/rows.py": WORDS_OF_FILES,
    "visits/register/rules_": WORDS_OF_FILES,
    "visits/register/scan.py": WORDS_OF_FILES,
}
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


def unwrapped(path: Path) -> list[str]:
    """Chinese in string literals outside gettext; docstrings are for readers of the code."""
    tree, wrapped = ast.parse(path.read_text()), set()
    for node in ast.walk(tree):
        is_call = (
            isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in GETTEXT
        )
        if is_call or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            wrapped |= {id(inner) for inner in ast.walk(node)}
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value[:40]}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in wrapped
        if re.search(r"[\u4e00-\u9fff]|^[、，。；]$", node.value)
    ]


def spoken_on_import(path: Path) -> list[str]:
    """A sentence put together while the module is loaded keeps the language of that moment for ever."""
    tree = ast.parse(path.read_text())
    eager = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in GETTEXT and not alias.name.endswith("_lazy")
    }
    found = []

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        is_said = isinstance(node, ast.Call) and getattr(node.func, "id", "") in eager
        is_filled = isinstance(node, ast.BinOp | ast.JoinedStr) and any(
            isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in GETTEXT
            for inner in ast.walk(node)
        )
        if is_said or is_filled:
            found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
        for inner in ast.iter_child_nodes(node):
            look(inner)

    look(tree)
    return found


def test_no_sentence_is_spoken_before_somebody_asks():
    assert [line for path in sources() for line in spoken_on_import(path)] == []


def sources() -> list[Path]:
    found = [
        path for app in ("accounts", "visits", "lending", "config") for path in (ROOT / app).rglob("*.py")
    ]
    return [path for path in found if "migrations" not in path.parts]


def test_no_chinese_sentence_escapes_gettext_in_python():
    spoken = [path for path in sources() if not str(path.relative_to(ROOT)).startswith(tuple(CONTENT))]
    assert [line for path in spoken for line in unwrapped(path)] == []


def test_no_exception_to_that_is_left_over():
    needed = [str(path.relative_to(ROOT)) for path in sources() if unwrapped(path)]
    assert [prefix for prefix in CONTENT if not any(path.startswith(prefix) for path in needed)] == []


def test_no_chinese_sentence_escapes_translation_in_a_template():
    left = {}
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]:
        text = re.sub(r"\{#.*?#\}|\{% comment .*?endcomment %\}", "", path.read_text(), flags=re.S)
        text = re.sub(r"\{% blocktrans(late)?\b.*?\{% endblocktrans(late)? %\}", "", text, flags=re.S)
        text = re.sub(r"\{% trans(late)? ('[^']*'|\"[^\"]*\").*?%\}|_\((\"[^\"]*\"|'[^']*')\)", "", text)
        if found := re.findall(f".{{0,20}}{HAN}+", text):
            left[str(path.relative_to(ROOT))] = found
    assert left == {}


# joins the answers of a visit into its note, which is stored, and in Chinese
NOTE = 'value.trim()).join("、'


def test_no_chinese_sentence_stands_in_a_script():
    """What a script says comes from the page, in data-attributes."""
    left = {}
    for path in [path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts]:
        text = re.sub(r"/\*.*?\*/|(?<!:)//.*?$", "", path.read_text(), flags=re.S | re.M)
        if found := re.findall(f".{{0,20}}{HAN}+", text):
            left[str(path.relative_to(ROOT))] = found
    assert left == {"static/visit-form.js": [NOTE]}
