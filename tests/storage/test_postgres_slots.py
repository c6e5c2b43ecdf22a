"""All processes of a service together have so many connections; who gets none is told, and none is held idly."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sla_tracker.errors import StoreBusy
from sla_tracker.storage.postgres import PostgresStore, slots
from sla_tracker.storage.postgres.connections import Connections
from sla_tracker.storage.postgres.slots import ConnectionSlots
from sla_tracker.testing.store_contract import an_event, put
from tests.storage.factories import Databases

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from sla_tracker.storage.postgres.slots import ConnectionSlots
ConnectionSlots(Path(sys.argv[1]), 2).take()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_process_that_is_killed_gives_its_connection_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "WAIT_SECONDS", 0.1)
    ours = ConnectionSlots(tmp_path, 2)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        slot = ours.take()
        with pytest.raises(StoreBusy, match="all of its 2 connections"):
            ours.take()
        other.kill()
    second = ours.take()
    ours.give_back(slot)
    third = ours.take()
    for one in (second, third):
        ours.give_back(one)


@pytest.mark.postgres
def test_many_threads_share_few_connections_and_none_is_held_idly(
    databases: Databases, database: str, tmp_path: Path
) -> None:
    held = ConnectionSlots(tmp_path, 2)
    dsn = databases.dsn(database)
    store = PostgresStore(Connections(dsn, lock_timeout=10, slots=held, idle_seconds=0.05))
    threads = [threading.Thread(target=put, args=(store, an_event(f"e-{number}"))) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.sequence() == 6
    both = [held.take(), held.take()]  # waits until the connections that nobody uses are closed
    for one in both:
        held.give_back(one)
    store.close()


def idle_is_over(connections: Connections) -> int:
    """Wait for the timers, one after the other; return the number of connections that are idle still."""
    while (timer := connections._timer) is not None:
        timer.join(10)
    return len(connections._idle)


@pytest.mark.postgres
def test_one_timer_closes_what_is_idle(databases: Databases, database: str) -> None:
    """A timer is a thread: with one for each question a session ran out of them."""
    connections = Connections(databases.dsn(database), lock_timeout=10, idle_seconds=0.3)
    before = threading.active_count()
    with connections.borrow(), connections.borrow():
        pass
    for _ in range(50):
        with connections.borrow() as one:
            one.execute("SELECT 1")
    assert threading.active_count() <= before + 1
    assert idle_is_over(connections) == 0
    with connections.borrow():
        pass
    assert idle_is_over(connections) == 0, "a timer comes again for the next one"
    connections.close()


@pytest.mark.postgres
def test_without_a_thread_for_the_timer_the_question_is_answered(
    databases: Databases, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_timer: threading.Timer) -> None:
        raise RuntimeError("can't start new thread")

    connections = Connections(databases.dsn(database), lock_timeout=10, idle_seconds=0.05)
    store = PostgresStore(connections)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Timer, "start", no_thread)
        assert [store.sequence(), store.sequence()] == [0, 0]
    assert store.sequence() == 0
    assert idle_is_over(connections) == 0
    store.close()
