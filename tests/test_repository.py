"""What stands in the papers is true: migrations, README, requirements, environment, beat table."""

import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from config.celery import app
from config.schedule import SCHEDULE

ROOT = Path(__file__).resolve().parent.parent
READMES = ["README.md", "README.zh-CN.md"]
# Named in the papers, made by running the product, absent from a fresh checkout.
MADE_LATER = ("var/", ".venv", ".env", "node_modules", "static/vendor")


@pytest.mark.django_db
def test_no_model_change_waits_for_a_migration():
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out, verbosity=1)
    assert out.getvalue().strip() == "No changes detected"


def papers() -> list[Path]:
    return [ROOT / name for name in READMES] + sorted((ROOT / "docs").rglob("*.md"))


def paths_named_in(text: str) -> set[str]:
    """`code spans` and link targets that look like a path in this repository."""
    spans = re.findall(r"`([^`\s]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    links = [
        link
        for link in re.findall(r"\]\(([^)#\s]+)", text)
        if "://" not in link and not link.startswith("mailto:")
    ]
    looks = [
        span
        for span in spans
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", span) and ("/" in span or span.endswith(FILES))
    ]
    return {name for name in [*looks, *links] if not name.startswith(MADE_LATER)}


FILES = (".py", ".md", ".txt", ".toml", ".yaml", ".yml", ".css", ".js", ".json", ".html", ".csv")


@pytest.mark.parametrize("paper", papers(), ids=lambda path: str(path.relative_to(ROOT)))
def test_papers_name_only_files_that_exist(paper):
    named = paths_named_in(paper.read_text())
    known = {path.name for path in ROOT.rglob("*") if not {".venv", "node_modules", "var"} & set(path.parts)}
    missing = {
        name
        for name in named
        # A bare file name ("services.py") stands for a kind of file; a path has to be right to the letter.
        if not (
            (ROOT / name).exists() or (paper.parent / name).exists() or ("/" not in name and name in known)
        )
    }
    assert missing == set()


def test_both_readmes_show_the_same_commands():
    commands = [
        set(re.findall(r"(?:make|manage\.py) [a-z_]+", (ROOT / name).read_text())) for name in READMES
    ]
    assert commands[0] == commands[1]


def test_the_environment_example_is_complete_and_holds_nothing_else():
    reading = r"env\.(?:text|flag|number|words|time_zone|web_address|database|redis|email|mailbox|json_list)\(\s*\"([A-Z_]+)\""
    read = {name for path in (ROOT / "config").glob("*.py") for name in re.findall(reading, path.read_text())}
    read |= set(
        re.findall(r"os\.environ(?:\.get\(|\[)\"(DOORSTEP_[A-Z_]+)\"", (ROOT / "config/env.py").read_text())
    )
    written = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.M))
    assert written == read


def test_nobody_but_config_reads_the_environment():
    apps = [path for app in ("accounts", "visits", "lending") for path in (ROOT / app).rglob("*.py")]
    assert [str(path) for path in apps if re.search(r"os\.environ|getenv", path.read_text())] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"])
def test_every_requirement_is_pinned_and_says_what_it_is_for(name):
    lines = [
        line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r"))
    ]
    assert [line for line in lines if not re.fullmatch(r"[\w\[\],-]+==[\w.]+  # .+", line)] == []


def test_every_npm_package_is_pinned_and_says_what_it_is_for():
    package = json.loads((ROOT / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    assert set(wanted) - set(package["//"]) == set()


def test_the_npm_lock_file_has_a_checksum_for_every_package_and_names_no_host_to_fetch_from():
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in lock.items() if name and not entry.get("integrity")] == []
    assert [name for name, entry in lock.items() if "resolved" in entry] == []


def test_every_tick_expires_before_the_next_one():
    assert {
        name: entry for name, entry in SCHEDULE.items() if entry["options"]["expires"] >= entry["schedule"]
    } == {}


def test_every_tick_names_a_task_that_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} - set(app.tasks) == set()


def test_settings_refuse_a_database_without_a_secret_key():
    """In a process of its own: with DATABASE_URL there is no generated key, and the sentence names what is missing."""
    run = start_settings(DATABASE_URL="postgres://u:p@127.0.0.1:1/x", SECRET_KEY="")
    assert (run.returncode, run.stderr.split(":")[0].split(".")[0]) == (1, "SECRET_KEY is not set")


def test_a_malformed_variable_stops_the_start_and_is_named_without_its_password():
    run = start_settings(DATABASE_URL="mysql://u:hunter2@h/x", SECRET_KEY="k")
    assert (run.returncode, "DATABASE_URL" in run.stderr, "hunter2" in run.stderr) == (1, True, False)


def start_settings(**variables: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
