"""Each store of the product, empty, for tests that every store has to pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import pytest

from sla_tracker.services.ports import Store
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.postgres import PostgresStore, apply_setup
from sla_tracker.storage.tinydb import TinyStore
from tests.storage.postgres_server import Server, running_server

OpenStore = Callable[[], Store]
SERVICE = "service"

# By the database's owner: no trigger runs.
EMPTY = """
    SET session_replication_role = replica;
    DO $$ DECLARE kept name; BEGIN
        FOR kept IN SELECT relname FROM pg_class WHERE relnamespace = 'sla'::regnamespace AND relkind = 'r'
            AND relname NOT IN ('migrations', 'kinds', 'head')
        LOOP EXECUTE format('DELETE FROM sla.%I', kept); END LOOP;
    END $$;
    UPDATE sla.head SET sequence = 0, hash = DEFAULT, at = NULL, sealed_or_erased = 0
"""


class Databases:
    """A server with a template that is set up, and databases made from it."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @cached_property
    def template(self) -> str:
        name = self.server.new_database()
        self.set_up(name)
        return name

    def set_up(self, database: str) -> None:
        apply_setup(self.server.dsn(database), [SERVICE])

    def new(self) -> str:
        """Return a fresh database with the store's schema and nothing in it."""
        return self.server.new_database(self.template)

    def emptied(self) -> str:
        """Return the database that tests share one after the other, emptied: thirty times faster than a fresh one."""
        self.server.execute(EMPTY, self.shared)
        return self.shared

    @cached_property
    def shared(self) -> str:
        return self.new()

    def dsn(self, database: str, login: str = SERVICE) -> str:
        return self.server.dsn(database, login)

    def store(self, database: str, login: str = SERVICE) -> PostgresStore:
        return PostgresStore.open(self.dsn(database, login), patience=10)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Run one server for the session; skips, or fails under SLA_REQUIRE=postgres, without its programs."""
    with running_server() as server:
        yield Databases(server)


@pytest.fixture
def database(databases: Databases) -> str:
    """Give a database with the store's schema and nothing in it, for this test alone."""
    return databases.emptied()


def _memory(_request: pytest.FixtureRequest) -> OpenStore:
    store = MemoryStore()
    return lambda: store


def _tinydb(request: pytest.FixtureRequest) -> OpenStore:
    folder: Path = request.getfixturevalue("tmp_path") / "store"
    return lambda: TinyStore.open(folder, create=True)


def _postgres(request: pytest.FixtureRequest) -> OpenStore:
    databases: Databases = request.getfixturevalue("databases")
    database: str = request.getfixturevalue("database")
    return lambda: databases.store(database)


store_factories: Mapping[str, Callable[[pytest.FixtureRequest], OpenStore]] = {
    "memory": _memory,
    "tinydb": _tinydb,
    "postgres": _postgres,
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.postgres if name == "postgres" else ())
        for name in store_factories
    ]
)
def open_any_store(request: pytest.FixtureRequest) -> OpenStore:
    """Give a callable that opens one and the same empty store again each time, for each kind of store."""
    return store_factories[request.param](request)
