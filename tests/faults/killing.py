"""Kill writers and look at what they leave; run as a program, because a process that forks should have one thread.

`calls STRIDE` kills a scenario before its n-th system call for n = 1, 1 + STRIDE, … until one gets through.
`moments COUNT` kills a busy writer at random moments. Prints one JSON object.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sla_tracker.storage.journal import Journal
from sla_tracker.storage.journal.files.disk import Disk
from tests.faults import scenario
from tests.faults.disks import HastyDisk, KillAt, WatchedDisk
from tests.storage.journal.stores import duty, opened, signed


def _child(work: Callable[[Callable[[str], None]], None]) -> tuple[int, int]:
    """Run `work` in a child that can say what it was told stands; return its process and the end to read from."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        work(lambda name: _say(writing, name))
        os._exit(0)
    os.close(writing)
    return process, reading


def _say(writing: int, name: str) -> None:
    os.write(writing, f"{name}\n".encode())


def _heard(reading: int) -> set[str]:
    with os.fdopen(reading, encoding="utf-8") as stream:
        return {line.strip() for line in stream} - {""}


def _killed(process: int) -> bool:
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def calls(stride: int) -> dict[str, Any]:
    """Kill before every n-th call."""
    kills, problems = 0, []
    for number in range(1, 100_000, stride):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "store"
            disk = WatchedDisk(KillAt(number))
            process, reading = _child(partial(_live, folder, disk))
            acknowledged = _heard(reading)
            killed = _killed(process)
            kills += killed
            problems += [
                f"call {number}: {each}" for each in scenario.complaints(folder, acknowledged, set())
            ]
            if not killed:
                break
    return {"kills": kills, "problems": problems}


def _live(folder: Path, disk: Disk, say: Callable[[str], None]) -> None:
    journal = scenario.begin(folder, disk)
    for name, step in scenario.steps():
        step(journal)
        say(name)


def moments(count: int) -> dict[str, Any]:
    """Kill at random moments; a killed writer's successor goes on in the same journal."""
    chance = random.Random(7)
    kills, acknowledged, problems = 0, 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        opened(folder, segment_bytes=20_000).close()
        for _ in range(count):
            process, reading = _child(partial(_count_up, folder))
            time.sleep(chance.uniform(0.001, 0.02))
            os.kill(process, signal.SIGKILL)
            said = max(map(int, _heard(reading)), default=acknowledged)
            kills += _killed(process)
            found = _standing(folder)
            if not said <= found <= said + 1:
                problems.append(f"acknowledged {said}, found {found}")
            acknowledged = found
        problems += [str(finding) for finding in opened(folder).verify()]
    return {"kills": kills, "commits": acknowledged, "problems": problems}


def _count_up(folder: Path, say: Callable[[str], None]) -> None:
    journal = opened(folder, disk=HastyDisk())
    while True:
        with journal.transaction(**signed("count")) as transaction:
            number = _number(transaction.get("duty", "left")) + 1
            transaction.put("duty", "left", duty(number))
            transaction.put("duty", "right", duty(number, text="x" * 300))
        say(str(number))


def _number(document: bytes | None) -> int:
    return int(json.loads(document)["number"]) if document is not None else 0


def _standing(folder: Path) -> int:
    journal: Journal = opened(folder, read_only=True)
    left, right = _number(journal.get("duty", "left")), _number(journal.get("duty", "right"))
    journal.close()
    return left if left == right else -1


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"calls": calls, "moments": moments}[sys.argv[1]](int(sys.argv[2]))))
