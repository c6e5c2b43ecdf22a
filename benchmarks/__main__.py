"""Runs the benchmarks: `python -m benchmarks [NAME...]`, without a name all of them.

A benchmark is a module of this package with a `main()` that prints its figures and gives each limit to
`_limits`. It runs in a process of its own, so that none leaves memory or settings to the next; the others go on
when one fails. The exit code is the number of benchmarks that missed a limit or failed.
"""

from __future__ import annotations

import ast
import pkgutil
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks._limits import MISSED, NOT_MEASURED
from benchmarks._one import Outcome

FOLDER = Path(__file__).parent
# Seconds on two quiet processors, roughly.
LASTS = {
    "archives": 20,
    "due": 90,
    "figures": 40,
    "following": 120,
    "history": 30,
    "importing": 25,
    "journal_commit": 20,
    "journal_opening": 20,
    "journal_writers": 30,
    "lock_held": 10,
    "messages": 60,
    "moving": 65,
    "opening": 60,
    "planning": 80,
    "process_start": 40,
    "recurrence": 40,
    "reminders": 25,
    "rollover": 90,
    "scale": 10,
    "server": 190,
    "serving": 65,
    "serving_calls": 40,
    "serving_http": 65,
    "terminal_first_screen": 20,
    "terminal_list": 50,
    "turns": 10,
}
LONGEST_SECONDS = 1200  # after which one is stopped
STOPPING_SECONDS = 60  # for what one has to clean up


class Ended(NamedTuple):
    """How a benchmark ended, how long it took, and its remarks on missed limits and parts not measured."""

    name: str
    outcome: int
    remarks: list[str]
    wall: float
    cpu: float


def names() -> list[str]:
    """Return the names of all benchmarks."""
    found = (module.name for module in pkgutil.iter_modules([str(FOLDER)]))
    return [name for name in found if not name.startswith("_")]


def heading(name: str) -> str:
    """Return what a benchmark measures, the first line of its docstring, and how long it takes."""
    path = FOLDER / f"{name}.py"
    lasts = f" About {LASTS[name]} seconds." if name in LASTS else ""
    if not path.exists():
        return f"== {name}"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return f"== {name}: {text.partition(chr(10))[0]}{lasts}"


def run(name: str) -> Ended:
    """Run a benchmark in a process of its own, and print what it prints."""
    print(heading(name), flush=True)
    began, before = time.monotonic(), _cpu_of_children()
    remarks: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "benchmarks._one", name], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        timer = threading.Timer(LONGEST_SECONDS, _stop, (process, remarks))
        timer.daemon = True
        timer.start()
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith((MISSED, NOT_MEASURED)):
                remarks.append(line.strip())
        outcome = process.wait()
        timer.cancel()
    return Ended(name, outcome, remarks, time.monotonic() - began, _cpu_of_children() - before)


def _stop(process: subprocess.Popen[str], remarks: list[str]) -> None:
    remarks.append(f"stopped after {LONGEST_SECONDS} seconds")
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOPPING_SECONDS)
    process.kill()


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def summary(ended: list[Ended]) -> str:
    """Return a table of the times, the limits that were missed, and what failed or was not measured."""
    lines = [f"{'':24}{'seconds':>9}{'CPU':>9}"]
    lines += [f"{one.name:24}{one.wall:9.0f}{one.cpu:9.0f}" for one in ended]
    lines += [f"{'together':24}{sum(one.wall for one in ended):9.0f}{sum(one.cpu for one in ended):9.0f}"]
    for one in ended:
        failed = [f"failed with exit code {one.outcome}"] if one.outcome not in set(Outcome) else []
        failed += ["failed; its reason stands above"] if one.outcome == Outcome.FAILED else []
        lines += [f"{one.name}: {remark}" for remark in (*one.remarks, *failed)]
    if not any(one.outcome for one in ended):
        lines.append("No limit was missed.")
    return "\n".join(lines)


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks in turn; return how many missed a limit or failed."""
    unknown = [name for name in chosen if "." not in name and name not in names()]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(names())}.", file=sys.stderr)
        return len(unknown)
    ended = [run(name) for name in chosen or names()]
    print(f"== summary\n{summary(ended)}", flush=True)
    return sum(bool(one.outcome) for one in ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
