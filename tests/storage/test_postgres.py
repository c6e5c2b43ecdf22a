"""The store on a server keeps the contract of every store, for a member of staff and for the service alike."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import Forbidden
from sla_tracker.services.ports import Store
from sla_tracker.testing.store_contract import OpenStore, StoreContract, an_act, an_event, put
from tests.storage.factories import SERVICE, Databases

pytestmark = pytest.mark.postgres


class TestAsService(StoreContract):
    @pytest.fixture
    def open_store(self, databases: Databases, database: str) -> OpenStore:
        return lambda: databases.store(database, SERVICE)


class TestAsStaff(StoreContract):
    """A member of staff may do everything that the contract asks for, but archive and erase."""

    service: OpenStore

    @pytest.fixture
    def open_store(self, databases: Databases, database: str) -> OpenStore:
        self.service = lambda: databases.store(database, SERVICE)
        return lambda: databases.store(database, "wang.fang")

    def test_a_sealed_value_is_out_of_sight_but_not_lost(self, store: Store) -> None:
        put(store, an_event())
        with pytest.raises(Forbidden):
            store.write(an_act("sealed_month"), lambda tx: tx.seal("2026-11", [(Event, "e-1")]))
        assert store.read(lambda tx: tx.get(Event, "e-1")) == an_event()
        assert store.sequence() == 1

    def test_an_unsealed_archive_is_live_again(self, store: Store) -> None:
        service = self.service()
        put(service, an_event())
        service.write(an_act("sealed_month"), lambda tx: tx.seal("2026-11", [(Event, "e-1")]))
        service.close()
        with pytest.raises(Forbidden):
            store.write(an_act("unsealed_month"), lambda tx: tx.unseal("2026-11"))
        assert store.sealed("2026-11") == [an_event()]

    def test_what_is_erased_has_no_past(self, store: Store) -> None:
        put(store, an_event())
        with pytest.raises(Forbidden):
            store.erase(an_act("erased"), [an_event(subject="-")])
        assert store.as_of(Event, "e-1", 1) == an_event()
