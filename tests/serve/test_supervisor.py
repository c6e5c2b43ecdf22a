"""The first process of the service ends in good order, whatever happens at that moment."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.errors import ConfigError, Refused, SlaError
from sla_tracker.serve.processes import own_socket
from sla_tracker.serve.processes.own_socket import listening_at

# A program of its own: the supervisor takes signals and forks. Its generation hears a caller refused because so many
# came at once, so that the others are known to wait; it has the service stopped, and is ready only after that.
STOPPED_WHILE_STARTING = """
import os, signal, socket, sys
from sla_tracker.serve.processes import own_socket, supervisor
from sla_tracker.serve.processes.link import GenerationEvent, GenerationMessage

kept = own_socket.listening_at(sys.argv[1])
listening = kept.__enter__()
callers = [socket.socket(socket.AF_UNIX) for _ in range(supervisor.USUAL_CALLS_PER_SECOND + 1)]
for caller in callers:
    caller.connect(sys.argv[1])

def begin(link):
    assert callers[-1].recv(1)
    os.kill(os.getppid(), signal.SIGTERM)
    assert link.recv(100) == b"stop"
    link.send(GenerationMessage(event=GenerationEvent.READY, calls_per_second=20).packed())
    os._exit(0)

code = supervisor.Supervisor(listening, begin, os.open(os.devnull, os.O_RDONLY)).run()
print(code, {caller.recv(1) for caller in callers[:-1]})
"""


# The system allows no other process at first.
NO_ROOM = """
import errno, json, os, signal, sys
from sla_tracker.serve.processes import own_socket, supervisor

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

with own_socket.listening_at(sys.argv[1]) as listening:
    print(supervisor.Supervisor(listening, begin, os.open(os.devnull, os.O_RDONLY)).run())
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


def test_a_second_service_leaves_the_socket_to_the_one_that_listens(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    with listening_at(str(place)) as first:
        mark = place.stat().st_ino
        with pytest.raises(Refused, match="listens at"), listening_at(str(place)):
            pass
        assert place.stat().st_ino == mark
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(place))
            caller.send(b"?")
            asked = [first.accept()[0] for _either in range(2)]  # the second service asked, too
            assert asked[1].recv(1) == b"?"
            for one in asked:
                one.close()
        first.close()
    assert not place.exists()


def test_a_service_too_busy_to_take_another_call_is_not_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_socket, "BACKLOG", 0)
    place = str(tmp_path / "socket")
    with listening_at(place) as first, socket.socket(socket.AF_UNIX) as caller:
        caller.connect(place)
        with pytest.raises(Refused), listening_at(place):
            pass
        first.close()


@pytest.mark.parametrize("slow", ["_clear", "_bound"])
def test_of_services_that_start_at_the_same_instant_one_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    place, quick = str(tmp_path / "socket"), getattr(own_socket, slow)

    def slowly(*asked: str) -> Any:
        done = quick(*asked)
        time.sleep(0.2)  # in which the others come as far as this one
        return done

    def start(service: ExitStack) -> socket.socket | SlaError:
        try:
            return service.enter_context(listening_at(place))
        except SlaError as error:
            return error

    monkeypatch.setattr(own_socket, slow, slowly)
    with ExitStack() as services, ThreadPoolExecutor(3) as threads:
        each = [services.enter_context(ExitStack()) for _ in range(3)]
        started = list(threads.map(start, each))
        listening = [one for one in started if isinstance(one, socket.socket)]
        assert [type(one) for one in started if one not in listening] == [Refused, Refused]
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(place)
        listening[0].close()
    assert not Path(place).exists()


def test_a_service_that_ends_late_leaves_the_socket_of_the_next(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    with ExitStack() as first, ExitStack() as later:
        first.enter_context(listening_at(str(place))).close()  # it lets its sessions end
        later.enter_context(listening_at(str(place))).close()
        first.close()
        assert place.is_socket()
    assert not place.exists()


def test_what_is_no_socket_is_not_removed_for_one(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    place.write_text("kept", encoding="utf-8")
    with pytest.raises(ConfigError, match="Nobody can be heard"), listening_at(str(place)):
        pass
    assert place.read_text(encoding="utf-8") == "kept"
