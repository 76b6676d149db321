"""python -m bench [GROUP …], or ONLY=group. Exit status 0 whatever the figures say."""

import importlib
import os
import sys
import traceback

from bench import place
from bench.figures import Report, save

GROUPS = ("import", "visits", "payload", "review", "banks", "sla", "dashboards")


def main() -> None:
    wanted = sys.argv[1:] or os.environ.get("ONLY", "").replace(",", " ").split() or list(GROUPS)
    if unknown := [name for name in wanted if name not in GROUPS]:
        print(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}", file=sys.stderr)
        wanted = [name for name in wanted if name in GROUPS]
    reports = []
    for name in wanted:
        if importlib.util.find_spec(f"bench.bench_{name}") is None:
            print(f"# {name}: not measured, there is no bench/bench_{name}.py", flush=True)
            continue
        report = Report(name)
        try:
            place.prepare()
            importlib.import_module(f"bench.bench_{name}").run(report)
        except Exception:
            traceback.print_exc()
            report.note(f"{name} broke off; its figures are not complete")
        reports.append(report)
    if reports:
        from django.conf import settings

        save(settings.VAR_DIR / "bench.json", reports)
        place.drop()


if __name__ == "__main__":
    main()
