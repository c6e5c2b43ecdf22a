"""The stores on which both sides' rules must be the same, as many empty ones as a test asks for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sla_tracker.services.ports import Store
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.tinydb import TinyStore
from tests.storage.factories import Databases


@dataclass(frozen=True)
class Stores:
    """One kind of store; `opened` lends a new empty one, `share` is the part of the examples that it has time for."""

    name: str
    opened: Callable[[], AbstractContextManager[Store]]
    share: float = 1.0

    def some(self, examples: int) -> int:
        """Return how many examples to run where a quick store runs so many."""
        return max(2, round(examples * self.share))


@contextmanager
def in_memory() -> Iterator[Store]:
    yield MemoryStore()


@contextmanager
def in_files() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore.open(Path(folder) / "store", create=True)
        try:
            yield store
        finally:
            store.close()


def on_server(databases: Databases) -> Callable[[], AbstractContextManager[Store]]:
    @contextmanager
    def opened() -> Iterator[Store]:
        store = databases.store(databases.emptied())
        try:
            yield store
        finally:
            store.close()

    return opened


KINDS = [
    pytest.param("memory"),
    pytest.param("tinydb"),
    pytest.param("postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session", params=KINDS)
def stores(request: pytest.FixtureRequest) -> Stores:
    """Give each kind of store in its turn."""
    match request.param:
        case "memory":
            return Stores("memory", in_memory)
        case "tinydb":
            return Stores("tinydb", in_files, share=0.3)
    return Stores("postgres", on_server(request.getfixturevalue("databases")), share=0.1)


@pytest.fixture
def any_store(stores: Stores) -> Iterator[Store]:
    """Open one empty store of each kind."""
    with stores.opened() as store:
        yield store
