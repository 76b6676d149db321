"""Compile every .po of the product beside itself: `python -m config.catalogues`.

Done before the processes start and before the tests, with a library of its own: msgfmt is not on every machine, and a
compiled catalogue in the repository goes stale. What is up to date is left alone.
"""

import os
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [ROOT / "locale", ROOT / "accounts" / "theme_words"]  # also settings.LOCALE_PATHS


def compile_all() -> list[Path]:
    """The catalogues that were written anew."""
    stale = [po for folder in FOLDERS for po in sorted(folder.rglob("*.po")) if is_stale(po)]
    for po in stale:
        compile_one(po)
    return stale


def is_stale(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns


def compile_one(po: Path) -> None:
    """Put in place whole: two test workers may do this at once, and a reader must never meet half a file."""
    written = po.stat().st_mtime_ns
    with tempfile.NamedTemporaryFile(dir=po.parent, suffix=".mo", delete=False) as file:
        file.write(polib.pofile(po, encoding="utf-8").to_binary())
    os.utime(file.name, ns=(written, written))  # a .po that changes meanwhile is newer again
    Path(file.name).chmod(0o644)
    Path(file.name).replace(po.with_suffix(".mo"))


if __name__ == "__main__":
    compile_all()
