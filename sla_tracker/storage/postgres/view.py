"""Typed values of the database within a transaction, its own changes on top."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, LiteralString, TypeVar

import msgspec
from psycopg import Connection, sql

from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.errors import N_, Refused, StoreError
from sla_tracker.services.ports import Where
from sla_tracker.storage.codec import Kind, decode, encode, id_of, index_of, kind_of
from sla_tracker.storage.postgres.parameters import Argument
from sla_tracker.storage.postgres.schema import SCHEMA
from sla_tracker.storage.postgres.statements import Row, StoreConnection
from sla_tracker.value_class import dataclass

T = TypeVar("T")

# Matches an escaped NUL, but not an escaped backslash before "u0000".
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
WITH_NUL = N_("The text of {kind} {id} holds a NUL character, which the database cannot keep; take it out.")
UNFIT = N_(
    "{kind} {id} holds something that would not come back as it is: what is no number, or half a character."
)
Facet = str | None
MOST_QUESTIONS = 200
"""Questions of one use case that the server compares with later changes; more count as asking for everything."""
BEGIN_READING = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
LAST_COMMIT = b"SELECT sequence FROM sla.head"
LIVE = "archive IS NULL"
LIVE_AGAIN = "(archive IS NULL OR archive = ANY (%s))"
SEALS = (
    b"SELECT DISTINCT ON (name) name, documents, digest IS NOT NULL FROM sla.seals"
    b" ORDER BY name, sequence DESC"
)


def table_of(kind: Kind) -> sql.Identifier:
    """Return the table of a kind."""
    return sql.Identifier(SCHEMA, kind.name)


def facet(value: object) -> Facet:
    """Return an indexed value as text, as the database's generated column has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def facets(wanted: Where) -> list[Facet]:
    """Return the accepted column values of a search in one field."""
    return [facet(one) for one in wanted] if isinstance(wanted, tuple) else [facet(wanted)]


def document_of(value: object) -> bytes:
    """Return the JSON text of a value, encoded.

    Raises Refused for a value that would be read back changed.
    """
    kind = kind_of(type(value))
    try:
        raw = encode(value)
        same = bool(decode(kind.type, raw) == value)
    except (msgspec.MsgspecError, OverflowError, UnicodeError):
        raw, same = b"", False
    if not same:
        raise Refused(UNFIT, kind=kind.name, id=id_of(value))
    if b"\\u0000" in raw and _NUL.search(raw):  # to search costs as much as all else here
        raise Refused(WITH_NUL, kind=kind.name, id=id_of(value))
    return raw


def value_of(kind: type[T], id: str, document: bytes) -> T:
    """Return the value of a stored document; raises StoreError for an unreadable one."""
    try:
        return decode(kind, document)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise StoreError(
            N_("{kind} {id} cannot be read: {detail}"), kind=kind_of(kind).name, id=id, detail=str(error)
        ) from error


# Kept as text: to put one together costs as much as to send it.
@cache
def _by_id(kind: Kind, live: LiteralString) -> bytes:
    """Return the query for a document by its id."""
    return (
        sql.SQL("SELECT doc::text FROM {} WHERE id = %s AND {}")
        .format(table_of(kind), sql.SQL(live))
        .as_bytes()
    )


@cache
def _by_fields(kind: Kind, live: LiteralString, fields: tuple[tuple[str, bool], ...]) -> bytes:
    """Return the query for documents by values of their fields.

    Each field comes with whether no value at all is accepted, too.
    """
    clauses: list[sql.Composable] = [sql.SQL(live)]
    for field, or_none in fields:
        clause = sql.SQL("({0} = ANY (%s) OR {0} IS NULL)" if or_none else "{0} = ANY (%s)")
        clauses.append(clause.format(sql.Identifier(field)))
    query = sql.SQL("SELECT id, doc::text FROM {} WHERE {}")
    return query.format(table_of(kind), sql.SQL(" AND ").join(clauses)).as_bytes()


@cache
def _by_part(kind: Kind, live: LiteralString) -> bytes:
    """Return the query for documents by how their ids begin or end."""
    query = sql.SQL("SELECT id, doc::text FROM {} WHERE (starts_with(id, %s) OR right(id, %s) = %s) AND {}")
    return query.format(table_of(kind), sql.SQL(live)).as_bytes()


def seals_of(connection: Connection[Any]) -> dict[str, int]:
    """Return the number of documents in each archive sealed at present, by name."""
    return {name: documents for name, documents, sealed in connection.execute(SEALS) if sealed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What one use case asked: documents by `kind:id`, searches by kind."""

    ids: set[str]
    searches: dict[str, dict[str, dict[str, list[Facet]]]]

    def __len__(self) -> int:
        return len(self.ids) + sum(map(len, self.searches.values()))


class View:
    """The values seen by one transaction, and its changes until they are committed.

    Without the number of the last commit it begins a transaction of its own, together with the first question. It notes
    what was asked, so that the server can say later whether the answers are still the same. With `compares` it also
    notes what the answers were: a value that is put as it was read is no change.
    """

    def __init__(
        self, connection: StoreConnection, sequence: int | None = None, *, compares: bool = False
    ) -> None:
        self._connection = connection
        self._sequence = sequence
        self._seen: dict[tuple[str, str], bytes] | None = {} if compares else None
        # Every use case goes by the agreements, also where it knows them from before.
        self._asked = Questions(ids=set(), searches={kind_of(Agreement).name: {"": {}}})
        self._asked_all = False
        self.puts: dict[tuple[str, str], tuple[bytes, dict[str, Facet]]] = {}
        self.sealing: dict[str, tuple[tuple[str, str], ...]] = {}
        self.unsealing: list[str] = []

    def is_unchanged_since(self, sequence: int) -> bool:
        """Return whether this view includes no commit after a number.

        Asking this counts as asking about everything.
        """
        self._asked_all = True
        return self.sequence == sequence

    @property
    def has_begun(self) -> bool:
        """Return whether a transaction is open, as it is after the first question."""
        return self._sequence is not None

    @property
    def sequence(self) -> int:
        """Return the number of the last commit that this view includes."""
        if self._sequence is None:
            self._begin()
        return self._sequence or 0

    def asked(self) -> Questions | None:
        """Return the questions that were asked; None where they are too many to compare."""
        return None if self._asked_all or len(self._asked) > MOST_QUESTIONS else self._asked

    @property
    def changes(self) -> dict[tuple[str, str], bytes]:
        """Return the documents to write, by kind and id."""
        seen = self._seen or {}
        return {key: document for key, (document, _) in self.puts.items() if seen.get(key) != document}

    @property
    def is_changed(self) -> bool:
        """Return whether there are changes to commit."""
        return bool(self.sealing or self.unsealing or self.changes)

    def _note(self, kind: Kind, found: Iterable[tuple[str, bytes]]) -> None:
        if self._seen is not None:
            self._seen.update(((kind.name, id), document) for id, document in found)

    def _begin(self, *first: tuple[bytes, Sequence[Argument]]) -> list[Row]:
        """Begin the transaction in one message with its first question, if any.

        Returns the rows of that question.
        """
        _begun, last, *rows = self._connection.ask((BEGIN_READING, ()), (LAST_COMMIT, ()), *first)
        self._sequence = int(last[0][0] or 0) if last else 0
        return rows[0] if rows else []

    def _rows(self, query: bytes, values: Sequence[Argument]) -> list[Row]:
        if self._sequence is None:
            return self._begin((query, values))
        (rows,) = self._connection.ask((query, values))
        return rows

    def _documents(self, query: bytes, values: Sequence[Argument]) -> list[tuple[str, bytes]]:
        """Return the documents that a query finds, by id."""
        return [((id or b"").decode(), document or b"") for id, document in self._rows(query, values)]

    def _ask_for(self, kind: Kind, where: dict[str, list[Facet]]) -> None:
        if len(self._asked) <= MOST_QUESTIONS:
            self._asked.searches.setdefault(kind.name, {}).setdefault(str(where), where)

    def get(self, kind: type[T], id: str) -> T | None:
        """Return a value, None where it does not exist."""
        known = kind_of(kind)
        own = self.puts.get((known.name, id))
        if own is not None:
            return value_of(kind, id, own[0])
        if "\0" in id or self._is_sealed(known.name, id):
            return None
        if len(self._asked) <= MOST_QUESTIONS:
            self._asked.ids.add(f"{known.name}:{id}")
        live, unsealing = self._live()
        rows = self._rows(_by_id(known, live), (id, *unsealing))
        if not rows:
            return None
        document = rows[0][0] or b""
        self._note(known, [(id, document)])
        return value_of(kind, id, document)

    def find(self, kind: type[T], **where: Where) -> list[T]:
        """Return the values whose indexed fields equal `where`, in the order of their ids."""
        return list(self.each(kind, **where))

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        """Yield the values that `find` returns.

        Only the documents are in memory together, not the values.
        """
        known = kind_of(kind)
        unknown = set(where) - set(known.indexed)
        if unknown:
            raise KeyError(f"{known.name} has no index on {', '.join(sorted(unknown))}")
        wanted = {name: facets(value) for name, value in where.items()}
        without_nul = {
            field: [one for one in accepted if one is None or "\0" not in one]
            for field, accepted in wanted.items()
        }
        self._ask_for(known, without_nul)
        stored = self._stored(known, wanted)
        self._note(known, stored)
        found = dict(stored)
        for (name, id), (document, index) in self.puts.items():
            if name == known.name:
                found.pop(id, None)
                if all(index[field] in accepted for field, accepted in wanted.items()):
                    found[id] = document
        return (value_of(kind, id, found[id]) for id in sorted(found))

    def named(self, kind: type[T], text: str) -> list[T]:
        """Return the values whose ids begin or end with a text."""
        known = kind_of(kind)
        if not text or "\0" in text:
            return []
        self._ask_for(known, {})
        live, given = self._live()
        rows = self._documents(_by_part(known, live), (text, len(text), text, *given))
        self._note(known, rows)
        found = {id: document for id, document in rows if not self._is_sealed(known.name, id)}
        for (name, id), (document, _index) in self.puts.items():
            if name == known.name and (id.startswith(text) or id.endswith(text)):
                found[id] = document
        return [value_of(kind, id, found[id]) for id in sorted(found)]

    def put(self, value: object) -> None:
        """Insert or replace a value when the transaction is committed."""
        kind = kind_of(type(value))
        index = {name: facet(one) for name, one in index_of(kind, value).items()}
        self.puts[kind.name, id_of(value)] = (document_of(value), index)

    def seal(self, name: str, chosen: Sequence[tuple[type, str]]) -> None:
        """Move live values into an archive when the transaction is committed."""
        self.sealing[name] = tuple((kind_of(kind).name, id) for kind, id in chosen)

    def unseal(self, name: str) -> None:
        """Make the values of a sealed archive live again.

        Raises KeyError for an unknown name.
        """
        if not self.has_begun:
            self._begin()
        if name not in seals_of(self._connection):
            raise KeyError(name)
        self.unsealing.append(name)

    def _stored(self, kind: Kind, wanted: dict[str, list[Facet]]) -> list[tuple[str, bytes]]:
        live, unsealing = self._live()
        values: list[Argument] = [*unsealing]
        fields: list[tuple[str, bool]] = []
        for field, accepted in wanted.items():
            texts = [one for one in accepted if one is not None and "\0" not in one]
            fields.append((field, len(texts) < len(accepted)))
            values.append(texts)
        rows = self._documents(_by_fields(kind, live, tuple(fields)), values)
        return [(id, document) for id, document in rows if not self._is_sealed(kind.name, id)]

    def _live(self) -> tuple[LiteralString, list[list[str]]]:
        """Return the condition for live documents and its values.

        Nearly always one that the indexes have, without a value on which its plan would depend.
        """
        return (LIVE_AGAIN, [self.unsealing]) if self.unsealing else (LIVE, [])

    def _is_sealed(self, kind: str, id: str) -> bool:
        return any((kind, id) in chosen for chosen in self.sealing.values())
