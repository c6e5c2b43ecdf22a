"""The store port on a PostgreSQL server, for several machines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, sql

from sla_tracker.services.ports import Act, Change, Reading, Touched, Writing
from sla_tracker.storage.codec import KINDS, kind_named, kind_of
from sla_tracker.storage.memory import require_next_sequence
from sla_tracker.storage.postgres.connections import Connections
from sla_tracker.storage.postgres.errors import run_read
from sla_tracker.storage.postgres.view import View, seals_of, table_of, value_of
from sla_tracker.storage.postgres.writing import Commit
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
STANDING = sql.SQL(
    "SELECT session_user::text, pg_has_role(session_user, 'sla_service', 'MEMBER'),"
    " pg_has_role(session_user, 'sla_admin', 'MEMBER')"
)
WRITTEN_DOCUMENTS = sql.SQL(
    "SELECT sequence, kind, id, doc::text FROM sla.versions WHERE sequence BETWEEN %s AND %s AND doc IS NOT NULL"
)
DURABILITY = sql.SQL(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
)
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT sequence FROM sla.head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Rights of a login on the server.

    `sees_everything` is for administrators and the service.

    `acts_for_all` (commit in another person's name) is true for the service only.
    """

    login: str
    sees_everything: bool
    acts_for_all: bool


class PostgresStore:
    """Store port on a PostgreSQL server.

    Each login sees and writes what its roles allow.

    Safe to share between threads. `head` is a checkpoint to keep outside the database.
    """

    def __init__(self, connections: Connections, *, patience: float, queues: bool) -> None:
        self._connections = connections
        self._patience = patience
        self._queues = queues

    @classmethod
    def open(
        cls,
        dsn: str,
        *,
        patience: float = PATIENCE,
        lock_timeout: float = LOCK_TIMEOUT,
        queues: bool = True,
    ) -> PostgresStore:
        """Open the store at a libpq connection string or URI.

        It may name several hosts.

        `patience` is how many seconds a lost server may take to come back, `lock_timeout` how long another writer may
        take. `queues` False leaves out the queue of writers, for a server without LOCK TABLE: they conflict and start
        over instead. Raises StoreError when nothing answers, when the login is nobody there, or for another schema.
        """
        store = cls(Connections(dsn, lock_timeout=lock_timeout), patience=patience, queues=queues)
        with store._connections.borrow():
            return store

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view; runs it again after a lost connection."""

        def reading(connection: Connection[Any]) -> R:
            cursor = connection.execute(BEGIN_READING)
            cursor.nextset()
            row = cursor.fetchone()
            result = work(View(connection, int(row[0]) if row else 0))
            connection.execute("COMMIT")
            return result

        return run_read(self._connections, reading, self._patience)

    def write(self, act: Act, work: Callable[[Writing], R]) -> R:
        """Run work and commit its changes.

        Runs it again after a conflict or lost connection.
        """
        return self._commit(act, work)

    def sequence(self) -> int:
        """Return the number of the last commit; costs one small query."""
        return self.head()[0]

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last commit.

        They are kept outside the server as a checkpoint.
        """
        rows = self._rows(sql.SQL("SELECT sequence, hash FROM sla.head"))
        return int(rows[0][0]), str(rows[0][1])

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return the hashes of the existing commits that this login may see, by number."""
        query = sql.SQL("SELECT sequence, hash FROM sla.changes WHERE sequence = ANY(%s)")
        return dict(self._rows(query, list(sequences)))

    def standing(self) -> Standing:
        """Return the present login and its rights on the server."""
        login, service, admin = self._rows(STANDING)[0]
        return Standing(login=login, sees_everything=service or admin, acts_for_all=service)

    def durability(self) -> Mapping[str, str]:
        """Return the server settings on which surviving a power cut depends, by name."""
        return dict(self._rows(DURABILITY))

    def history(self, id: str, archive: str = "") -> list[Change]:
        """Return the changes of one id, oldest first."""
        if "\0" in id:
            return []
        query = sql.SQL(
            HISTORY + " WHERE sequence IN (SELECT sequence FROM sla.versions WHERE id = %s) ORDER BY sequence"
        )
        return [_change(row) for row in self._rows(query, id)]

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit."""
        query = sql.SQL(
            "SELECT doc::text FROM sla.versions WHERE id = %s AND kind = %s AND sequence <= %s"
            " ORDER BY sequence DESC LIMIT 1"
        )
        rows = self._rows(query, id, kind_of(kind).name, sequence) if "\0" not in id else []
        return value_of(kind, id, rows[0][0]) if rows and rows[0][0] is not None else None

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
                    [value_of(kind_named(kind).type, id, raw) for kind, id, raw in found if raw is not None],
                )

    def sealed(self, name: str) -> list[object]:
        """Return the values of an archive that this login may read; raises KeyError."""

        def reading(connection: Connection[Any]) -> list[object]:
            if name not in seals_of(connection):
                raise KeyError(name)
            found: list[object] = []
            for kind in KINDS:
                query = sql.SQL("SELECT id, doc::text FROM {} WHERE archive = %s ORDER BY id")
                rows = connection.execute(query.format(table_of(kind)), (name,)).fetchall()
                found.extend(value_of(kind.type, id, document) for id, document in rows)
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
        """Append a commit of another store, keeping its number; needs a service login."""

        def work(tx: Writing) -> None:
            require_next_sequence(change, tx.sequence)
            for value in values:
                tx.put(value)

        self._commit(change.act, work, even_empty=True)

    def wait(self, since: int, seconds: float) -> int:
        """Return the last commit's number once it exceeds `since`.

        Returns at the latest after `seconds`.

        A notification only ends the wait: the number is always queried, so a lost notification costs time only.
        """
        with suppress(psycopg.OperationalError), self._connections.borrow() as connection:
            connection.execute("LISTEN sla_changes")
            if self.sequence() <= since:
                next(connection.notifies(timeout=seconds, stop_after=1), None)
            connection.execute("UNLISTEN sla_changes")
        return self.sequence()

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _commit(
        self, act: Act, work: Callable[[Writing], R], *, erases: bool = False, even_empty: bool = False
    ) -> R:
        commit = Commit(
            self._connections,
            act,
            work,
            patience=self._patience,
            queues=self._queues,
            erases=erases,
            even_empty=even_empty,
        )
        return commit.run()

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
