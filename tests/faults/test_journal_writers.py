"""Many processes read, decide and write at once: nothing is lost, nobody starves, a dead holder holds nobody up."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.storage.journal.stores import duty, opened, write

ROOT = Path(__file__).resolve().parents[2]
WRITERS = 8

HOLDER = """
import sys, time
from pathlib import Path
from tests.storage.journal.stores import duty, opened, signed
journal = opened(Path(sys.argv[1]))
with journal.transaction(**signed("hold")) as transaction:
    transaction.put("duty", "held", duty(1))
    print("held", flush=True)
    time.sleep(60)
"""


FORKER = """
import os, sys
from pathlib import Path
from sla_tracker.storage.journal import ClosedJournal
from tests.storage.journal.stores import duty, opened, signed, write
journal = opened(Path(sys.argv[1]), lock_timeout=10)
try:
    with journal.transaction(**signed("outer")) as transaction:
        transaction.put("duty", "a", duty(1))
        child = os.fork()
except ClosedJournal:
    try:
        write(journal, "b", duty(2))
    except ClosedJournal:
        write(opened(Path(sys.argv[1])), "c", duty(3))
        os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def _python(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_no_update_is_lost_and_nobody_starves(tmp_path: Path, effort: Callable[[int, int], int]) -> None:
    count = effort(300, 1_000)
    folder = tmp_path / "store"
    opened(folder).close()
    writers = [_python("-m", "tests.faults.writing", folder, count) for _ in range(WRITERS)]
    while len(list(tmp_path.glob("ready-*"))) < WRITERS:
        time.sleep(0.01)
    (tmp_path / "go").touch()
    done = [json.loads(writer.communicate()[0]) for writer in writers]
    journal = opened(folder)
    shared = journal.get("duty", "shared")
    assert shared is not None
    assert json.loads(shared)["number"] == WRITERS * count == journal.sequence
    assert journal.verify() == []
    journal.close()
    first_ready = min(times[-1] for times in done)
    reached = [sum(moment <= first_ready for moment in times) for times in done]
    # A sample is over before a busy machine has given every process its turn: only the full size has a limit.
    least = effort(0, 70) / 100
    assert min(reached) >= least * sum(reached) / WRITERS, reached


def test_a_forked_child_leaves_its_parents_transaction_alone(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    told, _ = _python("-W", "error::DeprecationWarning", "-c", FORKER, folder).communicate(timeout=30)
    assert told == "7\n"
    journal = opened(folder)
    assert journal.keys("duty") == ["a", "c"]
    assert journal.verify() == []


def test_a_dead_holders_lock_is_free_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    opened(folder).close()
    holder = _python("-c", HOLDER, folder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    began = time.monotonic()
    journal = opened(folder, lock_timeout=60)
    assert write(journal, "free", duty(2)) == 1
    assert time.monotonic() - began < 20
    assert journal.get("duty", "held") is None
