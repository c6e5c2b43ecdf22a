"""A store in memory for trials and tests.

Documents are kept encoded, as in the stores on disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sla_tracker.errors import N_, StoreError
from sla_tracker.services.ports import Act, Change, Reading, Touched, Version, Where, Writing
from sla_tracker.storage.codec import Kind, decode, encode, id_of, index_of, kind_named, kind_of

T = TypeVar("T")
R = TypeVar("R")

_Key = tuple[str, str]
_Version = tuple[int, bytes, dict[str, object]]


def matches(index: dict[str, object], where: dict[str, Where]) -> bool:
    """Return whether indexed fields equal the given values.

    Raises KeyError without index.
    """
    for name, wanted in where.items():
        value = index[name]
        if value not in wanted if isinstance(wanted, tuple) else value != wanted:
            return False
    return True


def require_next_sequence(change: Change, sequence: int) -> None:
    """Raise StoreError unless a change has the sequence number after a store's last."""
    if change.sequence != sequence + 1:
        raise StoreError(
            N_(
                "Change {number} cannot come after change {last}; somebody else writes to this store meanwhile."
            ),
            number=change.sequence,
            last=sequence,
        )


class _View:
    """Committed documents with the changes of one transaction on top."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.puts: dict[_Key, _Version] = {}
        self.sealing: dict[str, tuple[_Key, ...]] = {}
        self.unsealing: list[str] = []

    @property
    def sequence(self) -> int:
        return self._store.sequence()

    def is_unchanged_since(self, sequence: int) -> bool:
        """Return whether nothing was committed after a number."""
        return self.sequence == sequence

    def get(self, kind: type[T], id: str) -> T | None:
        key = (kind_of(kind).name, id)
        version = self.puts.get(key) or (None if self._is_sealed(key) else self._store.latest(key))
        return decode(kind, version[1]) if version else None

    def find(self, kind: type[T], **where: Where) -> list[T]:
        known = kind_of(kind)
        unknown = set(where) - set(known.indexed)
        if unknown:
            raise KeyError(f"{known.name} has no index on {', '.join(sorted(unknown))}")
        return [decode(kind, raw) for raw, index in self._documents(known) if matches(index, where)]

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        return iter(self.find(kind, **where))

    def named(self, kind: type[T], text: str) -> list[T]:
        name = kind_of(kind).name
        ids = sorted({id for table, id in (*self._store.documents, *self.puts) if table == name})
        found = (self.get(kind, id) for id in ids if text and (id.startswith(text) or id.endswith(text)))
        return [value for value in found if value is not None]

    def put(self, value: object) -> None:
        kind = kind_of(type(value))
        key = (kind.name, id_of(value))
        self.puts[key] = (0, encode(value), index_of(kind, value))

    def seal(self, name: str, chosen: Sequence[tuple[type, str]]) -> None:
        self.sealing[name] = tuple((kind_of(kind).name, id) for kind, id in chosen)

    def unseal(self, name: str) -> None:
        self._store.sealed(name)
        self.unsealing.append(name)

    def _is_sealed(self, key: _Key) -> bool:
        archives = {**self._store.archives, **self.sealing}
        return any(key in keys for name, keys in archives.items() if name not in self.unsealing)

    def _documents(self, kind: Kind) -> Iterable[tuple[bytes, dict[str, object]]]:
        for key, versions in self._store.documents.items():
            if key[0] == kind.name and key not in self.puts and not self._is_sealed(key):
                yield versions[-1][1], versions[-1][2]
        for key, (_, raw, index) in self.puts.items():
            if key[0] == kind.name:
                yield raw, index


class MemoryStore:
    """Store port in memory.

    Keeps every version of every document until the process ends.
    """

    def __init__(self) -> None:
        self.documents: dict[_Key, list[_Version]] = {}
        self.archives: dict[str, tuple[_Key, ...]] = {}
        self._changes: list[Change] = []
        # Re-entrant, as work inside `write` may read; one lock makes a read consistent and a write exclusive.
        self._lock = threading.RLock()

    def latest(self, key: _Key) -> _Version | None:
        """Return the last committed version of a document."""
        versions = self.documents.get(key)
        return versions[-1] if versions else None

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view of the documents."""
        with self._lock:
            return work(_View(self))

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work and commit its changes atomically."""
        with self._lock:
            view = _View(self)
            result = work(view)
            if not (view.puts or view.sealing or view.unsealing):
                return result
            self._commit(act, view)
            number = self.sequence()
        if on_commit is not None:
            on_commit(number)
        return result

    def sequence(self) -> int:
        """Return the number of the last commit."""
        return len(self._changes)

    def head(self) -> tuple[int, str]:
        """Return the number of the last commit, and "", as there is no hash chain."""
        return self.sequence(), ""

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return an empty mapping, as commits have no hash here."""
        return {}

    def history(self, id: str, archive: str = "") -> list[Change]:
        """Return the changes of one id, oldest first."""
        with self._lock:
            return [change for change in self._changes if any(touched == id for _, touched in change.touched)]

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit."""
        with self._lock:
            for number, raw, _ in reversed(self.documents.get((kind_of(kind).name, id), [])):
                if number <= sequence:
                    return decode(kind, raw)
            return None

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        """Return values as of commits."""
        found: dict[Version, object | None] = {one: self.as_of(*one) for one in wanted}
        return {one: value for one, value in found.items() if value is not None}

    def touched(self, since: int) -> Touched | None:
        """Return kind and id of all that was written after a sequence number."""
        return frozenset(named for change in self.changes(since) for named in change.touched)

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield all changes after a sequence number, oldest first."""
        with self._lock:
            return list(self._changes[since:])

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield all changes after a number with the values they wrote."""
        for change in self.changes(since):
            written: list[object | None] = [
                self.as_of(kind_named(kind).type, id, change.sequence) for kind, id in change.touched
            ]
            yield change, [value for value in written if value is not None]

    def sealed(self, name: str) -> list[object]:
        """Return the values of a sealed archive."""
        with self._lock:
            return [
                decode(kind_named(key[0]).type, self.documents[key][-1][1]) for key in self.archives[name]
            ]

    def seals(self) -> Mapping[str, int]:
        """Return the number of values in each sealed archive, by name."""
        return {name: len(keys) for name, keys in self.archives.items()}

    def erase(self, act: Act, replacements: Sequence[object]) -> int:
        """Replace values and delete all their earlier versions, with their reasons."""
        with self._lock:
            view = _View(self)
            for value in replacements:
                view.put(value)
            for key in view.puts:
                self.documents[key] = []
            self._changes = [
                replace(change, act=replace(change.act, reason=""))
                if not view.puts.keys().isdisjoint(change.touched)
                else change
                for change in self._changes
            ]
            self._commit(act, view)
            return len(view.puts)

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        """Append a commit of another store, keeping its number."""
        with self._lock:
            require_next_sequence(change, self.sequence())
            view = _View(self)
            for value in values:
                view.put(value)
            self._commit(change.act, view)

    def close(self) -> None:
        """Do nothing: the documents live as long as the object."""

    def _commit(self, act: Act, view: _View) -> None:
        number = len(self._changes) + 1
        for key, (_, raw, index) in view.puts.items():
            self.documents.setdefault(key, []).append((number, raw, index))
        self.archives.update(view.sealing)
        for name in view.unsealing:
            del self.archives[name]
        went_back = bool(self._changes) and act.at < self._changes[-1].act.at
        self._changes.append(
            Change(sequence=number, act=act, touched=tuple(view.puts), clock_went_back=went_back)
        )
