"""Measures the start of the program: calls of `sla` against `python -c pass`, by CPU time."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from sla_tracker.deployment.service import DeploymentService

ROUNDS = 11
SLA = (sys.executable, "-m", "sla_tracker")
TAB = {"_SLA_COMPLETE": "bash_complete", "COMP_WORDS": "sla d", "COMP_CWORD": "1"}
# Highest ratio of a call's CPU time to that of `python -c pass`.
LIMITS = {"--version": 3.0, "--help": 7.0, "completion": 7.0}


def cpu(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Return the CPU seconds of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the figures; a missed limit raises."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # With compiled modules, as in an installed program.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        DeploymentService().init(
            folder / "trial", config="dealership", trial=True, in_force_from=date(2026, 10, 1)
        )
        at = ("--deployment", str(folder / "trial"))
        calls: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
            "pass": ((sys.executable, "-c", "pass"), environ),
            "--version": ((*SLA, "--version"), environ),
            "--help": ((*SLA, *at, "--help"), environ),
            "completion": (SLA, environ | TAB),
            "score": ((*SLA, *at, "score"), environ),
            "requests": ((*SLA, *at, "requests"), environ),
            "log": ((*SLA, *at, "log"), environ),
        }
        times: dict[str, list[float]] = {called: [] for called in calls}
        for _ in range(ROUNDS):
            for called, (command, variables) in calls.items():
                times[called].append(cpu(command, variables))
    medians = {called: statistics.median(measured) for called, measured in times.items()}
    for called, seconds in medians.items():
        bound = f"  (at most {LIMITS[called]:.0f})" if called in LIMITS else ""
        print(f"{called:>12} {seconds * 1000:7.1f} ms  {seconds / medians['pass']:5.1f} x pass{bound}")
    for called, limit in LIMITS.items():
        ratio = medians[called] / medians["pass"]
        assert ratio <= limit, f"{called} costs {ratio:.1f} times `python -c pass`, over {limit}"


if __name__ == "__main__":
    main()
