"""The server is killed, connections are cut, writers collide: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import OutcomeUnknown, SlaError
from sla_tracker.services.ports import Writing
from sla_tracker.storage.postgres import PostgresStore, verify
from sla_tracker.testing.store_contract import an_act, an_event, put
from tests.faults.cutting_proxy import Cut, proxying
from tests.storage.factories import SERVICE, Databases
from tests.storage.postgres_server import running_server

pytestmark = pytest.mark.postgres

WRITERS = 8
Effort = Callable[[int, int], int]


@pytest.fixture(scope="module")
def own() -> Iterator[Databases]:
    """Give a server that only these tests use: they kill it, and start it again."""
    with running_server() as server:
        yield Databases(server)


class Writers:
    """Eight writers that each count a number up and note every answer they got."""

    def __init__(self, dsn: str, *, patience: float) -> None:
        self.stores = [PostgresStore.open(dsn, patience=patience) for _ in range(WRITERS)]
        self.stop = threading.Event()
        self.acknowledged = [0] * WRITERS
        self.unknown = [0] * WRITERS
        self.failures: list[SlaError] = []

    def run(self, most: int) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._write, args=(n, most)) for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        return threads

    def _write(self, number: int, most: int) -> None:
        def work(tx: Writing) -> None:
            for id in ("shared", f"own-{number}"):
                seen = tx.get(Event, id)
                tx.put(an_event(id, subject=str(int(seen.subject) + 1 if seen else 1)))

        for _ in range(most):
            if self.stop.is_set():
                return
            try:
                self.stores[number].write(an_act(), work)
                self.acknowledged[number] += 1
            except OutcomeUnknown:
                self.unknown[number] += 1
            except SlaError as failure:
                self.failures.append(failure)

    def close(self) -> None:
        for store in self.stores:
            store.close()

    def check(self, store: PostgresStore) -> None:
        """Compare what was acknowledged with what is there: exactly that, but for what was called unknown."""

        def number(id: str) -> int:
            seen = store.read(lambda tx: tx.get(Event, id))
            return int(seen.subject) if seen else 0

        for writer, (known, unknown) in enumerate(zip(self.acknowledged, self.unknown, strict=True)):
            assert known <= number(f"own-{writer}") <= known + unknown
        assert number("shared") == sum(number(f"own-{writer}") for writer in range(WRITERS))
        assert store.sequence() == number("shared")
        assert [change.sequence for change in store.changes()] == list(range(1, store.sequence() + 1))


def test_eight_writers_lose_nothing_and_all_get_their_turn(
    databases: Databases, database: str, effort: Effort
) -> None:
    each = effort(12, 250)
    dsn = databases.dsn(database)
    writers = Writers(dsn, patience=60)
    for thread in writers.run(each):
        thread.join()
    assert not writers.failures
    assert sum(writers.acknowledged) == WRITERS * each
    writers.check(writers.stores[0])
    writers.close()
    assert verify(dsn) == []


def test_a_killed_server_loses_nothing_acknowledged(own: Databases, effort: Effort) -> None:
    """Kill the postmaster and every backend with SIGKILL under eight writers; they come back by themselves."""
    database = own.new()
    dsn = own.server.dsn(database, SERVICE)
    writers = Writers(dsn, patience=60)
    threads = writers.run(1_000_000)
    for _ in range(effort(2, 25)):
        before = sum(writers.acknowledged)
        _until(lambda: sum(writers.acknowledged) > before + 20)  # noqa: B023 - called at once
        own.server.stop(signal.SIGKILL)
        own.server.start()
    before = sum(writers.acknowledged)
    _until(lambda: sum(writers.acknowledged) > before + 20)
    writers.stop.set()
    for thread in threads:
        thread.join()
    assert not writers.failures
    assert not any(writers.unknown), "the server came back, so every outcome could be found out"
    writers.check(writers.stores[0])
    writers.close()
    assert verify(dsn) == []


def _until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, "nobody writes any more"
        time.sleep(0.005)


@pytest.mark.parametrize("cut", [Cut.QUESTION, Cut.ANSWER], ids=lambda cut: cut.value)
def test_a_commit_whose_answer_is_lost_is_not_repeated(
    databases: Databases, database: str, effort: Effort, cut: Cut
) -> None:
    times = effort(5, 200)
    with proxying(databases.server.port) as proxy:
        dsn = databases.server.dsn(database, SERVICE, port=proxy.port)
        store = PostgresStore.open(dsn, patience=20)
        runs = 0

        def work(tx: Writing) -> int:
            nonlocal runs
            runs += 1
            seen = tx.get(Event, "counter")
            number = int(seen.subject) + 1 if seen else 1
            tx.put(an_event("counter", subject=str(number)))
            return number

        for number in range(1, times + 1):
            proxy.cuts = [cut]
            assert store.write(an_act(), work) == number
        assert proxy.cut == times, "the connection was cut each time"
        assert store.sequence() == times
        store.close()
    assert runs == (2 * times if cut is Cut.QUESTION else times), "done again only where it had not been done"


def test_an_answer_lost_for_good_is_called_unknown(own: Databases) -> None:
    database = own.new()
    with proxying(own.server.port) as proxy:
        store = PostgresStore.open(own.server.dsn(database, SERVICE, port=proxy.port), patience=0.5)
        put(store, an_event("before"))
        proxy.cuts = [Cut.ANSWER]
        proxy.close()
        with pytest.raises(OutcomeUnknown) as caught:
            put(store, an_event("during"))
        store.close()
    assert "sla log" in caught.value.sentence()
    again = own.store(database)
    assert again.read(lambda tx: tx.get(Event, "during")) is not None
    again.close()


def test_a_server_that_does_not_come_back_is_named_and_nothing_was_done(own: Databases) -> None:
    store = PostgresStore.open(own.dsn(own.new()), patience=0.5)
    put(store, an_event())
    own.server.stop(signal.SIGKILL)
    with pytest.raises(SlaError, match="nothing was changed") as caught:
        put(store, an_event("e-2"))
    assert not isinstance(caught.value, OutcomeUnknown)
    own.server.start()
    assert store.sequence() == 1
    put(store, an_event("e-2"))
    store.close()


def test_a_change_that_no_standby_confirmed_is_called_unknown(own: Databases) -> None:
    """The server answers such a commit with success and a warning."""
    store = own.store(own.new())
    own.server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own.server.execute("SELECT pg_reload_conf()")
    stop = threading.Event()
    thread = threading.Thread(target=_cancel_waiting, args=(own, stop))
    thread.start()
    try:
        with pytest.raises(OutcomeUnknown, match="no other server has confirmed"):
            _put_for_ever(store)
    finally:
        own.server.execute("ALTER SYSTEM RESET synchronous_standby_names")
        own.server.execute("SELECT pg_reload_conf()")
        stop.set()
        thread.join()
    store.close()


def _put_for_ever(store: PostgresStore) -> None:
    while True:  # until the new configuration has arrived
        put(store, an_event())


def _cancel_waiting(databases: Databases, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        databases.server.execute(
            "SET synchronous_commit = local;"
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        )
