"""The first process of the service ends in good order, whatever happens at that moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

# A program of its own: the supervisor takes signals and forks. Its generation hears a caller refused because so many
# came at once, so that the others are known to wait; it has the service stopped, and is ready only after that.
STOPPED_WHILE_STARTING = """
import json, os, signal, socket, sys
from sla_tracker.serve.processes import supervisor

listening = supervisor.listen(sys.argv[1])
callers = [socket.socket(socket.AF_UNIX) for _ in range(supervisor.USUAL_CALLS_PER_SECOND + 1)]
for caller in callers:
    caller.connect(sys.argv[1])

def begin(link):
    assert callers[-1].recv(1)
    os.kill(os.getppid(), signal.SIGTERM)
    assert link.recv(100) == b"stop"
    link.send(json.dumps({"ready": True, "calls_per_second": 20}).encode())
    os._exit(0)

code = supervisor.Supervisor(listening, begin, os.open(os.devnull, os.O_RDONLY)).run()
print(code, {caller.recv(1) for caller in callers[:-1]})
"""


# The system allows no other process at first.
NO_ROOM = """
import errno, json, os, signal, sys
from sla_tracker.serve.processes import supervisor

supervisor.PAUSE_SECONDS = 0.01
supervisor.LOOK_SECONDS = 0.02
tries, fork = [errno.EAGAIN, errno.ENOMEM], os.fork

def refused():
    if tries:
        raise OSError(tries[0], os.strerror(tries.pop(0)))
    return fork()

os.fork = refused

def begin(link):
    os.kill(os.getppid(), signal.SIGTERM)
    os._exit(0)

print(supervisor.Supervisor(supervisor.listen(sys.argv[1]), begin, os.open(os.devnull, os.O_RDONLY)).run())
"""


def test_a_generation_that_cannot_be_forked_is_tried_again(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(tmp_path / "socket")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
    said = [json.loads(line).get("problem", "") for line in done.stderr.splitlines() if line.startswith("{")]
    assert [one for one in said if one] == [
        "it cannot be started: Resource temporarily unavailable",
        "it cannot be started: Cannot allocate memory",
    ]


def test_a_generation_that_is_ready_too_late_does_not_keep_the_service_from_stopping(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_WHILE_STARTING, str(tmp_path / "socket")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    said = [json.loads(line)["what"] for line in done.stderr.splitlines() if line.startswith("{")]
    assert (done.returncode, done.stdout.strip()) == (0, "0 {b''}"), done.stderr
    assert said == ["started", "stopped"]
