"""Measures what somebody else's commit costs an open terminal with 50,000 rows, what an idle one and a key cost.

The terminals are as behind a service, which opens what comes due and plans reminders for all of them.
"""

from __future__ import annotations

import os
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import terminal_list
from benchmarks._limits import at_most
from benchmarks._terminal import Terminal
from benchmarks.due import copy_of, fill

if TYPE_CHECKING:
    from sla_tracker.deployment.direct import DirectDeployment

ROWS, FEW_ROWS = 50_000, 1_000
COMMITS = 5
NOW = "2026-11-20T17:30:00+08:00"
IDLE_SECONDS = 10.0
# Between two commits, so that each is followed by itself.
# What a view reads again for a changed row comes within the longer.
PAUSE_SECONDS, ROW_PAUSE_SECONDS = 1.2, 2.5
QUIET_SECONDS = 3  # a terminal that takes little for so long has done what it does once
# Highest ratios to a repainted row of the same list, and the highest share of a processor of an idle terminal.
MOST_OF_A_CHANGE, MOST_OF_ANOTHERS, MOST_IDLE = 30.0, 3.0, 0.001
MOST_MORE_AT_A_KEY = 3.0  # times the seconds until first bytes in a list of FEW_ROWS
LEAST_MS = 5.0  # below it a wait is one turn of the screen, and a ratio says nothing
DOWN, PAGE, NOTE, WHY, FILTER, WORD, ESCAPE = "j", "\x1b[6~", "n", "w", "/", "f4242", "\x1b"


def company(folder: Path, count: int) -> None:
    """Create a trial in which the sales department owes `count` duties of its pool."""
    from sla_tracker.deployment.direct import open_deployment
    from sla_tracker.deployment.service import DeploymentService
    from sla_tracker.domain.duties.duty import LIVE, Duty

    DeploymentService().init(folder, config="dealership", trial=True, in_force_from=date(2026, 10, 1))
    deployment = open_deployment(folder)
    live = deployment.context.store.read(lambda tx: tx.find(Duty, state=LIVE))
    model = next(duty for duty in live if duty.provider != deployment.actor.department)
    # Due in a month, so that no reminder is planned: the benchmark measures the list alone.
    model = replace(model, due_at=model.due_at + timedelta(days=30))
    fill(deployment, [copy_of(model, number, "sales") for number in range(count)])
    deployment.close()


def a_terminal(folder: Path) -> Terminal:
    """Return a terminal over a deployment, as behind a service."""
    return Terminal(["-m", "benchmarks.following", str(folder)], SLA_LANG="zh")


def run_terminal(folder: Path) -> None:
    from sla_tracker.deployment.direct import DirectDeployment
    from sla_tracker.tui.launch import run
    from sla_tracker.tui.startup import start_of

    class Followed(DirectDeployment):
        @property
        def does_chores(self) -> bool:
            return False

    deployment = Followed(folder)
    deployment.begin()
    run(start_of(deployment))


def first_bytes(terminal: Terminal, key: str) -> float:
    """Return the milliseconds from a key until the terminal writes something."""
    terminal.settle(0.15)
    return answered(terminal, key)


def answered(terminal: Terminal, key: str) -> float:
    """Return the milliseconds from a key to the first bytes, without waiting for silence before."""
    began = time.perf_counter()
    os.write(terminal.master, key.encode())
    assert select.select([terminal.master], [], [], 30)[0], f"nothing was drawn after {key!r}"
    return (time.perf_counter() - began) * 1000


def key_costs(terminal: Terminal) -> dict[str, float]:
    """Return the milliseconds to first bytes: medians of keys, and the slowest of a word typed into the filter."""
    found = {
        what: statistics.median(first_bytes(terminal, key) for _ in range(times))
        for what, key, times in (("down", DOWN, 11), ("page", PAGE, 7))
    }
    for what, key in (("a dialog", NOTE), ("a dialog that reads", WHY)):
        waits = []
        for _ in range(3):
            waits.append(first_bytes(terminal, key))
            first_bytes(terminal, ESCAPE)
        found[what] = statistics.median(waits)
    first_bytes(terminal, FILTER)
    firsts, slowest = [], []
    for _ in range(3):
        terminal.settle(0.5)
        waits = []
        for key in WORD:
            waits.append(answered(terminal, key))
            terminal.written += os.read(terminal.master, 65_536)
            time.sleep(0.15)  # as people type: the list is filtered between two keys
        firsts.append(waits[0])
        slowest.append(max(waits))
        for _key in WORD:
            os.write(terminal.master, b"\x7f")
        terminal.settle(0.5)
    found |= {"the filter's first letter": firsts[0], "a word in the filter": statistics.median(slowest)}
    os.write(terminal.master, ESCAPE.encode())
    terminal.settle(0.5)
    return found


def wait_until_idle(terminal: Terminal) -> None:
    """Wait until a terminal has done what it does once: reading, and planning reminders of all rows."""
    quiet = 0
    for _ in range(300):
        before = terminal.cpu()
        terminal.settle(0.5)
        time.sleep(0.5)
        quiet = quiet + 1 if terminal.cpu() - before < 1e7 else 0
        if quiet == QUIET_SECONDS:
            return
    raise AssertionError("the terminal does not come to rest")


def cost_of(terminal: Terminal, act: Callable[[], object], pause: float, idle: float) -> float:
    """Return the CPU milliseconds that a terminal takes for one commit of another program."""
    costs = []
    for _ in range(COMMITS):
        before, began = terminal.cpu(), time.perf_counter()
        act()
        terminal.settle(pause)
        costs.append((terminal.cpu() - before) / 1e6 - idle * 1000 * (time.perf_counter() - began))
    print("   ", *(f"{cost:.1f}" for cost in costs), "ms")
    return sorted(costs)[len(costs) // 2]


def acts(deployment: DirectDeployment) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return an act that changes a row of the list, and one on a duty of others."""
    from sla_tracker.domain.duties.duty import LIVE, Duty, State
    from sla_tracker.services.duties import operations

    context, actor = deployment.context, deployment.actor
    mine = context.store.read(lambda tx: tx.find(Duty, provider="sales", state=State.OPEN))
    # Not the first: the cursor stands there, so that its card would be drawn, too.
    changed = sorted(mine, key=lambda duty: duty.due_at)[4]
    other = context.store.read(
        lambda tx: next(
            duty for duty in tx.each(Duty, state=LIVE) if "sales" not in {duty.provider, duty.consumer}
        )
    )
    at_other = next(person for person in context.people.values() if person.department == other.provider)
    colleague = type(actor)(person=at_other, via="benchmark")
    turn = [False]

    def change() -> None:
        turn[0] = not turn[0]
        (operations.take if turn[0] else operations.release)(context, actor, changed.id)

    return change, lambda: operations.note(context, colleague, other.id, "x")


def costs_of(folder: Path) -> tuple[float, float, float, dict[str, float]]:
    """Return the CPU ms of a changed row and of a change elsewhere, the share of an idle terminal, and of keys."""
    from sla_tracker.deployment.direct import open_deployment

    deployment = open_deployment(folder)
    change, anothers = acts(deployment)
    with a_terminal(folder) as terminal:
        terminal.drawn("鄂F·".encode())
        wait_until_idle(terminal)
        before, began = terminal.cpu(), time.perf_counter()
        terminal.settle(IDLE_SECONDS)
        idle = (terminal.cpu() - before) / 1e9 / (time.perf_counter() - began)
        change()
        wait_until_idle(terminal)
        own = cost_of(terminal, change, ROW_PAUSE_SECONDS, idle)
        other = cost_of(terminal, anothers, PAUSE_SECONDS, idle)
        keys = key_costs(terminal)
    deployment.close()
    return own, other, idle, keys


def keys_of(folder: Path) -> dict[str, float]:
    """Return what keys cost in the list of a deployment."""
    with a_terminal(folder) as terminal:
        terminal.drawn("鄂F·".encode())
        wait_until_idle(terminal)
        return key_costs(terminal)


def main() -> None:
    row = max(terminal_list.costs("list", ROWS)[0], 0.5)
    with tempfile.TemporaryDirectory() as place:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ |= {"PYTHONPYCACHEPREFIX": str(Path(place) / "compiled"), "SLA_NOW": NOW}
        folder, few = Path(place) / "deployment", Path(place) / "few"
        company(folder, ROWS)
        company(few, FEW_ROWS)
        own, other, idle, keys = costs_of(folder)
        less = keys_of(few)
    print(
        f"a repainted row of {ROWS:,} {row:.2f} ms, a changed one {own:.2f} ms, a change elsewhere {other:.2f} ms"
    )
    print(
        f"changed {own / row:.1f} x (at most {MOST_OF_A_CHANGE}), elsewhere {other / row:.1f} x "
        f"(at most {MOST_OF_ANOTHERS})"
    )
    print(f"an idle terminal takes {idle * 100:.2f} % of a processor (at most {MOST_IDLE * 100:.2f} %)")
    for what, many in keys.items():
        ratio = many / max(less[what], LEAST_MS)
        print(
            f"{what}, first bytes: {less[what]:.0f} ms at {FEW_ROWS:,}, {many:.0f} ms at {ROWS:,} rows, {ratio:.1f} x"
        )
        at_most(ratio, MOST_MORE_AT_A_KEY, f"{what}, first bytes, {ROWS:,} / {FEW_ROWS:,} rows")
    at_most(own / row, MOST_OF_A_CHANGE, "a changed row / a repainted one")
    at_most(other / row, MOST_OF_ANOTHERS, "a change elsewhere / a repainted row")
    at_most(idle, MOST_IDLE, "share of a processor of an idle terminal")


if __name__ == "__main__":
    run_terminal(Path(sys.argv[1]))
