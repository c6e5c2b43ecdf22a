"""The stores on which both sides' rules must be the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sla_tracker.desk.ports import Store
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.tinydb import TinyStore

StoreFactory = Callable[[Path], Store]

STORES: dict[str, StoreFactory] = {
    "memory": lambda _folder: MemoryStore(),
    "tinydb": lambda folder: TinyStore.open(folder / "store", create=True),
}
