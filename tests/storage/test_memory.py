"""The store in memory keeps the contract of every store."""

from __future__ import annotations

import pytest

from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.store_contract import OpenStore, StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def open_store(self) -> OpenStore:
        store = MemoryStore()
        return lambda: store
