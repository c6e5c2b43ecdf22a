"""The embedded store keeps the contract of every store, and says in our words what its journal cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinydb import where

from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import Refused, StoreError
from sla_tracker.storage.tinydb import SENTENCES, TinyStore
from sla_tracker.testing.store_contract import OpenStore, StoreContract, an_event, put


class TestTinyStore(StoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: TinyStore.open(tmp_path / "store", create=True)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    put(store, an_event())
    store.close()
    again = TinyStore.open(tmp_path / "store")
    assert again.read(lambda tx: tx.get(Event, "e-1")) == an_event()
    again.close()


def test_a_tinydb_query_finds_what_the_context_stored(tmp_path: Path) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    put(store, an_event(), an_event("e-2", subject="鄂F·67890"))
    found = store.documents().keyed("events").search(where("subject").matches(".*67890"))
    store.close()
    assert [str(document.doc_id) for document in found] == ["e-2"]


def test_a_missing_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        TinyStore.open(tmp_path / "nowhere")
    assert "sla init" in caught.value.sentence()


def test_a_damaged_store_is_named_and_not_written(tmp_path: Path) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    put(store, an_event())
    put(store, an_event("e-2"))
    store.close()
    segment = next(
        path
        for path in sorted((tmp_path / "store").rglob("*"))
        if path.is_file() and b"e-1" in path.read_bytes()
    )
    segment.write_bytes(segment.read_bytes().replace("鄂F·12345".encode(), "鄂F·54321".encode(), 1))
    for snapshot in (tmp_path / "store").rglob("*snapshot*"):
        if snapshot.is_file():
            snapshot.unlink()
    with pytest.raises(StoreError) as caught:
        put(TinyStore.open(tmp_path / "store"), an_event("e-3"))
    assert "sla verify" in caught.value.sentence()
    assert "byte" in caught.value.sentence()


@pytest.mark.parametrize("subject", ["a\0b", "\ud800"])
def test_what_would_not_come_back_is_refused_and_the_store_goes_on(tmp_path: Path, subject: str) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    with pytest.raises(Refused) as caught:
        put(store, an_event(subject=subject))
    assert "nothing was changed" in caught.value.sentence()
    assert store.sequence() == 0
    put(store, an_event())
    store.close()


def test_every_journal_error_has_a_sentence_of_its_own_kind() -> None:
    assert all("{detail}" in sentence for sentence in SENTENCES.values())
