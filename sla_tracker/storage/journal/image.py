"""The state of a journal in memory: positions of live documents, field indexes.

The image keeps no documents: a document is read, checked and decoded on demand. Rows from a snapshot stay in its packed
form; only rows changed since are kept in dicts.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

import msgspec

from sla_tracker.errors import N_
from sla_tracker.storage.journal.document import Fields
from sla_tracker.storage.journal.errors import DamagedJournal, NewerSchema, UnindexedField
from sla_tracker.storage.journal.files.packed_table import Columns, PackedTable, Placed, Row, columns_of
from sla_tracker.storage.journal.files.segment import position
from sla_tracker.storage.journal.line import GENESIS, Line, schema_of

Where = Mapping[str, Collection[bytes]]
Named = tuple[str, str]


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """A sealed archive: sequence of the sealing commit, digest, number of documents."""

    sequence: int
    digest: str
    count: int


class TableImage:
    """The live rows of one table: the packed ones of the snapshot, and the changes."""

    def __init__(self, fields: Fields, base: PackedTable | None = None) -> None:
        self.fields = fields
        self._base = base
        self._hidden: set[int] = set()
        self._fresh: dict[str, Placed] = {}
        self._holders: dict[str, dict[bytes, set[str]]] = {name: {} for name in fields.names}
        self._numbers = {name: number for number, name in enumerate(fields.names)}

    def __len__(self) -> int:
        return len(self._fresh) + (len(self._base) - len(self._hidden) if self._base is not None else 0)

    def row(self, key: str) -> Row | None:
        """Return the position of a document, or None."""
        placed = self._fresh.get(key)
        if placed is not None:
            return placed.row
        ordinal = self._ordinal(key)
        return self._base.row(ordinal) if self._base is not None and ordinal >= 0 else None

    def _ordinal(self, key: str) -> int:
        ordinal = self._base.find(key) if self._base is not None else -1
        return -1 if ordinal in self._hidden else ordinal

    def put(self, placed: Placed) -> None:
        """Set the position and the indexed values of a document."""
        key, _, values = placed
        known = self._fresh.get(key)
        self._fresh[key] = placed
        if known is not None and known.values == values:
            return
        if known is None:
            self._hide(key)
        for index, name in enumerate(self.fields.names):
            holders, value = self._holders[name], values[index]
            if known is not None:
                if known.values[index] == value:
                    continue
                _drop(holders, known.values[index], key)
            holders.setdefault(value, set()).add(key)

    def _hide(self, key: str) -> None:
        ordinal = self._ordinal(key)
        if ordinal >= 0:
            self._hidden.add(ordinal)

    def remove(self, key: str) -> None:
        """Remove a document, if it is there."""
        placed = self._fresh.pop(key, None)
        if placed is None:
            self._hide(key)
            return
        for name, value in zip(self.fields.names, placed.values, strict=True):
            _drop(self._holders[name], value, key)

    def matching(self, where: Where) -> list[tuple[str, Row]]:
        """Return the documents that have one of the values in each named field, by key."""
        self.check(where)
        found = [*self._in_base(where), *self._in_fresh(where)]
        found.sort()
        return found

    def named(self, text: str) -> list[tuple[str, Row]]:
        """Return the documents whose keys begin or end with a text, by key."""
        base, found = (
            self._base,
            [(key, placed.row) for key, placed in self._fresh.items() if _is_named(key, text)],
        )
        if base is not None:
            ordinals = (ordinal for ordinal in base.named(text) if ordinal not in self._hidden)
            found += ((base.key(ordinal), base.row(ordinal)) for ordinal in ordinals)
        return sorted(found)

    def check(self, where: Where) -> None:
        """Raise UnindexedField where a field has no index."""
        for name in where:
            if name not in self._holders:
                raise UnindexedField(
                    "The field {field} has no index; there is one for {indexed}.",
                    field=repr(name),
                    indexed=self.fields.names,
                )

    def _in_base(self, where: Where) -> Iterator[tuple[str, Row]]:
        base = self._base
        if base is None:
            return
        ordinals = base.matching(where) if where else range(len(base))
        for ordinal in ordinals:
            if ordinal not in self._hidden:
                yield base.key(ordinal), base.row(ordinal)

    def _in_fresh(self, where: Where) -> Iterator[tuple[str, Row]]:
        for key in self._narrowed(where):
            placed = self._fresh[key]
            if all(placed.values[self._numbers[name]] in accepted for name, accepted in where.items()):
                yield key, placed.row

    def _narrowed(self, where: Where) -> Iterable[str]:
        """Return the keys that fulfil the condition with the fewest keys.

        Only these have to be checked against the other conditions: a search for one turn's key must not walk through
        all live documents.
        """
        if not where:
            return self._fresh
        having: list[list[set[str]]] = []
        for name, values in where.items():
            holders = self._holders[name]
            having.append([holders[value] for value in values if value in holders])
        fewest = min(having, key=_count)
        return chain.from_iterable(fewest)

    def columns(self) -> Columns:
        """Return every live row as columns."""
        columns = columns_of(self.fields.names) if self._base is None else self._base.columns()
        columns = columns.without(self._hidden)
        columns.extend(self._fresh.values())
        return columns

    def rows(self) -> Iterator[Placed]:
        """Yield every live row."""
        if self._base is not None:
            for ordinal, placed in enumerate(self._base.rows()):
                if ordinal not in self._hidden:
                    yield placed
        yield from self._fresh.values()


def _is_named(key: str, text: str) -> bool:
    return bool(text) and (key.startswith(text) or key.endswith(text))


def _count(sets: list[set[str]]) -> int:
    return sum(map(len, sets))


def _drop(holders: dict[bytes, set[str]], value: bytes, key: str) -> None:
    """Remove a key from the set of a value, and the set when it is empty."""
    having = holders[value]
    having.discard(key)
    if not having:
        del holders[value]


class Image:
    """The journal's state after a line: live documents, archives, end of the chain."""

    def __init__(self, indexes: Mapping[str, tuple[str, ...]]) -> None:
        self.indexes = {name: tuple(fields) for name, fields in indexes.items()}
        self.tables = {name: TableImage(Fields(fields)) for name, fields in self.indexes.items()}
        self.sequence = 0
        self.head = GENESIS
        self.at = ""
        self.schema = 0
        self.segment, self.byte = 1, 0
        """Position of the next line."""
        self.last = 0
        """Position of the last line."""
        self.fresh_lines = 0
        """Number of lines applied since the snapshot."""
        self.fresh_bytes = 0
        """Their length in bytes."""
        self.archives: dict[str, Sealed] = {}
        self.erasing: dict[int, tuple[Named, ...]] = {}
        """Erasures recorded and not finished, by the sequence that opened them."""
        self.erasures = 0
        """Number of applied lines that open or close an erasure."""
        self.erased: set[Named] = set()
        """All documents named by an erasure in the applied lines."""
        self._blanks: dict[Named, int] = {}
        self._blank_reasons: list[tuple[int, frozenset[Named]]] = []

    def table(self, name: str) -> TableImage:
        """Return a table, creating an empty one for an unknown name."""
        table = self.tables.get(name)
        if table is None:
            table = self.tables[name] = TableImage(Fields(()))
        return table

    def row(self, table: str, key: str) -> Row | None:
        """Return the position of a document, or None."""
        known = self.tables.get(table)
        return known.row(key) if known is not None else None

    def live(self) -> int:
        """Return the number of live documents."""
        return sum(len(table) for table in self.tables.values())

    def take(self, line: Line, segment: int, byte: int, length: int) -> None:
        """Apply the next line, which begins at `byte` of `segment`.

        Raises DamagedJournal where it does not follow the line before.
        """
        header = line.header
        if header.n != self.sequence + 1:
            raise DamagedJournal(
                N_("A line has sequence {found} where {expected} follows."),
                found=header.n,
                expected=self.sequence + 1,
            )
        if header.prev != self.head:
            raise DamagedJournal(
                N_("A line does not name the hash of the line before it."), sequence=header.n
            )
        self._apply(line, segment, byte)
        self._note(line)
        self.sequence, self.head, self.at = header.n, line.hash, header.at
        self.last = position(segment, byte)
        self.segment, self.byte = segment, byte + length
        self.fresh_lines += 1
        self.fresh_bytes += length

    def _apply(self, line: Line, segment: int, byte: int) -> None:
        here = position(segment, byte)
        entries = iter(line.entries)
        for change in line.header.changes:
            table = self.table(change.table)
            if change.removed:
                table.remove(change.key)
                continue
            place, document, blank = next(entries)
            if blank:
                self._blanks[change.table, change.key] = line.header.n
                table.remove(change.key)
                continue
            row = Row(here + place, len(document), zlib.crc32(document), here)
            table.put(Placed(change.key, row, table.fields.of(document)))

    def _note(self, line: Line) -> None:
        header = line.header
        self.schema = header.schema or self.schema
        if line.reason_blank:
            self._blank_reasons.append((header.n, frozenset((c.table, c.key) for c in header.changes)))
        if header.seal is not None:
            self.archives[header.seal.name] = Sealed(header.n, header.seal.digest, header.seal.count)
        if header.unseal:
            self.archives.pop(header.unseal, None)
        self.erasures += bool(header.erase) + bool(header.erased)
        if header.erase:
            self.erasing[header.n] = header.erase
            self.erased.update(header.erase)
            self._explain(frozenset(header.erase))
        if header.erased:
            self.erasing.pop(header.erased, None)

    def _explain(self, erased: frozenset[Named]) -> None:
        for named in erased:
            self._blanks.pop(named, None)
        self._blank_reasons = [each for each in self._blank_reasons if not each[1] & erased]

    def check_schema(self, known: int, following: bytes = b"") -> None:
        """Raise NewerSchema where a newer program wrote the lines so far, or `following`.

        It is called before anything is made of a line: a newer one may hold what looks like damage.
        """
        schema = max(self.schema, schema_of(following) if following else 0)
        if schema > known:
            raise NewerSchema(
                N_("A newer program wrote this journal (schema {schema}, this one knows {known}); upgrade."),
                schema=schema,
                known=known,
                sequence=self.sequence,
            )

    def unexplained(self) -> DamagedJournal | None:
        """Return the error for a blanked document that no recorded erasure names, or None."""
        sequences = [*self._blanks.values(), *(sequence for sequence, _ in self._blank_reasons)]
        if not sequences:
            return None
        return DamagedJournal(
            N_("A document is blank and no erasure on record says so."), sequence=min(sequences)
        )
