"""What a call through the service costs: processor time of client and session, as a multiple of starting Python."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from pathlib import Path

import pytest

from tests.serve.host import WANG, Host, descendants

pytestmark = pytest.mark.timeout(300)

CALLS = 12
PAUSE_SECONDS = 0.06  # keeps below the calls that one login may make in a second
# Limits as multiples of `python3 -ISE -c pass`; measured 3.4 to 4.2, with other work on the machine.
HELP, READING, COMMIT = 5.0, 5.0, 6.0


def spent_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spent_by_service(host: Host) -> float:
    """Return seconds of processor time of the generation and of all its sessions that ended."""
    assert host.service is not None
    (generation,) = descendants(host.service.pid)
    fields = Path(f"/proc/{generation}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def cost_of(words: list[str], **options: object) -> float:
    before = spent_by_children()
    for _ in range(CALLS):
        subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False, **options)  # type: ignore[call-overload]
        time.sleep(PAUSE_SECONDS)
    return (spent_by_children() - before) / CALLS


def test_a_call_costs_little_more_than_starting_python(own_host: Host) -> None:
    reference = own_host.event()["opened"][0]["reference"]
    own_host.wait_for(lambda: len(descendants(own_host.service.pid)) == 1)  # type: ignore[union-attr]
    time.sleep(2)  # the first chores are over
    begin = cost_of(["/usr/bin/python3", "-ISE", "-c", "pass"])
    found: dict[str, float] = {}
    for words, limit in (
        (["--help"], HELP),
        (["show", reference], READING),
        (["why", reference], READING),
        (["score"], READING),
        (["note", reference, "x"], COMMIT),
    ):
        command, environ, home = own_host.call_words(WANG, *words)
        before = spent_by_service(own_host)
        client = cost_of(["setpriv", *command[1:]], env=environ, cwd=home)
        own_host.wait_for(lambda: len(descendants(own_host.service.pid)) == 1)  # type: ignore[union-attr]
        service = (spent_by_service(own_host) - before) / CALLS
        found[words[0]] = round((client + service) / begin, 1)
        assert found[words[0]] <= limit, found
