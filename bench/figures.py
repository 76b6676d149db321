"""One line per figure: NAME value unit ratio bound ok|short. `-` stands where there is no ratio or no bound."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path


class Report:
    """What one group measured. A group is a module bench/bench_<group>.py with `run(report)`."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.figures: list[dict] = []
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """What a figure means, how its yardstick was made."""
        self.notes.append(text)
        print(f"# {text}", flush=True)

    def add(
        self, name: str, value: float, unit: str, *, yardstick: float | None = None, at_most: float | None = None,
        at_least: float | None = None, is_ratio_bound: bool = True,
    ) -> None:  # fmt: skip
        """`yardstick` in the same unit gives the ratio; the bound is on the ratio, or on the value where there is none."""
        ratio = value / yardstick if yardstick else None
        judged = ratio if ratio is not None and is_ratio_bound else value
        is_ok = (at_most is None or judged <= at_most) and (at_least is None or judged >= at_least)
        bound = (
            "-"
            if at_most is None and at_least is None
            else f"<={at_most:g}"
            if at_most is not None
            else f">={at_least:g}"
        )
        self.figures.append(
            {"name": f"{self.group}.{name}", "value": round(value, 3), "unit": unit,
             "ratio": None if ratio is None else round(ratio, 3), "bound": bound, "ok": is_ok}
        )  # fmt: skip
        shown = "-" if ratio is None else f"{ratio:.2f}"
        print(
            f"{self.group}.{name} {value:.2f} {unit} {shown} {bound} {'ok' if is_ok else 'short'}", flush=True
        )


def save(path: Path, reports: list[Report]) -> None:
    """Write the groups measured now; what other groups measured before stays."""
    try:
        kept = json.loads(path.read_text())["groups"]
    except (OSError, ValueError, KeyError):
        kept = {}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for report in reports:
        kept[report.group] = {"measured_at": now, "figures": report.figures, "notes": report.notes}
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "groups": kept}, ensure_ascii=False, indent=1))


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of them (0-1) do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]
