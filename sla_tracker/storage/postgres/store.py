"""The store for several machines: the desk's port on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, sql

from sla_tracker.services.ports import Act, Change, Reading, Writing
from sla_tracker.storage.codec import KINDS, kind_named, kind_of
from sla_tracker.storage.memory import must_follow
from sla_tracker.storage.postgres.connections import Connections
from sla_tracker.storage.postgres.errors import asked
from sla_tracker.storage.postgres.view import View, seals_of, table_of, value_of
from sla_tracker.storage.postgres.writing import Commit

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 30.0
LOCK_TIMEOUT = 15.0
PAGE = 1_000
HISTORY = "SELECT sequence, who, what, via, reason, at, went_back, kinds, ids FROM sla.history"
STANDING = sql.SQL(
    "SELECT session_user::text, pg_has_role(session_user, 'sla_service', 'MEMBER'),"
    " pg_has_role(session_user, 'sla_admin', 'MEMBER')"
)
LEFT = sql.SQL(
    "SELECT sequence, kind, id, doc::text FROM sla.versions WHERE sequence BETWEEN %s AND %s AND doc IS NOT NULL"
)
DURABILITY = sql.SQL(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
)
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT sequence FROM sla.head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a login is on the server: `sees_everything` as administrators do, `acts_for_all` as the service does."""

    login: str
    sees_everything: bool
    acts_for_all: bool


class PostgresStore:
    """The store port over a PostgreSQL server; every login sees and writes what its roles allow.

    It is safe to share between threads. `head` is an anchor to keep outside.
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
        """Open the store at a libpq connection string or URI, several hosts included.

        `patience` is how many seconds a lost server may take to come back, `lock_timeout` how long another writer may
        take. `queues` False leaves out the queue of writers, for a server without LOCK TABLE: they conflict and start
        over instead. Raises StoreError when nothing answers, when the login is nobody there, or for another schema.
        """
        store = cls(Connections(dsn, lock_timeout=lock_timeout), patience=patience, queues=queues)
        with store._connections.borrow():
            return store

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view; runs it again when the server went away meanwhile."""

        def reading(connection: Connection[Any]) -> R:
            cursor = connection.execute(BEGIN_READING)
            cursor.nextset()
            row = cursor.fetchone()
            result = work(View(connection, int(row[0]) if row else 0))
            connection.execute("COMMIT")
            return result

        return asked(self._connections, reading, self._patience)

    def write(self, act: Act, work: Callable[[Writing], R]) -> R:
        """Run work and commit what it put, all or nothing; runs it again after a conflict or a lost connection."""
        return self._commit(act, work)

    def sequence(self) -> int:
        """Return the number of the last commit; one small question to the server."""
        return self.head()[0]

    def head(self) -> tuple[int, str]:
        """Return the number and the hash of the last commit: an anchor, to be kept where the server's owner cannot."""
        rows = self._rows(sql.SQL("SELECT sequence, hash FROM sla.head"))
        return int(rows[0][0]), str(rows[0][1])

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return the hashes of the commits of those numbers that are there and that this login sees."""
        query = sql.SQL("SELECT sequence, hash FROM sla.changes WHERE sequence = ANY(%s)")
        return dict(self._rows(query, list(sequences)))

    def standing(self) -> Standing:
        """Return what the login of this connection is, as the server knows it."""
        login, service, admin = self._rows(STANDING)[0]
        return Standing(login=login, sees_everything=service or admin, acts_for_all=service)

    def durability(self) -> Mapping[str, str]:
        """Return the server's settings that decide whether a commit outlives a power cut, by name."""
        return dict(self._rows(DURABILITY))

    def history(self, id: str) -> list[Change]:
        """Return the changes that touched one id, oldest first."""
        if "\0" in id:
            return []
        query = sql.SQL(
            HISTORY + " WHERE sequence IN (SELECT sequence FROM sla.versions WHERE id = %s) ORDER BY sequence"
        )
        return [_change(row) for row in self._rows(query, id)]

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as it stood after the commit of that number."""
        query = sql.SQL(
            "SELECT doc::text FROM sla.versions WHERE id = %s AND kind = %s AND sequence <= %s"
            " ORDER BY sequence DESC LIMIT 1"
        )
        rows = self._rows(query, id, kind_of(kind).name, sequence) if "\0" not in id else []
        return value_of(kind, id, rows[0][0]) if rows and rows[0][0] is not None else None

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield all changes after a sequence number, oldest first."""
        query = sql.SQL(HISTORY + " WHERE sequence > %s ORDER BY sequence LIMIT %s")
        while rows := self._rows(query, since, PAGE):
            yield from map(_change, rows)
            since = rows[-1][0]

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield all changes after a number with the values they left, a page at a time."""
        changes = iter(self.changes(since))
        while page := list(islice(changes, PAGE)):
            left: dict[tuple[int, str, str], str] = {
                (sequence, kind, id): document
                for sequence, kind, id, document in self._rows(LEFT, page[0].sequence, page[-1].sequence)
            }
            for change in page:
                found = ((kind, id, left.get((change.sequence, kind, id))) for kind, id in change.touched)
                yield (
                    change,
                    [value_of(kind_named(kind).type, id, raw) for kind, id, raw in found if raw is not None],
                )

    def sealed(self, name: str) -> list[object]:
        """Return the values of a sealed archive that this login may read; raises KeyError for an unknown name."""

        def reading(connection: Connection[Any]) -> list[object]:
            if name not in seals_of(connection):
                raise KeyError(name)
            found: list[object] = []
            for kind in KINDS:
                query = sql.SQL("SELECT id, doc::text FROM {} WHERE archive = %s ORDER BY id")
                rows = connection.execute(query.format(table_of(kind)), (name,)).fetchall()
                found.extend(value_of(kind.type, id, document) for id, document in rows)
            return found

        return asked(self._connections, reading, self._patience)

    def seals(self) -> Mapping[str, int]:
        """Return the sealed archives by name, with the number of values in each."""
        return asked(self._connections, seals_of, self._patience)

    def erase(self, act: Act, replacements: Sequence[object]) -> int:
        """Replace values and take their past out of the database, for good."""

        def work(tx: Writing) -> int:
            for value in replacements:
                tx.put(value)
            return len(replacements)

        return self._commit(act, work, erases=True)

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        """Append another store's commit under its own number; takes the service's login, who may write for others."""

        def work(tx: Writing) -> None:
            must_follow(change, tx.sequence)
            for value in values:
                tx.put(value)

        self._commit(change.act, work, even_empty=True)

    def wait(self, since: int, seconds: float) -> int:
        """Return the last commit's number as soon as it passes `since`, at the latest after so many seconds.

        A notification only wakes it up: the number is always asked for, so a lost one costs time and nothing else.
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
        return asked(self._connections, lambda one: one.execute(query, values).fetchall(), self._patience)


def _change(row: tuple[Any, ...]) -> Change:
    sequence, who, what, via, reason, at, went_back, kinds, ids = row
    return Change(
        sequence=sequence,
        act=Act(what=what, by=who, at=at, via=via, reason=reason),
        touched=tuple(zip(kinds, ids, strict=True)),
        clock_went_back=went_back,
    )
