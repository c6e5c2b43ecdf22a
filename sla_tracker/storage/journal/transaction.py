"""A transaction: reads committed documents and stages changes for one commit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sla_tracker.storage.journal import history
from sla_tracker.storage.journal.document import Value, canonical, checked_name, index_value
from sla_tracker.storage.journal.errors import NoTransaction, RefusedDocument
from sla_tracker.storage.journal.files import archive
from sla_tracker.storage.journal.files.packed_table import Placed, Row
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.image import Named, TableImage

_NUMBERS = itertools.count(1)
Staged = dict[Named, bytes | None]
Wanted = Value | tuple[Value, ...]
_NOWHERE = Row(0, 0, 0, 0)
"""Stands for the position of a staged document, which has none yet."""


def wanted(where: Mapping[str, Wanted]) -> dict[str, set[bytes]]:
    """Return the index values to search for in each field; a tuple means "one of"."""
    return {
        name: {index_value(value) for value in (given if isinstance(given, tuple) else (given,))}
        for name, given in where.items()
    }


class Transaction:
    """Stages changes on top of the image.

    At its end, the journal writes them as one line.
    """

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._open = True
        self.staged: Staged = {}
        self._indexed: dict[str, TableImage] = {}
        """Staged documents by table with their indexes, so that a search need not decode each of them."""
        self._unindexed: dict[str, dict[str, bytes | None]] = {}
        """Those that the next search in their table adds to that; in most use cases none comes."""
        self.sealing: tuple[str, tuple[Named, ...]] | None = None
        self.unsealing = ""
        self.sequence = 0
        """Number of its commit, once that is written."""
        self.even_empty = False
        """Write a line even without changes: a copied store keeps the sequence numbers of its source."""
        self.before: dict[Named, int] = {}
        """Position of the sealing line for documents restored from an archive; links their history."""
        self._rows: dict[Named, Row | None] = {}
        """Positions that were looked up; while the transaction is open nobody else commits."""
        self._read: dict[Named, bytes] = {}
        self.version = 0
        """Number of staged changes, which tells TinyDB's query cache whether it is outdated."""
        self.number = next(_NUMBERS)
        """Tells the transactions of this process apart; an address in memory is used again."""

    def get(self, table: str, key: str) -> bytes | None:
        """Return a document with this transaction's changes, or None."""
        if (table, key) in self.staged:
            return self.staged[table, key]
        return self.committed(table, key)

    def committed(self, table: str, key: str) -> bytes | None:
        """Return a document without this transaction's changes, or None."""
        row = self.row(table, key)
        if row is None:
            return None
        if not self._open:
            return self._follower.document(table, key, row)
        content = self._read.get((table, key))
        if content is None:
            content = self._follower.document(table, key, row)
            if content is not None:
                self._read[table, key] = content
        return content

    def row(self, table: str, key: str) -> Row | None:
        """Return the position of a document without this transaction's changes, or None."""
        named = table, key
        if named in self._rows and self._open:
            return self._rows[named]
        row = self._follower.image.row(table, key)
        if self._open:
            self._rows[named] = row
        return row

    def keys(self, table: str, **where: Wanted) -> list[str]:
        """Return the keys of the matching documents, sorted.

        Raises UnindexedField.
        """
        return [key for key, _ in self._found(table, where)]

    def _found(self, table: str, where: Mapping[str, Wanted]) -> list[tuple[str, Row | None]]:
        matching = wanted(where)
        return self._with_staged(table, lambda image: image.matching(matching))

    def _with_staged(
        self, table: str, search: Callable[[TableImage], list[tuple[str, Row]]]
    ) -> list[tuple[str, Row | None]]:
        """Return what a search finds among committed and staged documents.

        Staged documents have no position.
        """
        with self._follower.mutex:  # another thread may be applying a commit
            found: list[tuple[str, Row | None]] = list(search(self._follower.image.table(table)))
        if not self.staged:
            return found
        found = [each for each in found if (table, each[0]) not in self.staged]
        found += ((key, None) for key, _ in search(self._staged_image(table)))
        return sorted(found, key=itemgetter(0))

    def find(self, table: str, **where: Wanted) -> Iterator[bytes]:
        """Yield the matching documents in the order of their keys.

        Raises UnindexedField.
        """
        return self._documents(table, self._found(table, where))

    def named(self, table: str, text: str) -> Iterator[bytes]:
        """Yield the documents whose keys begin or end with a text, by key."""
        return self._documents(table, self._with_staged(table, lambda image: image.named(text)))

    def _documents(self, table: str, found: list[tuple[str, Row | None]]) -> Iterator[bytes]:
        for key, row in found:
            content = self.get(table, key) if row is None else self._follower.document(table, key, row)
            if content is not None:
                yield content

    def put(self, table: str, key: str, document: bytes | Mapping[str, Any]) -> None:
        """Insert or replace a document.

        Raises RefusedDocument for one that JSON would change.
        """
        self._stage(checked_name(table, "table"), checked_name(key, "key"), canonical(document))

    def remove(self, table: str, key: str) -> None:
        """Remove a document; its history stays."""
        if self.get(table, key) is not None:
            self._stage(table, key, None)

    def _stage(self, table: str, key: str, content: bytes | None) -> None:
        if not self._open:
            raise NoTransaction("The transaction has ended; begin another one for this change.")
        self.staged[table, key] = content
        self._unindexed.setdefault(table, {})[key] = content
        self.version += 1

    def _staged_image(self, table: str) -> TableImage:
        """Return the staged documents of a table, with their indexes."""
        fresh = self._indexed.get(table)
        if fresh is None:
            fresh = self._indexed[table] = TableImage(self._follower.image.table(table).fields)
        for key, content in self._unindexed.pop(table, {}).items():
            if content is None:
                fresh.remove(key)
            else:
                fresh.put(Placed(key, _NOWHERE, fresh.fields.of(content)))
        return fresh

    def archive(self, name: str, selection: Iterable[Named]) -> None:
        """Move live documents into a sealed archive file when the transaction ends.

        They are sealed as they were before this transaction. Raises RefusedDocument for a name that is no file name,
        for a document that is not live or is changed by this transaction, or for a second archive in one transaction.
        """
        chosen = tuple(dict.fromkeys(selection))
        if "/" in checked_name(name, "archive") or name.startswith("."):
            raise RefusedDocument(
                "An archive's name cannot be {name}: it becomes a file's name.", name=repr(name)
            )
        if self.sealing is not None:
            raise RefusedDocument("One transaction seals one archive.")
        for table, key in chosen:
            if (table, key) in self.staged or self.row(table, key) is None:
                raise RefusedDocument(
                    "Only a live, unchanged document can be archived, not {key} of {table}.",
                    key=key,
                    table=table,
                )
        for table, key in chosen:
            self._stage(table, key, None)
        self.sealing = (name, chosen)

    def unseal(self, name: str) -> None:
        """Make an archive's documents live again, with their history.

        Raises UnknownArchive, DamagedArchive, and RefusedDocument for a second one in one transaction.
        """
        if self.unsealing:
            raise RefusedDocument("One transaction unseals one archive.")
        sealing = history.place_of(self._follower, archive.sealed(self._follower, name).sequence)
        for stored in archive.read(self._follower, name):
            if stored.document is not None and self.get(stored.table, stored.key) is None:
                self._stage(stored.table, stored.key, stored.document)
                self.before[stored.table, stored.key] = sealing
        self.unsealing = name

    def end(self) -> None:
        """Refuse further changes."""
        self._open = False

    @contextmanager
    def part(self) -> Iterator[Transaction]:
        """Undo the changes staged inside the block if it raises."""
        staged, before = dict(self.staged), dict(self.before)
        others = self.sealing, self.unsealing, self.even_empty
        try:
            yield self
        except BaseException:
            self.staged, self.before = staged, before
            self.sealing, self.unsealing, self.even_empty = others
            self._indexed.clear()
            self._unindexed.clear()
            for (table, key), content in staged.items():
                self._unindexed.setdefault(table, {})[key] = content
            self.version += 1
            raise
