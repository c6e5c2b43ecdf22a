"""What only the store on a server has to deal with: text it cannot keep, schemas, addresses, queues, notifications."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from sla_tracker.domain.duties.duty import Duty, Rating
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.errors import Forbidden, Refused, SlaError, StoreBusy, StoreError, UsageError
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.storage.codec import KINDS
from sla_tracker.storage.postgres import PostgresStore
from sla_tracker.storage.postgres.connections import Connections
from sla_tracker.storage.postgres.statements import USES_UNPREPARED, StoreConnection
from sla_tracker.storage.postgres.store import HISTORY_OF
from sla_tracker.testing.company import NOW, a_duty, local
from sla_tracker.testing.store_contract import START, an_act, an_event, put
from tests.storage.factories import SERVICE, Databases
from tests.storage.postgres_server import free_port

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(databases: Databases, database: str) -> Iterator[PostgresStore]:
    store = databases.store(database)
    yield store
    store.close()


UNFIT: dict[str, object] = {
    "NUL": an_event(subject="a\0b"),
    "NUL after a backslash": an_event(subject="a\\\0b"),
    "half a character": an_event(subject="\ud800"),
    "no number": a_duty(terms=replace(a_duty().terms, target=Decimal("NaN"))),
}


@pytest.mark.parametrize("value", UNFIT.values(), ids=list(UNFIT))
def test_what_would_not_come_back_as_it_was_is_refused_by_name(
    store: PostgresStore, value: Event | Duty
) -> None:
    with pytest.raises(Refused) as caught:
        put(store, value)
    assert value.id in caught.value.sentence()
    assert store.sequence() == 0


@pytest.mark.parametrize(
    "text", ["\\u0000", "\\\\u0000", "\x1b[31m\u202e", "'; DROP TABLE x; --", "%s {} \\", "😀" * 9]
)
def test_strange_text_comes_back_as_it_was(store: PostgresStore, text: str) -> None:
    put(store, an_event(subject=text))
    assert store.read(lambda tx: tx.get(Event, "e-1")) == an_event(subject=text)
    found = store.read(lambda tx: tx.find(Event, subject_key=("鄂F12345", text)))
    assert [event.subject for event in found] == [text]


def test_a_number_of_more_than_64_bits_comes_back_as_it_was(store: PostgresStore) -> None:
    duty = a_duty(rating=Rating(level=2**70, word="", at=local(NOW), by="chen.jing"))
    put(store, duty)
    assert store.read(lambda tx: tx.get(Duty, duty.id)) == duty


def test_a_question_with_a_nul_finds_nothing(store: PostgresStore) -> None:
    put(store, an_event())
    assert store.read(lambda tx: tx.get(Event, "e-1\0")) is None
    assert store.read(lambda tx: tx.find(Event, subject_key="\0")) == []
    assert store.history("\0") == []
    assert store.as_of(Event, "\0", 1) is None
    with pytest.raises(Refused):
        store.write(replace(an_act(), reason="\0"), lambda tx: tx.put(an_event()))


def test_each_kind_has_its_table_and_its_columns(databases: Databases, database: str) -> None:
    rows = databases.server.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'sla'"
        " AND is_generated = 'ALWAYS' AND column_name <> 'id' ORDER BY ordinal_position",
        database,
    )
    columns: dict[str, tuple[str, ...]] = {}
    for table, column in rows:
        columns[table] = (*columns.get(table, ()), column)
    assert columns == {kind.name: kind.indexed for kind in KINDS if kind.indexed}
    tables = {
        name
        for (name,) in databases.server.execute(
            "SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'archive'"
            " WHERE relkind = 'r'",
            database,
        )
    }
    assert tables == {kind.name for kind in KINDS}


def test_a_document_that_is_none_is_named(databases: Databases, database: str, store: PostgresStore) -> None:
    put(store, an_event())
    databases.server.execute(
        'SET session_replication_role = replica; UPDATE sla.events SET doc = \'{"id": "e-1"}\'', database
    )
    with pytest.raises(StoreError, match="events e-1"):
        store.read(lambda tx: tx.get(Event, "e-1"))


def test_no_store_no_login_no_database(databases: Databases) -> None:
    ready, bare = databases.new(), databases.server.new_database()  # the login is there, as of the first
    with pytest.raises(StoreError, match="sla pg setup makes one"):
        PostgresStore.open(databases.dsn(bare))
    databases.server.execute("DO $$ BEGIN CREATE ROLE nobody_here LOGIN; END $$")
    with pytest.raises(StoreError, match="may not use the store"):
        PostgresStore.open(databases.dsn(ready, "nobody_here"))
    with pytest.raises(StoreError, match="does not answer"):
        PostgresStore.open(databases.dsn("nowhere"))
    with pytest.raises(UsageError, match="address"):
        PostgresStore.open("postgresql://[")


@pytest.mark.parametrize(("version", "words"), [(99, "newer version"), (1, "still has schema 1")])
def test_another_schema_is_refused(databases: Databases, version: int, words: str) -> None:
    database = databases.new()
    databases.server.execute(
        f"DELETE FROM sla.migrations; INSERT INTO sla.migrations (version) VALUES ({version})", database
    )
    with pytest.raises(StoreError, match=words):
        databases.store(database)


def test_of_several_hosts_the_one_that_answers_is_taken(databases: Databases, database: str) -> None:
    server = databases.server
    dsn = f"postgresql://{SERVICE}@127.0.0.1:{free_port()},127.0.0.1:{server.port}/{database}"
    store = PostgresStore.open(dsn)
    put(store, an_event())
    assert store.sequence() == 1
    store.close()


def test_who_waits_too_long_hears_who_holds_it(databases: Databases, database: str) -> None:
    store = PostgresStore.open(databases.dsn(database), lock_timeout=0.2)
    with psycopg.connect(databases.dsn(database), application_name="sla on db-7") as holder:
        holder.execute("SELECT sla.take_turn()")
        with pytest.raises(StoreBusy, match="sla on db-7"):
            put(store, an_event())
    put(store, an_event())
    assert store.sequence() == 1
    store.close()


def test_who_gives_up_after_conflicts_hears_of_others_and_never_his_own_name(
    databases: Databases, database: str
) -> None:
    def conflict(_tx: Writing) -> None:
        raise psycopg.errors.SerializationFailure

    with closing(PostgresStore.open(databases.dsn(database), patience=0)) as store:
        with pytest.raises(StoreBusy, match="Others are writing at the same time"):
            store.write(an_act(), conflict)
        with psycopg.connect(databases.dsn(database), application_name="sla on db-7") as holder:
            holder.execute("SELECT sla.take_turn()")
            with pytest.raises(StoreBusy, match="Somebody else is writing: sla on db-7"):
                store.write(an_act(), conflict)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (psycopg.errors.UniqueViolation, StoreError, "could not do it"),
        (psycopg.errors.InsufficientPrivilege, Forbidden, "does not let this login"),
        (psycopg.errors.LockNotAvailable, StoreBusy, "Others are writing"),
    ],
)
def test_each_error_of_the_server_is_said_as_what_it_is(
    store: PostgresStore, error: type[psycopg.Error], kind: type[SlaError], words: str
) -> None:
    def work(_tx: Writing) -> None:
        raise error("x")

    with pytest.raises(SlaError) as caught:
        store.write(an_act(), work)
    assert type(caught.value) is kind
    assert words in caught.value.sentence()
    with pytest.raises(SlaError) as caught:
        store.read(work)  # type: ignore[arg-type]
    assert type(caught.value) is kind
    put(store, an_event())


def test_waiting_ends_with_somebody_elses_change(
    databases: Databases, database: str, store: PostgresStore
) -> None:
    other = databases.store(database)
    timer = threading.Timer(0.3, lambda: put(other, an_event()))
    timer.start()
    before = time.monotonic()
    assert store.wait(since=0, seconds=30) == 1
    assert time.monotonic() - before < 15
    assert store.wait(since=0, seconds=30) == 1, "what is there already is not waited for"
    assert store.wait(since=1, seconds=0.1) == 1
    timer.join()
    other.close()


def test_a_commit_is_on_disk_when_it_is_answered(databases: Databases) -> None:
    database = databases.new()
    databases.server.execute(f'ALTER DATABASE "{database}" SET synchronous_commit = off')
    connections = Connections(databases.dsn(database), lock_timeout=1)
    with connections.borrow() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    connections.close()


# A program of its own: the tests' process has several threads, and such a one should not fork.
FORKER = """
import os, sys
from sla_tracker.storage.postgres import PostgresStore
from sla_tracker.testing.store_contract import an_event, put
store = PostgresStore.open(sys.argv[1], patience=10)
put(store, an_event())
child = os.fork()
if child == 0:
    os._exit(0 if store.sequence() == 1 else 1)
assert os.waitpid(child, 0)[1] == 0
put(store, an_event("e-2"))
assert store.sequence() == 2
store.close()
"""


def test_a_forked_child_takes_connections_of_its_own(databases: Databases, database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", FORKER, databases.dsn(database)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_work_is_done_again_only_where_somebody_changed_what_it_had_read(
    databases: Databases, database: str, store: PostgresStore
) -> None:
    """The work runs before the writers' lock; the server compares what it asked with what came meanwhile."""
    other = databases.store(database)
    put(other, an_event("known"), replace(an_event("moved"), state=EventState.CANCELLED))
    questions: dict[str, tuple[Callable[[Writing], object], object, int]] = {
        "another id": (lambda tx: tx.get(Event, "known"), an_event("e-1"), 1),
        "the id": (lambda tx: tx.get(Event, "known"), an_event("known", subject="x"), 2),
        "an id that was not there": (lambda tx: tx.get(Event, "new"), an_event("new"), 2),
        "no part of the search": (lambda tx: tx.find(Event, type="other"), an_event("e-2"), 1),
        "found by the search now": (lambda tx: tx.find(Event, type="vehicle-delivered"), an_event("e-3"), 2),
        "found before": (
            lambda tx: tx.find(Event, state=EventState.CANCELLED), an_event("moved"), 2
        ),
        "another kind": (lambda tx: tx.find(Duty), an_event("e-4"), 1),
        "everything": (lambda tx: tx.is_unchanged_since(tx.sequence), an_event("e-5"), 2),
    }  # fmt: skip
    for name, (ask, meanwhile, expected) in questions.items():
        runs = 0

        def work(tx: Writing) -> None:
            nonlocal runs
            runs += 1
            ask(tx)  # noqa: B023 - called at once
            if runs == 1:
                put(other, meanwhile)  # noqa: B023
            tx.put(an_event("mine", subject=name))  # noqa: B023

        store.write(an_act(), work)
        assert runs == expected, name
    other.close()


def test_work_is_done_again_where_an_archive_was_sealed_meanwhile(
    databases: Databases, database: str, store: PostgresStore
) -> None:
    """Sealing writes no document, and takes some out of sight."""
    other = databases.store(database)
    put(other, an_event("known"))
    seen = list[bool]()

    def work(tx: Writing) -> None:
        seen.append(tx.get(Event, "known") is not None)
        if len(seen) == 1:
            other.write(an_act(), lambda sealing: sealing.seal("2026-10", [(Event, "known")]))
        tx.put(an_event("mine"))

    store.write(an_act(), work)
    store.write(an_act(), lambda tx: tx.put(an_event("mine", subject="again")))
    assert seen == [True, False]
    other.close()


def test_what_is_prepared_outlives_a_refused_use_case(store: PostgresStore) -> None:
    """Also where the driver could prepare something, too: it drops everything after a ROLLBACK then."""
    put(store, an_event("e-1"))

    def refused(tx: Writing) -> None:
        tx.get(Event, "e-1")
        raise Refused("no")

    def ask() -> None:
        for _ in range(USES_UNPREPARED + 2):
            assert [one.sequence for one in store.history("e-1")] == [1]
            assert store.read(lambda tx: tx.get(Event, "e-1")) == an_event("e-1")

    ask()
    with pytest.raises(Refused):
        store.write(an_act(), refused)
    ask()


def test_a_view_begins_in_the_message_of_its_first_question(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message costs as much as a small query; without a question nothing begins."""
    put(store, an_event("e-1"))
    sent = list[object]()
    ask_server = StoreConnection.ask

    def counted(self: StoreConnection, *questions: Any) -> Any:
        sent.append(questions)
        return ask_server(self, *questions)

    monkeypatch.setattr(StoreConnection, "ask", counted)
    asked: list[tuple[Callable[[Reading], object], int]] = [
        (lambda _tx: None, 0),
        (lambda tx: tx.get(Event, "e-1"), 2),
        (lambda tx: (tx.find(Event), tx.get(Event, "e-1"), tx.named(Event, "e-")), 4),
    ]
    for ask, messages in asked:
        sent.clear()
        store.read(ask)
        assert len(sent) == messages, sent


def test_the_comparison_reads_only_what_came_meanwhile(databases: Databases) -> None:
    """However long the history is: it runs while all other writers wait."""
    database = databases.new()
    store, other = databases.store(database), databases.store(database)
    put(store, *(an_event(f"e-{n}") for n in range(200)))

    def work(tx: Writing) -> None:
        tx.get(Event, "e-1")
        put(other, an_event("e-2", subject=f"{tx.sequence}"))
        tx.put(an_event("mine", subject=f"{tx.sequence}"))

    for _ in range(3):
        store.write(an_act(), work)
    store.close()  # a session reports what it read when it ends
    other.close()
    read = "SELECT seq_tup_read, idx_tup_fetch > 0 FROM pg_stat_user_tables WHERE relname = 'versions'"
    end = time.monotonic() + 10
    while (found := databases.server.execute(read, database)) != [(0, True)] and time.monotonic() < end:
        time.sleep(0.05)
    assert found == [(0, True)]


def test_a_retried_read_sees_one_consistent_state(store: PostgresStore) -> None:
    put(store, an_event(), an_event("e-2"))

    def work_beside(tx: object) -> tuple[int, int]:
        first = len(store.read(lambda inner: inner.find(Event)))
        put(store, an_event(f"e-{START:%f}-{first}"))
        return first, len(store.read(lambda inner: inner.find(Event)))

    assert store.read(work_beside) == (2, 3)


def test_what_is_put_as_it_was_read_is_no_change(store: PostgresStore) -> None:
    put(store, an_event("e-1"), an_event("e-2"))

    def again(tx: Writing, *new: object) -> None:
        for value in (tx.get(Event, "e-1"), *tx.find(Event), *tx.named(Event, "e-"), *new):
            tx.put(value)

    store.write(an_act(), again)
    assert store.sequence() == 1
    store.write(an_act(), lambda tx: again(tx, an_event("e-3")))
    store.write(an_act(), lambda tx: again(tx, an_event("e-2", subject="X")))
    assert [change.touched for change in store.changes(1)] == [(("events", "e-3"),), (("events", "e-2"),)]


def test_the_history_of_one_id_is_read_without_that_of_others(
    databases: Databases, store: PostgresStore
) -> None:
    """Where the server puts all changes together first, that takes a second after 100,000 of them."""
    put(store, an_event())
    databases.server.execute(
        "INSERT INTO sla.changes (sequence, request, who, what, via, reason, at, went_back, hash)"
        " SELECT n, gen_random_uuid(), 'a', 'b', 'c', '', now(), false, 'x' FROM generate_series(2, 3000) n;"
        " INSERT INTO sla.versions (sequence, kind, id, salt, digest, doc)"
        " SELECT n, 'events', 'other-' || n, gen_random_uuid(), '', '{}' FROM generate_series(2, 3000) n;"
        " ANALYZE sla.changes; ANALYZE sla.versions",
        databases.shared,
    )
    with store._connections.borrow() as connection:
        query = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) ") + HISTORY_OF
        (((plan,),),) = connection.execute(query, ("e-1",)).fetchall()
    assert max(rows_of(plan["Plan"])) == 1
    assert [change.sequence for change in store.history("e-1")] == [1]


def rows_of(plan: dict[str, Any]) -> Iterator[int]:
    """Yield how many rows each step of a query read."""
    yield plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    for part in plan.get("Plans", ()):
        yield from rows_of(part)
