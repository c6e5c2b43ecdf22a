"""Measures what a long past costs: `sla show` after one large commit, and `sla log` after ten years against one."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks._limits import at_most
from benchmarks.due import NOW, _put, company, copy_of
from sla_tracker.deployment.direct import open_deployment
from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.ports import Act, Writing
from sla_tracker.storage.codec import SCHEMA
from sla_tracker.storage.journal import Journal, UnsyncedDisk
from sla_tracker.storage.tinydb import INDEXES, TinyStore
from sla_tracker.testing.company import local

LARGE = 12_000  # duties in the large commit, about 24 MB
CHANGES_A_YEAR = 5_000  # the demonstration company's
ROUNDS = 7
MOST = 1.3


def main() -> None:
    """Print the figures, and which limits are missed."""
    with tempfile.TemporaryDirectory() as name:
        # With compiled modules, as in an installed program.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ |= {"SLA_NOW": NOW, "PYTHONPYCACHEPREFIX": str(Path(name) / "compiled")}
        ratios = large_commit(company(Path(name) / "large", 100))
        ratios |= years(company(Path(name) / "one", 100), company(Path(name) / "ten", 100))
    for what, ratio in ratios.items():
        print(f"{what}: {ratio:.2f} (at most {MOST})")
    for what, ratio in ratios.items():
        at_most(ratio, MOST, what)


def large_commit(folder: Path) -> dict[str, float]:
    """Return the cost of `sla show` after a large commit relative to before: of an old duty and of one in it."""
    deployment = open_deployment(folder)
    model = deployment.context.store.read(lambda tx: tx.find(Duty, state=LIVE))[0]
    deployment.close()
    before = cpu(folder, "show", model.id)
    deployment = open_deployment(folder)
    duties = [copy_of(model, number, "loan") for number in range(LARGE)]
    deployment.context.write(None, Verb.NOTED, partial(_put, duties))
    deployment.close()
    return {
        "show after a large commit": cpu(folder, "show", model.id) / before,
        "show of a duty in it": cpu(folder, "show", duties[7].id) / before,
    }


def years(one: Path, ten: Path) -> dict[str, float]:
    """Return the cost of `sla log` after ten years relative to that after one."""
    for folder, count in ((one, 1), (ten, 10)):
        extend(folder / "store", count * CHANGES_A_YEAR)
    return {"log after ten years": cpu(ten, "log") / cpu(one, "log")}


def extend(folder: Path, changes: int) -> None:
    """Add changes of live duties to a store, without syncs."""
    store = TinyStore(Journal.open(folder, indexes=INDEXES, schema=SCHEMA, disk=UnsyncedDisk()))
    live = store.read(lambda tx: tx.find(Duty, state=LIVE))
    for number in range(changes):
        duty = replace(live[number % len(live)], month=f"20{number % 90 + 10}-01")
        act = Act(what="filled", by="benchmark", at=local("2026-11-20 12:00"))
        store.write(act, partial(_put_one, duty))
    store.close()


def _put_one(duty: Duty, tx: Writing) -> None:
    tx.put(duty)


def cpu(folder: Path, *words: str) -> float:
    """Return the least seconds of CPU of a command among some runs."""
    command = [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), *words]
    took = []
    for _ in range(ROUNDS):
        before = os.times()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = os.times()
        took.append(
            after.children_user - before.children_user + after.children_system - before.children_system
        )
    return min(took)


if __name__ == "__main__":
    main()
