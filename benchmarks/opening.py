"""Measures `sla due` with three years of history against none, with and without start-up cache."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks._limits import at_most
from sla_tracker.config.create import create_deployment
from sla_tracker.demo.past import play
from sla_tracker.deployment.direct import DirectDeployment

NOW = "2026-11-20T09:30:00+08:00"
SINCE = {"without": date(2026, 11, 2), "three years": date(2023, 12, 1)}
ROUNDS = 15
MOST = 1.2  # highest ratio of three years to none


def played(folder: Path, since: date) -> int:
    """Create a demonstration company with a past since a day; return its number of changes."""
    create_deployment(folder, "dealership", in_force_from=since, trial=True, demonstration=True)
    deployment = DirectDeployment(folder)
    play(deployment.context, deployment.context.now())
    changes = deployment.context.store.sequence()
    deployment.close()
    return changes


def listed(folder: Path, *, first_of_the_day: bool) -> float:
    """Run `sla due` as a process, and return its seconds; the first of a day has no cache."""
    if first_of_the_day:
        (folder / ".seen" / "due").unlink(missing_ok=True)
    command = [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), "due"]
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the figures, and which limits are missed."""
    ratios = {}
    with tempfile.TemporaryDirectory() as name:
        # With compiled modules, as in an installed program.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ |= {"SLA_NOW": NOW, "PYTHONPYCACHEPREFIX": str(Path(name) / "compiled")}
        for which, since in SINCE.items():
            print(f"{which}: {played(Path(name) / which, since):,} changes")
        for what, first in (("first list of a day", True), ("later list", False)):
            times: dict[str, list[float]] = {which: [] for which in SINCE}
            for _ in range(ROUNDS):
                for which, each in times.items():
                    each.append(listed(Path(name) / which, first_of_the_day=first))
            without, history = (statistics.median(each) for each in times.values())
            ratios[what] = history / without
            print(
                f"{what}: {history * 1000:.0f} ms / {without * 1000:.0f} ms = {ratios[what]:.2f} (at most {MOST})"
            )
    for what, ratio in ratios.items():
        at_most(ratio, MOST, f"{what}, three years of history / none")


if __name__ == "__main__":
    main()
