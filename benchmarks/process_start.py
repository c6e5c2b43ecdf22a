"""Measures the start of the program: calls of `sla` against `python -c pass`, by CPU time."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.states import State
from sla_tracker.services import events

ROUNDS = 11
WARM = 2  # rounds before: modules are compiled, caches written
SLA = (sys.executable, "-m", "sla_tracker")
TAB = {"_SLA_COMPLETE": "bash_complete", "COMP_WORDS": "sla d", "COMP_CWORD": "1"}
# Highest ratio of a call's CPU time to that of `python -c pass`.
EVERYDAY = 14.0
LIMITS = {"--version": 3.0, "--help": 7.0, "completion": 7.0}

Call = Callable[[int], Sequence[str]]


def cpu(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Return the CPU seconds of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def deliveries(folder: Path) -> list[tuple[str, ...]]:
    """Return the words that deliver a duty of a trial, for each round another one."""
    opened = open_deployment(folder)
    now = opened.context.now()
    for number in range(ROUNDS + WARM):
        events.register(
            opened.context,
            opened.actor,
            "vehicle-delivered",
            subject=f"鄂F·2{number:04}",
            at=now - timedelta(minutes=number + 1),
            fields={"cash": "yes"},
        )
    duties = opened.context.store.read(
        lambda tx: tx.find(Duty, state=State.OPEN, provider=opened.actor.department)
    )
    opened.close()
    ticked = [one for one in duties if all(each.kind == "tick" for each in one.terms.evidence)]
    return [
        (one.reference, *(word for each in one.terms.evidence for word in ("-e", each.id)))
        for one in ticked[: ROUNDS + WARM]
    ]


def everyday(at: Sequence[str], delivered: Sequence[tuple[str, ...]]) -> dict[str, Call]:
    """Return the calls of everyday commands, by name."""

    def call(*words: str) -> Call:
        return lambda _round: (*SLA, *at, *words)

    duty = delivered[0][0]
    happened = ("--no-input", "event", "add", "vehicle-delivered")
    return {
        "show": call("show", duty),
        "why": call("why", duty),
        "score": call("score"),
        "requests": call("requests"),
        "log": call("log"),
        "note": call("note", duty, "seen"),
        "deliver": lambda number: (*SLA, *at, "--no-input", "deliver", *delivered[number]),
        "event": lambda number: (*SLA, *at, *happened, f"鄂F·3{number:04}", "-f", "cash=yes"),
    }


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
        calls: dict[str, Call] = {
            "pass": lambda _round: (sys.executable, "-c", "pass"),
            "--version": lambda _round: (*SLA, "--version"),
            "--help": lambda _round: (*SLA, *at, "--help"),
            "completion": lambda _round: SLA,
            **everyday(at, deliveries(folder / "trial")),
        }
        times: dict[str, list[float]] = {called: [] for called in calls}
        for number in range(WARM + ROUNDS):
            for called, command in calls.items():
                variables = environ | (TAB if called == "completion" else {})
                times[called].append(cpu(command(number), variables))
    medians = {called: statistics.median(measured[WARM:]) for called, measured in times.items()}
    missed = []
    for called, seconds in medians.items():
        limit, ratio = LIMITS.get(called, EVERYDAY), seconds / medians["pass"]
        print(f"{called:>12} {seconds * 1000:7.1f} ms  {ratio:5.1f} x pass  (at most {limit:.0f})")
        if ratio > limit:
            missed.append(f"{called} costs {ratio:.1f} times `python -c pass`, over {limit:.0f}")
    assert not missed, "; ".join(missed)


if __name__ == "__main__":
    main()
