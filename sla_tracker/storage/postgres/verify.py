"""Recomputes the database's hash chain from its start, and reports damage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection, sql

from sla_tracker.errors import N_, StoreError
from sla_tracker.i18n import gettext
from sla_tracker.storage.codec import KINDS
from sla_tracker.storage.postgres.connections import Connections
from sla_tracker.storage.postgres.errors import BROKEN
from sla_tracker.storage.postgres.view import table_of
from sla_tracker.value_class import dataclass

GENESIS = "0" * 64
"""The hash before the first change."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAGE = 1_000
"""Rows fetched at a time."""
CHANGES = """
    SELECT c.sequence, c.request::text, c.who, c.what, c.via, c.reason, c.salt, c.why, c.at, c.went_back,
        c.login::text, c.recorded_at, c.hash,
        v.kind, v.id, v.digest, v.salt, v.doc::text, EXISTS (
            SELECT FROM sla.erasures e WHERE e.id = v.id AND e.kind = v.kind AND e.sequence > v.sequence
        )
    FROM sla.changes c LEFT JOIN sla.versions v ON v.sequence = c.sequence
    ORDER BY c.sequence, v.kind, v.id
"""
SEALS = "SELECT sequence, name, documents, digest FROM sla.seals ORDER BY sequence, name"
ERASURES = "SELECT sequence, kind, id FROM sla.erasures ORDER BY sequence, kind, id"
MISMATCHES = sql.SQL("""
    SELECT d.id FROM {table} d
    WHERE d.doc::text IS DISTINCT FROM (
        SELECT v.doc::text FROM sla.versions v
        WHERE v.kind = {kind} AND v.id = d.id AND v.doc IS NOT NULL ORDER BY v.sequence DESC LIMIT 1
    )
    UNION ALL
    SELECT DISTINCT v.id FROM sla.versions v
    WHERE v.kind = {kind} AND v.doc IS NOT NULL AND NOT EXISTS (SELECT FROM {table} d WHERE d.id = v.id)
""")


REASON, HASH = 5, 12  # columns of CHANGES
MISSING = N_("Changes are missing before this one.")
NOT_SEALED = N_("The change is not what was sealed.")
REWRITTEN = N_("The past was rewritten: an anchor names another hash.")
OTHER_END = N_("The end of the chain is not its last change.")
CUT = N_("The changes end before one that an anchor knows.")
OTHER_REASON = N_("The change's reason is not what was written.")
OTHER_DOCUMENT = N_("{kind} {id} is not what was written.")
STRAY = N_("{kind} {id} does not stand as its last change left it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFinding:
    """One damage in the database.

    `sequence` is 0 where the damage belongs to no single change.
    """

    message: str
    sequence: int
    values: Mapping[str, str] = field(default_factory=dict)

    def sentence(self) -> str:
        """Return the message in the current language."""
        return gettext(self.message, **self.values)


def framed(*parts: str) -> str:
    """Return texts joined, each with its length in bytes before it.

    The database joins them in the same way.
    """
    return "".join(f"{len(part.encode())}:{part}" for part in parts)


def micros(at: datetime) -> str:
    """Return an instant as whole microseconds since 1970."""
    return str((at - EPOCH) // timedelta(microseconds=1))


def salted(salt: UUID, content: str) -> bytes:
    """Return the SHA-256 of a salt and a text."""
    return sha256(f"{salt}{content}".encode()).digest()


def verify(dsn: str, anchors: Iterable[tuple[int, str]] = ()) -> list[DatabaseFinding]:
    """Return damage in chain, versions, documents and checkpoints (number and hash).

    Raises StoreError.
    """
    connections = Connections(dsn, lock_timeout=1)
    try:
        with connections.borrow() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return [*_chain(connection, dict(anchors)), *_document_mismatches(connection)]
    except psycopg.Error as error:
        raise StoreError(BROKEN, detail=str(error).strip()) from error
    finally:
        connections.close()


def _chain(connection: Connection[Any], anchors: dict[int, str]) -> Iterator[DatabaseFinding]:
    seals_and_erasures = _seals_and_erasures(connection)
    before, expected = GENESIS, 1
    with connection.cursor(name="chain") as cursor:
        cursor.itersize = PAGE
        for sequence, rows in groupby(cursor.execute(CHANGES), key=itemgetter(0)):
            versions = list(rows)
            if sequence != expected:
                yield DatabaseFinding(message=MISSING, sequence=sequence)
            yield from _contents(sequence, versions)
            hashed = sha256(
                _sealed(before, versions, seals_and_erasures.get(sequence, ("", ""))).encode()
            ).hexdigest()
            before = versions[0][HASH] or ""
            if hashed != before:
                yield DatabaseFinding(message=NOT_SEALED, sequence=sequence)
            if anchors.pop(sequence, before) != before:
                yield DatabaseFinding(message=REWRITTEN, sequence=sequence)
            expected = sequence + 1
    head = connection.execute("SELECT sequence, hash FROM sla.head").fetchone()
    if head is None or tuple(head) != (expected - 1, before):
        yield DatabaseFinding(message=OTHER_END, sequence=expected - 1)
    for sequence in sorted(anchors):
        if sequence >= expected:
            yield DatabaseFinding(message=CUT, sequence=sequence)


def _seals_and_erasures(connection: Connection[Any]) -> dict[int, tuple[str, str]]:
    """Return the hashed text of the seals and of the erasures of each change."""
    found: dict[int, tuple[str, str]] = {}
    for sequence, name, documents, digest in connection.execute(SEALS):
        sealed, erased = found.get(sequence, ("", ""))
        found[sequence] = (sealed + framed(name, str(documents), digest.hex() if digest else ""), erased)
    for sequence, kind, id in connection.execute(ERASURES):
        sealed, erased = found.get(sequence, ("", ""))
        found[sequence] = (sealed, erased + framed(kind, id))
    return found


def _sealed(before: str, versions: list[tuple[Any, ...]], seal_and_erasure: tuple[str, str]) -> str:
    sequence, request, who, what, via, _, _, why, at, went_back, login, recorded_at, *_ = versions[0]
    made = "".join(
        framed(kind, id, digest.hex()) for *_, kind, id, digest, _, _, _ in versions if kind is not None
    )
    back = "true" if went_back else "false"
    when, recorded = micros(at), micros(recorded_at)
    return framed(
        before,
        str(sequence),
        request,
        who,
        what,
        via,
        why.hex(),
        when,
        back,
        login,
        recorded,
        made,
        *seal_and_erasure,
    )


def _contents(sequence: int, versions: list[tuple[Any, ...]]) -> Iterator[DatabaseFinding]:
    reason, salt, why = versions[0][REASON : REASON + 3]
    erased = any(row[-1] for row in versions)
    if salted(salt, reason) != why if salt is not None else not erased:
        yield DatabaseFinding(message=OTHER_REASON, sequence=sequence)
    for *_, kind, id, digest, salt, document, erased in versions:
        if kind is None or (document is None and erased):
            continue
        if document is None or salt is None or salted(salt, document) != digest:
            yield DatabaseFinding(message=OTHER_DOCUMENT, sequence=sequence, values={"kind": kind, "id": id})


def _document_mismatches(connection: Connection[Any]) -> Iterator[DatabaseFinding]:
    for kind in KINDS:
        query = MISMATCHES.format(table=table_of(kind), kind=sql.Literal(kind.name))
        for (id,) in connection.execute(query).fetchall():
            yield DatabaseFinding(message=STRAY, sequence=0, values={"kind": kind.name, "id": id})
