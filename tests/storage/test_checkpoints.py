"""A store that lost its end, or was exchanged, is noticed by who saw it before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sla_tracker.storage.checkpoints import CheckpointFile, SeenHead, gone_back
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.store_contract import an_event, put


def seen_now(store: TinyStore) -> SeenHead:
    sequence, last = store.head()
    return SeenHead(sequence=sequence, hash=last)


def test_what_was_seen_and_is_still_there_raises_no_alarm(tmp_path: Path) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    put(store, an_event())
    anchor = seen_now(store)
    assert gone_back(store, anchor) is None
    put(store, an_event("e-2"))
    assert gone_back(store, anchor) is None
    store.close()


def test_an_older_copy_raises_the_alarm(tmp_path: Path) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    put(store, an_event())
    store.close()
    shutil.copytree(tmp_path / "store", tmp_path / "older")
    store = TinyStore.open(tmp_path / "store")
    put(store, an_event("e-2"))
    anchor = seen_now(store)
    store.close()
    older = TinyStore.open(tmp_path / "older")
    alarm = gone_back(older, anchor)
    older.close()
    assert alarm is not None
    assert "went back or was exchanged" in alarm.sentence()
    assert "sla verify --accept" in alarm.sentence()


def test_another_store_of_the_same_length_raises_the_alarm(tmp_path: Path) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    put(store, an_event())
    alarm = gone_back(store, SeenHead(sequence=1, hash="0" * 64))
    assert alarm is not None
    assert "change 1 is another one now" in alarm.sentence()
    store.close()


def test_a_commit_that_is_missing_below_the_end_raises_the_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TinyStore.open(tmp_path / "store", create=True)
    anchors = [seen_now(store)]
    for name in ("e-1", "e-2"):
        put(store, an_event(name))
        anchors.append(seen_now(store))
    assert [gone_back(store, anchor) for anchor in anchors] == [None, None, None]
    monkeypatch.setattr(store, "hashes_at", lambda _sequences: {})
    alarm = gone_back(store, anchors[1])
    assert alarm is not None
    assert "change 1 was seen here before, and it is not there any more" in alarm.sentence()
    assert gone_back(store, anchors[0]) is None, "an empty store was seen"
    store.close()


def test_without_a_chain_only_the_number_of_commits_counts() -> None:
    store = MemoryStore()
    for name in ("e-1", "e-2"):
        put(store, an_event(name))
    assert [gone_back(store, SeenHead(sequence=n, hash="")) for n in (0, 1, 2)] == [None, None, None]
    assert gone_back(store, SeenHead(sequence=3, hash="")) is not None


def test_an_anchor_is_kept_and_a_broken_one_is_none(tmp_path: Path) -> None:
    anchors = CheckpointFile(tmp_path / "deep" / "anchor.json")
    assert anchors.load() is None
    anchors.save(SeenHead(sequence=3, hash="ab"))
    assert anchors.load() == SeenHead(sequence=3, hash="ab")
    anchors.file.write_text("{")
    assert anchors.load() is None


def test_a_place_that_cannot_be_written_costs_the_anchor_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    anchors = CheckpointFile(blocked / "anchor.json")
    anchors.save(SeenHead(sequence=1, hash="ab"))
    assert anchors.load() is None
