"""kill -9 before every system call of a commit, an archive, a snapshot, an erasure; and at random moments."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def _killing(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.faults.killing", *map(str, arguments)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def test_before_every_call(effort: Callable[[int, int], int]) -> None:
    told = _killing("calls", effort(4, 1))
    assert told["problems"] == []
    assert told["kills"] >= effort(30, 120)


def test_at_random_moments(effort: Callable[[int, int], int]) -> None:
    count = effort(60, 2_000)
    told = _killing("moments", count)
    assert told["problems"] == []
    assert told["kills"] == count
    assert told["commits"] >= count
