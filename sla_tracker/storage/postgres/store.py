"""The store port on a PostgreSQL server, for several machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, sql

from sla_tracker.services.ports import Act, Change, Reading, Touched, Version, Writing
from sla_tracker.storage.codec import KINDS, kind_named, kind_of
from sla_tracker.storage.memory import require_next_sequence
from sla_tracker.storage.postgres.ballots import ServerBallots
from sla_tracker.storage.postgres.connections import Connections
from sla_tracker.storage.postgres.errors import run_read
from sla_tracker.storage.postgres.schema import SCHEMA, newest
from sla_tracker.storage.postgres.statements import StoreConnection
from sla_tracker.storage.postgres.view import BEGIN_READING, View, seals_of, table_of, value_of
from sla_tracker.storage.postgres.writing import END_READING, MAKE_DURABLE, Commit
from sla_tracker.value_class import dataclass

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 30.0
"""Seconds to try again after the connection was lost."""
LOCK_TIMEOUT = 15.0
"""Seconds to wait for another writer."""
PAGE = 1_000
"""Changes read by one query."""
HISTORY = "SELECT sequence, who, what, via, reason, at, went_back, kinds, ids FROM sla.history"
# With IN the server puts the changes of all ids together before it chooses; an array it can look up.
HISTORY_OF = sql.SQL(
    HISTORY
    + " WHERE sequence = ANY (ARRAY(SELECT sequence FROM sla.versions WHERE id = %s)) ORDER BY sequence"
)
# Whether all that was committed is on this server's disk, and no standby is waited for.
HEAD = sql.SQL(
    "SELECT sequence, hash, pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn()"
    " AND current_setting('synchronous_standby_names') = '' FROM sla.head"
)
SEEN = sql.SQL("SELECT sequence, hash FROM sla.head")
IN_STATES = sql.SQL("SELECT doc::text FROM {} WHERE archive IS NULL AND state = ANY (%s)")
WRITTEN_DOCUMENTS = sql.SQL(
    "SELECT sequence, kind, id, doc::text FROM sla.versions WHERE sequence BETWEEN %s AND %s AND doc IS NOT NULL"
)
VERSIONS = sql.SQL(
    "SELECT wanted.kind, wanted.id, wanted.sequence, found.doc::text"
    " FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS wanted (kind, id, sequence)"
    " CROSS JOIN LATERAL (SELECT v.doc FROM sla.versions v WHERE v.id = wanted.id AND v.kind = wanted.kind"
    " AND v.sequence <= wanted.sequence ORDER BY v.sequence DESC LIMIT 1) found WHERE found.doc IS NOT NULL"
)
DURABILITY = sql.SQL(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
)


NOTE_SERVICE = sql.SQL("SELECT sla.note_service(%s, %s, %s, %s)")
OTHER_SERVICES = sql.SQL(
    "SELECT host, digests FROM sla.services WHERE (host, folder) <> (%s, %s)"
    " AND seen_at > clock_timestamp() - interval '30 seconds' ORDER BY host, folder"
)


REPLICATION = sql.SQL(
    "SELECT current_setting('synchronous_standby_names'), current_setting('synchronous_commit') <> 'local',"
    " pg_has_role(session_user, 'pg_read_all_stats', 'USAGE'), (SELECT coalesce(jsonb_agg(jsonb_build_object("
    "'name', application_name, 'sync', sync_state,"
    " 'behind', coalesce(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn), 0)) ORDER BY application_name), '[]')"
    " FROM pg_stat_replication WHERE state IS NOT NULL)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """A standby that follows the server.

    `behind_bytes` is how much of the server's log it has not on its disk yet.
    """

    name: str
    is_waited_for: bool
    behind_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """The standbys of the server.

    `wanted` is what synchronous_standby_names says; `waits` is False where synchronous_commit says not to wait for
    them; `is_visible` whether this login may see who follows.
    """

    wanted: str
    waits: bool
    is_visible: bool
    standbys: tuple[Standby, ...]


class PostgresStore:
    """Store port on a PostgreSQL server.

    Safe to share between threads. `head` is a checkpoint to keep outside the database.
    """

    def __init__(self, connections: Connections, *, patience: float = PATIENCE) -> None:
        self._connections = connections
        self._patience = patience

    @classmethod
    def open(
        cls, dsn: str, *, patience: float = PATIENCE, lock_timeout: float = LOCK_TIMEOUT
    ) -> PostgresStore:
        """Open the store at a libpq connection string or URI, also of several hosts.

        `patience` is how many seconds a lost server may take to come back, `lock_timeout` how long another writer may
        take. Raises StoreError when nothing answers, when the login may not use the store, or for another schema.
        """
        store = cls(Connections(dsn, lock_timeout=lock_timeout), patience=patience)
        with store._connections.borrow():
            return store

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view; runs it again after a lost connection."""

        def reading(connection: StoreConnection) -> R:
            view = View(connection)
            result = work(view)
            if view.has_begun:
                connection.ask((END_READING, ()))
            return result

        return run_read(self._connections, reading, self._patience)

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work and commit its changes.

        The work runs again after a conflict or a lost connection.
        """
        return self._commit(act, work, on_commit=on_commit)

    def sequence(self) -> int:
        """Return the number of the last commit; costs one small query."""
        return int(self._rows(sql.SQL("SELECT sequence FROM sla.head"))[0][0])

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last commit, once that commit is durable.

        They are kept outside the server as a checkpoint, which a crash of the server must not make wrong: others'
        commits are seen shortly before they are on the disk.
        """
        ((sequence, last, is_durable),) = self._rows(HEAD)
        if not is_durable:
            self._rows(sql.SQL(MAKE_DURABLE))
        return int(sequence), str(last)

    @property
    def schema(self) -> int:
        """Return the version of the schema, without which the store is not opened."""
        return newest()

    def documents_by_state(
        self, wanted: Mapping[str, Sequence[str]]
    ) -> tuple[int, str, Mapping[str, list[str]]]:
        """Return number and hash of the last commit, and live documents as of it.

        The documents are undecoded, and those of the wanted kinds and states.
        """

        def reading(connection: Connection[Any]) -> tuple[int, str, Mapping[str, list[str]]]:
            connection.execute(BEGIN_READING)
            row = connection.execute(SEEN).fetchone()
            found = {
                kind: [
                    document
                    for (document,) in connection.execute(
                        IN_STATES.format(sql.Identifier(SCHEMA, kind)), (list(states),)
                    )
                ]
                for kind, states in wanted.items()
            }
            connection.execute("COMMIT")
            return (int(row[0]), str(row[1]), found) if row else (0, "", found)

        return run_read(self._connections, reading, self._patience)

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return the hashes of the existing commits, by number."""
        query = sql.SQL("SELECT sequence, hash FROM sla.changes WHERE sequence = ANY(%s)")
        return dict(self._rows(query, list(sequences)))

    def has_acts_by(self, way: str) -> bool:
        """Return whether somebody has acted in a way: its part before the first colon."""
        query = sql.SQL("SELECT EXISTS (SELECT FROM sla.changes WHERE split_part(via, ':', 1) = %s)")
        return bool(self._rows(query, way)[0][0])

    def replication(self) -> Replication:
        """Return which standbys follow the server, and whether commits wait for one."""
        ((wanted, waits, may_see, found),) = self._rows(REPLICATION)
        standbys = tuple(
            Standby(
                name=one["name"],
                is_waited_for=one["sync"] in {"sync", "quorum"},
                behind_bytes=int(one["behind"]),
            )
            for one in found
        )
        return Replication(wanted=wanted, waits=waits, is_visible=may_see, standbys=standbys)

    def durability(self) -> Mapping[str, str]:
        """Return the server settings on which surviving a power cut depends, by name."""
        return dict(self._rows(DURABILITY))

    def history(self, id: str, archive: str = "") -> list[Change]:
        """Return the changes of one id, oldest first."""
        if "\0" in id:
            return []
        return [_change(row) for row in self._rows(HISTORY_OF, id)]

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit."""
        query = sql.SQL(
            "SELECT doc::text FROM sla.versions WHERE id = %s AND kind = %s AND sequence <= %s"
            " ORDER BY sequence DESC LIMIT 1"
        )
        rows = self._rows(query, id, kind_of(kind).name, sequence) if "\0" not in id else []
        return value_of(kind, id, rows[0][0].encode()) if rows and rows[0][0] is not None else None

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        """Return values as of commits, by one query."""
        named = {(kind_of(kind).name, id, at): kind for kind, id, at in wanted if "\0" not in id}
        rows = self._rows(VERSIONS, *(list(column) for column in zip(*named, strict=True))) if named else []
        return {
            (named[kind, id, at], id, at): value_of(named[kind, id, at], id, document.encode())
            for kind, id, at, document in rows
        }

    def touched(self, since: int) -> Touched | None:
        """Return kind and id of all that was written after a sequence number."""
        rows = self._rows(sql.SQL(HISTORY + " WHERE sequence > %s ORDER BY sequence LIMIT %s"), since, PAGE)
        if len(rows) == PAGE:
            return None
        return frozenset(named for row in rows for named in _change(row).touched)

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield all changes after a sequence number, oldest first."""
        query = sql.SQL(HISTORY + " WHERE sequence > %s ORDER BY sequence LIMIT %s")
        while rows := self._rows(query, since, PAGE):
            yield from map(_change, rows)
            since = rows[-1][0]

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield all changes after a number with the values they wrote, read in pages."""
        changes = iter(self.changes(since))
        while page := list(islice(changes, PAGE)):
            written: dict[tuple[int, str, str], str] = {
                (sequence, kind, id): document
                for sequence, kind, id, document in self._rows(
                    WRITTEN_DOCUMENTS, page[0].sequence, page[-1].sequence
                )
            }
            for change in page:
                found = ((kind, id, written.get((change.sequence, kind, id))) for kind, id in change.touched)
                yield (
                    change,
                    [
                        value_of(kind_named(kind).type, id, raw.encode())
                        for kind, id, raw in found
                        if raw is not None
                    ],
                )

    def sealed(self, name: str) -> list[object]:
        """Return the values of an archive; raises KeyError."""

        def reading(connection: Connection[Any]) -> list[object]:
            if name not in seals_of(connection):
                raise KeyError(name)
            found: list[object] = []
            for kind in KINDS:
                query = sql.SQL("SELECT id, doc::text FROM {} WHERE archive = %s ORDER BY id")
                rows = connection.execute(query.format(table_of(kind)), (name,)).fetchall()
                found.extend(value_of(kind.type, id, document.encode()) for id, document in rows)
            return found

        return run_read(self._connections, reading, self._patience)

    def seals(self) -> Mapping[str, int]:
        """Return the number of values in each sealed archive, by name."""
        return run_read(self._connections, seals_of, self._patience)

    def erase(self, act: Act, replacements: Sequence[object]) -> int:
        """Replace values and erase their history from the database."""

        def work(tx: Writing) -> int:
            for value in replacements:
                tx.put(value)
            return len(replacements)

        return self._commit(act, work, erases=True)

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        """Append a commit of another store, keeping its number."""

        def work(tx: Writing) -> None:
            require_next_sequence(change, tx.sequence)
            for value in values:
                tx.put(value)

        self._commit(change.act, work, even_empty=True)

    def wait(self, since: int, seconds: float) -> int:
        """Return the last commit's number once it exceeds `since`.

        Returns at the latest after `seconds`. A notification only ends the wait: the number is always queried, so a
        lost notification costs time only.
        """
        with suppress(psycopg.OperationalError), self._connections.borrow() as connection:
            connection.execute("LISTEN sla_changes")
            if self.sequence() <= since:
                next(connection.notifies(timeout=seconds, stop_after=1), None)
            connection.execute("UNLISTEN sla_changes")
        return self.sequence()

    def note_service(
        self, host: str, folder: str, version: str, digests: Mapping[str, str]
    ) -> list[tuple[str, Mapping[str, str]]]:
        """Note what a service goes by; return what the others there now go by.

        Each of the others is returned with its host and digests.
        """
        self._rows(NOTE_SERVICE, host, folder, version, json.dumps(digests))
        return [(name, found) for name, found in self._rows(OTHER_SERVICES, host, folder)]

    def ballots(self) -> ServerBallots:
        """Return the box of anonymous answers."""
        return ServerBallots(self._connections, self._patience)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _commit(
        self,
        act: Act,
        work: Callable[[Writing], R],
        *,
        erases: bool = False,
        even_empty: bool = False,
        on_commit: Callable[[int], None] | None = None,
    ) -> R:
        commit = Commit(
            self._connections,
            act,
            work,
            patience=self._patience,
            erases=erases,
            even_empty=even_empty,
        )
        result = commit.run()
        if on_commit is not None and commit.sequence:
            on_commit(commit.sequence)
        return result

    def _rows(self, query: sql.SQL, *values: object) -> list[tuple[Any, ...]]:
        return run_read(self._connections, lambda one: one.execute(query, values).fetchall(), self._patience)


def _change(row: tuple[Any, ...]) -> Change:
    sequence, who, what, via, reason, at, went_back, kinds, ids = row
    return Change(
        sequence=sequence,
        act=Act(what=what, by=who, at=at, via=via, reason=reason),
        touched=tuple(zip(kinds, ids, strict=True)),
        clock_went_back=went_back,
    )
