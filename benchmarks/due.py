"""Measures `sla due` as a process: beside imports, Taskwarrior, and on PostgreSQL beside the embedded store."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from benchmarks._due_on_server import main as on_server
from benchmarks._limits import at_most
from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.ports import Writing

NOW = "2026-11-20T17:30:00+08:00"
SHOWN = 100  # duties on the list
OTHERS = ("loan", "insurance", "service")
ROUNDS = 21
BARE = "import click, tinydb, orjson"
LIMITS = {10_000: 0.9, 50_000: 0.55}  # highest ratio to Taskwarrior, by number of open duties

Command = list[str]


def company(folder: Path, count: int) -> Path:
    """Create a trial with `count` open duties; the person's department owes SHOWN of them."""
    DeploymentService().init(folder, config="dealership", trial=True, in_force_from=date(2026, 10, 1))
    deployment = open_deployment(folder)
    context = deployment.context
    live = context.store.read(lambda tx: tx.find(Duty, state=LIVE))
    own = deployment.actor.department
    model = next(duty for duty in live if duty.provider != own)
    owed = SHOWN - sum(duty.provider == own for duty in live)
    fill(deployment, [copy_of(model, number, own) for number in range(owed)])
    rest = count - len(live) - owed
    fill(deployment, [copy_of(model, number, OTHERS[number % len(OTHERS)]) for number in range(rest)])
    deployment.close()
    return folder


def copy_of(model: Duty, number: int, provider: str) -> Duty:
    """Return another duty like the model, of another subject and provider, due some minutes later."""
    subject = f"鄂F·{number:05d}"
    deadline = replace(model.deadline, due_at=model.due_at + timedelta(minutes=number))
    return replace(
        model,
        id=str(UUID(int=uuid4().int >> 8 | 0x01 << 120)),
        key=f"{provider}/{number}",
        provider=provider,
        subject=subject,
        subject_key=subject_key(subject),
        deadline=deadline,
        due_at=deadline.due_at,
    )


def fill(deployment: DirectDeployment, duties: list[Duty]) -> None:
    """Store duties, a thousand in each commit."""
    for start in range(0, len(duties), 1000):
        part = duties[start : start + 1000]
        deployment.context.write(None, Verb.NOTED, partial(_put, part))


def _put(duties: list[Duty], tx: Writing, _now: datetime) -> None:
    for duty in duties:
        tx.put(duty)


def taskwarrior(folder: Path, count: int) -> Command:
    """Create a Taskwarrior database with `count` tasks; return the command that lists SHOWN of them."""
    folder.mkdir()
    first = datetime(2026, 11, 20, 9).astimezone()
    lines = []
    for number in range(count):
        project = "sales" if number < SHOWN else OTHERS[number % len(OTHERS)]
        due = int((first + timedelta(minutes=number)).timestamp())
        lines.append(
            f'[description:"每月 5 日前报欠款报表（消贷） 鄂F·{number:05d}" due:"{due}" entry:"{due - 86400}" '
            f'modified:"{due - 86400}" project:"{project}" status:"pending" uuid:"{uuid4()}"]\n'
        )
    (folder / "pending.data").write_text("".join(lines), encoding="utf-8")
    settings = folder / "taskrc"
    settings.write_text(f"data.location={folder}\nconfirmation=no\n", encoding="utf-8")
    program = shutil.which("task")
    assert program, "Taskwarrior is not installed (Debian: taskwarrior)"
    return [program, f"rc:{settings}", "project:sales", "list"]


def due(folder: Path) -> Command:
    """Return the `sla due` command, after one run that writes the start-up cache."""
    command = [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), "due"]
    shown = subprocess.run(command, env=_environ(), capture_output=True, text=True, check=True).stdout
    assert shown.count("鄂F·") >= SHOWN - 10, "the list does not show what was put in"
    return command


def _environ() -> dict[str, str]:
    return os.environ | {"SLA_NOW": NOW, "SLA_LANG": "zh_CN", "LC_ALL": "C.UTF-8"}


def medians(commands: dict[str, Command]) -> dict[str, float]:
    """Return the median wall time of each command in seconds; the commands take turns."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    environ = _environ()
    for _ in range(ROUNDS):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(
                command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
            )
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in times.items()}


def main() -> None:
    """Print the figures, and which limits are missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # With compiled modules, as in an installed program.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ |= {"SLA_NOW": NOW, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        commands = {"bare": [sys.executable, "-c", BARE], "100": due(company(folder / "100", 100))}
        for count in LIMITS:
            commands[f"{count}"] = due(company(folder / f"{count}", count))
            commands[f"task {count}"] = taskwarrior(folder / f"task-{count}", count)
        found = medians(commands)
    for what, seconds in found.items():
        print(f"{what:>12} {seconds * 1000:7.1f} ms")
    bare = found["100"] / found["bare"]
    print(f"100 open / imports of click, tinydb, orjson  {bare:.2f}  (at most 1.7)")
    ratios = {count: found[f"{count}"] / found[f"task {count}"] for count in LIMITS}
    for count, ratio in ratios.items():
        print(f"{count:,} open / Taskwarrior  {ratio:.2f}  (at most {LIMITS[count]})")
    at_most(bare, 1.7, "a list of a hundred / the bare imports")
    for count, ratio in ratios.items():
        at_most(ratio, LIMITS[count], f"a list with {count:,} open / Taskwarrior's")

    on_server()


if __name__ == "__main__":
    main()
