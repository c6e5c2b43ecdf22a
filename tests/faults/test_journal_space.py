"""The disk is full: what was acknowledged stands, what was refused does not, and it goes on when there is space."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.journal.stores import opened

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("limit", [3_000, 20_011, 70_000])
def test_a_full_disk(tmp_path: Path, limit: int) -> None:
    folder = tmp_path / "store"
    command = [sys.executable, "-m", "tests.faults.filling", str(folder), str(limit)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["refused"] == 5
    assert told["before"] >= 2
    assert told["after"] == told["before"] + 1
    journal = opened(folder)
    assert journal.sequence == told["after"]
    assert journal.count("duty") == told["after"]
    assert journal.verify() == []
