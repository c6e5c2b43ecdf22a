"""Measures a call through the service, client and session together, against starting Python, by CPU time.

Needs root, to call as other logins.
"""

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._limits import at_most
from tests.serve.host import WANG, Host, a_host, descendants

CALLS = 12
PAUSE_SECONDS = 0.06  # keeps below the calls that one login may make in a second
TRIES = 3  # the least counts: other work on the machine only adds
# Limits as multiples of `python3 -ISE -c pass`; measured 3.4 to 4.2, with other work on the machine.
HELP, READING, COMMIT = 4.0, 5.0, 6.0


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


def cost_of_call(host: Host, words: list[str]) -> float:
    """Return the processor time of client and service for one call, without that of becoming the login."""
    assert host.service is not None
    command, environ, home = host.call_words(WANG, *words)
    before = spent_by_service(host)
    client = cost_of(["setpriv", *command[1:]], env=environ, cwd=home)
    becoming = cost_of(["setpriv", *command[1:4], "/bin/true"], env=environ, cwd=home)
    host.wait_for(lambda: len(descendants(host.service.pid)) == 1)
    return client - becoming + (spent_by_service(host) - before) / CALLS


def ratios(host: Host) -> Iterator[tuple[str, float, float]]:
    """Yield command, ratio and limit: the least ratio of some tries to starting Python, fewer once it is kept."""
    assert host.service is not None
    reference = host.event()["opened"][0]["reference"]
    host.wait_for(lambda: len(descendants(host.service.pid)) == 1)
    time.sleep(2)  # the first chores are over
    for words, limit in (
        (["--help"], HELP),
        (["show", reference], READING),
        (["why", reference], READING),
        (["score"], READING),
        (["note", reference, "x"], COMMIT),
    ):
        ratio = float("inf")
        for _try in range(TRIES):
            begin = cost_of(["/usr/bin/python3", "-ISE", "-c", "pass"])
            ratio = min(ratio, round(cost_of_call(host, words) / begin, 1))
            if ratio <= limit:
                break
        yield words[0], ratio, limit


def main() -> None:
    """Print the figures, and which limits are missed."""
    with a_host() as host:
        for command, ratio, limit in ratios(host):
            print(f"{command}: {ratio:.1f} x python3 -ISE -c pass (at most {limit:.0f})")
            at_most(ratio, limit, f"{command} through the service / starting Python")


if __name__ == "__main__":
    main()
