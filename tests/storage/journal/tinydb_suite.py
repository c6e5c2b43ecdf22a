"""The `db` fixture that TinyDB's own tests ask for, over a journal instead of a JSON file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import MemoryStorage

from sla_tracker.storage.journal import Journal
from sla_tracker.storage.journal.tinydb_tables import JournalDB


@pytest.fixture
def db(tmp_path: Path) -> Iterator[JournalDB]:
    journal = Journal.open(tmp_path / "journal", indexes={"_default": ("int", "char")}, create=True)
    with journal.transaction(who="suite", what="test", at="2026-11-20T00:00:00Z"):
        tables = JournalDB(journal)
        tables.drop_tables()
        tables.insert_multiple({"int": 1, "char": c} for c in "abc")
        yield tables
    journal.close()


@pytest.fixture
def storage() -> Any:
    untyped: Any = CachingMiddleware
    return untyped(MemoryStorage)()
