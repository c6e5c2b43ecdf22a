"""The store on a server keeps the contract of every store."""

from __future__ import annotations

import pytest

from sla_tracker.testing.store_contract import OpenStore, StoreContract
from tests.storage.factories import Databases

pytestmark = pytest.mark.postgres


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def open_store(self, databases: Databases, database: str) -> OpenStore:
        return lambda: databases.store(database)
