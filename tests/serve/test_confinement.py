"""A process of the service keeps only the descriptors that it names."""

from __future__ import annotations

import json
import subprocess
import sys

MOST = 10_000  # the table of descriptors takes memory for each number up to the highest
# A program of its own, closed to others as the service is.
CLOSES = f"""
import fcntl, json, os, resource, sys
from pathlib import Path
from sla_tracker.serve.processes import confinement

_soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
most = min(hard, {MOST})
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
numbers = [0, 1, 2, 50, 51, 52, most // 2, most - 1]
for number in numbers[3:]:
    os.dup2(0, number)
if os.geteuid() == 0:
    os.setuid(65534)
confinement.close_to_others()
if sys.argv[1:]:
    confinement.OWN_DESCRIPTORS = Path(sys.argv[1])
confinement.close_all_but({{0, 1, 2, 51}})

def is_open(number):
    try:
        return fcntl.fcntl(number, fcntl.F_GETFD) >= 0
    except OSError:
        return False

print(json.dumps([is_open(number) for number in numbers]))
"""
ONLY_THE_KEPT = [True, True, True, False, True, False, False, False]


def left_open(*own_descriptors: str) -> list[bool]:
    done = subprocess.run(
        [sys.executable, "-c", CLOSES, *own_descriptors],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[bool] = json.loads(done.stdout)
    return found


def test_descriptors_of_any_number_are_closed() -> None:
    assert left_open() == ONLY_THE_KEPT


def test_without_proc_those_below_the_limit_are_closed() -> None:
    assert left_open("/nowhere") == ONLY_THE_KEPT
